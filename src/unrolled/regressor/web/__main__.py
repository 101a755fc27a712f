"""``python -m unrolled.regressor.web book/lstm.md`` compiles the LSTM of that page again."""

import sys
from pathlib import Path

from unrolled.equations import labelled

HEAD = """\
// One step of an LSTM, compiled from the equation `eq-lstm` of book/lstm.md: change it there, then
// run `python -m unrolled.regressor.web book/lstm.md`.
"""


def compiled(page: str) -> str:
    """Return what ``lstm.js`` holds, from the text of the page."""
    return f"{HEAD}const lstm = {labelled(page, 'eq-lstm').javascript()};\n"


if __name__ == "__main__":
    text = compiled(Path(sys.argv[1]).read_text(encoding="utf-8"))
    Path(__file__).with_name("lstm.js").write_text(text, encoding="utf-8")
