"""A trained model behind HTTP, from the command line."""

from pathlib import Path

from unrolled.regressor import serving
from unrolled.regressor.batches.answering import load
from unrolled.regressor.cli.output import say


def serve(model: Path, host: str, port: int, threads: int) -> None:
    """Answer over HTTP until Ctrl-C, or SIGTERM."""
    opened = load(model)
    try:
        server = serving.server(opened, host, port, threads)
    except (OSError, ValueError) as error:
        raise ValueError(
            f"--host, --port: expected a free address, got {host}:{port}: {error}"
        ) from None
    shown = f"[{host}]" if ":" in host else host
    say(f"Answering at http://{shown}:{server.effective_port}/predict. Ctrl-C ends it.")
    try:
        server.run()  # It comes back at Ctrl-C, when all requests are answered.
    finally:
        server.close()
