"""The command line: ``unrolled fit``, ``predict``, ``evaluate``, ``gates`` and ``demo``."""

import os
import sys
from collections.abc import Sequence

#: What a user got wrong, or what is not there: told in one line, exit code 2.
MISTAKE = 2
#: Ctrl-C, as a shell counts it.
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0, 2 for bad input, 130 for Ctrl-C."""
    try:
        import click

        from unrolled.cli.commands import unrolled
    except ImportError as error:
        return _complain(f"the command line needs {error.name}: pip install 'unrolled[portable]'")
    try:
        unrolled.main(arguments, prog_name="unrolled", standalone_mode=False)
    except click.exceptions.Exit as end:
        return int(end.exit_code)
    except click.ClickException as error:
        return _complain(error.format_message())
    except (click.Abort, KeyboardInterrupt):
        return _complain("interrupted", INTERRUPTED)
    except BrokenPipeError:  # The reader at the other end of a pipe has had enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except ImportError as error:
        return _complain(f"this command needs {error.name}: pip install 'unrolled[keras,figures]'")
    except (ValueError, TypeError, OSError, RuntimeError, MemoryError) as error:
        return _complain(str(error) or type(error).__name__)
    return 0


def _complain(message: str, code: int = MISTAKE) -> int:
    line = " ".join(message.split())  # One line, whatever a library wrote.
    print(f"unrolled: {line}", file=sys.stderr)
    return code
