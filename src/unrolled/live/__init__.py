"""Pictures that answer: what a page shows, moved by its own equations in the browser."""

from importlib.resources import files

from unrolled.live.attention import attention
from unrolled.live.cells import cell
from unrolled.live.gradients import gradients
from unrolled.live.padding import padding
from unrolled.live.picture import SHARED, STYLE, Live
from unrolled.live.reading import rater, reader
from unrolled.live.windows import windows

#: The files of the package that live pictures load.
FILES = {
    *SHARED,
    STYLE,
    *(
        f"live/{file.name}"
        for file in files("unrolled.live").iterdir()
        if file.name.endswith(".js")
    ),
}

__all__ = [
    "FILES",
    "Live",
    "attention",
    "cell",
    "gradients",
    "padding",
    "rater",
    "reader",
    "windows",
]
