"""Start the pages' kernels as forks of one process that has loaded their libraries.

Every page would load TensorFlow for itself, which is most of the time of many.
A process may be forked as long as TensorFlow has computed nothing in it: its threads come later.
"""

from __future__ import annotations

import gc
import importlib
import json
import logging
import os
import signal
import subprocess
import sys
from threading import Lock
from typing import TYPE_CHECKING, Any

from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner

if TYPE_CHECKING:
    from collections.abc import Sequence

#: What most pages need, and what takes long to load.
LIBRARIES = ("ipykernel.kernelapp", "keras", "scipy.stats", "sklearn.linear_model")


class Kernel:
    """A kernel's process, with what Jupyter asks of a `subprocess.Popen`."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def poll(self) -> int | None:
        """Return None while the process is there; nobody asks how it ended."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return 0
        return None

    wait = poll  # Jupyter waits by asking again.

    def send_signal(self, number: int) -> None:
        """Send a signal to the kernel and to whatever it has started."""
        os.killpg(self.pid, number)


class Server:
    """The process that kernels are forks of; it ends with its `with` block."""

    def __enter__(self) -> Server:
        command = (sys.executable, __file__)
        self._lock = Lock()
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            start_new_session=True,  # Ctrl-C is for the build; without it, this ends.
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.__exit__(None, None, None)

    def start(self, arguments: Sequence[str], folder: str, env: dict[str, str]) -> Kernel:
        """Start a kernel with these arguments, in a folder and an environment."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            print(json.dumps([arguments, folder, env]), file=self._process.stdin)
            return Kernel(int(self._process.stdout.readline()))


class Manager(AsyncKernelManager):
    """Jupyter's manager of a kernel, which leaves the start to a server."""

    server: Server

    async def _async_launch_kernel(self, kernel_cmd: list[str], **kwargs: Any) -> None:
        assert isinstance(self.provisioner, LocalProvisioner)
        arguments = kernel_cmd[kernel_cmd.index("-f") :]  # Behind Python and its launcher.
        self.provisioner.process = self.server.start(arguments, kwargs["cwd"], kwargs["env"])


def serve() -> None:
    """Load the libraries; start a kernel for each line that arrives, and answer its number."""
    del sys.path[0]  # A page finds what lies beside it, and not this folder.
    for name in LIBRARIES:
        importlib.import_module(name)
    gc.freeze()  # A collection in a fork would copy what is shared.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # Nobody waits for a kernel that has ended.
    for line in sys.stdin:
        if number := os.fork():
            print(number, flush=True)
        else:
            run(*json.loads(line))
            sys.exit()


def run(arguments: Sequence[str], folder: str, env: dict[str, str]) -> None:
    """Be a kernel, in a process that was forked for it."""
    from ipykernel.kernelapp import IPKernelApp

    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)  # The server's answers are not for a page to write in.
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(env)
    sys.argv[1:] = arguments
    IPKernelApp.launch_instance(log_level=logging.ERROR)  # It warns that it is not encrypted.


if __name__ == "__main__":
    serve()
