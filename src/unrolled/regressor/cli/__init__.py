"""The command line, ``unrolled``: ``fit`` and what can be done with what it makes; ``demo``."""

import io
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType

from unrolled.extras import EXTRAS, cause_of, missing_extra
from unrolled.regressor.cli.output import note

#: What a user got wrong, or what is not there: told in one line, exit code 2.
MISTAKE = 2
#: Ctrl-C and SIGTERM, as a shell counts them.
INTERRUPTED, TERMINATED = 130, 143


class _Terminated(BaseException):
    """SIGTERM came: everything is tidied up on the way out, as after Ctrl-C."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0, 2 for bad input, 130 for Ctrl-C."""
    if sys.stderr is None:  # It is closed; a file that is opened later must not take its place.
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    try:
        import click

        from unrolled.regressor.cli.commands import unrolled
        from unrolled.regressor.cli.helping import completed
    except ImportError as error:
        return _complain(_why_not_loaded("the command line", error))
    except KeyboardInterrupt:
        return _complain("interrupted", INTERRUPTED)
    if arguments is None and (ended := completed(unrolled)) is not None:
        return ended
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        # Not click's own main, which has ideas of its own about exit codes and broken pipes.
        with (
            _sigterm_raised(), _shown_as_can_be(), unrolled.make_context("unrolled", words) as told
        ):  # fmt: skip
            unrolled.invoke(told)
    except click.exceptions.Exit as end:
        return int(end.exit_code)
    except click.ClickException as error:
        return _complain(error.format_message())
    except (click.Abort, KeyboardInterrupt) as error:
        return _complain(str(error) or "interrupted", INTERRUPTED)
    except _Terminated:
        return _complain("terminated", TERMINATED)
    except BrokenPipeError:  # Whoever is at the other end of a pipe has had enough.
        return 0
    except ImportError as error:
        return _complain(_why_not_loaded("this command", error))
    except (ValueError, TypeError, OSError, RuntimeError, MemoryError) as error:
        return _complain(str(error) or type(error).__name__)
    finally:
        _let_go_of_output()
    return 0


def _complain(message: str, code: int = MISTAKE) -> int:
    note(message)
    return code


def _why_not_loaded(who: str, error: ImportError) -> str:
    """Return what to install, where an extra of this package is missing; else what went wrong."""
    if library := missing_extra(error):
        return f"{who} needs {library}: pip install 'unrolled[{EXTRAS[library]}]'"
    return f"{who} needs a library that does not load, {cause_of(error)}"


@contextmanager
def _shown_as_can_be() -> Iterator[None]:
    """Let a terminal that lacks a sign show a question mark in its place."""
    stream = sys.stdout
    if not isinstance(stream, io.TextIOWrapper):
        yield
        return
    before = stream.errors
    stream.reconfigure(errors="replace")
    try:
        yield
    finally:
        with suppress(OSError, ValueError):  # Whoever reads it may be gone by now.
            stream.reconfigure(errors=before)


@contextmanager
def _sigterm_raised() -> Iterator[None]:
    """Let SIGTERM raise an exception, so that no temporary file is left behind."""
    if threading.current_thread() is not threading.main_thread():
        yield  # No other thread may say what a signal does.
        return

    def stop(number: int, frame: FrameType | None) -> None:
        raise _Terminated

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _let_go_of_output() -> None:
    """Drop what a standard stream does not take, or Python would try, and tell, once more."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
