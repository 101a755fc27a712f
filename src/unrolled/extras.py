"""Why a library does not load: an extra of this package is missing, or something else is wrong."""

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

#: The libraries that an extra of this package brings, by the name that is imported.
EXTRAS = {
    **dict.fromkeys(("pooch", "scipy", "sklearn"), "text"),
    **dict.fromkeys(("click", "wcwidth"), "portable"),
    **dict.fromkeys(("keras", "tensorflow", "tqdm"), "keras"),
    **dict.fromkeys(("jax", "optax"), "jax"),
    **dict.fromkeys(("statsmodels", "sktime"), "series"),
    **dict.fromkeys(("onnx", "onnxruntime"), "onnx"),
    "matplotlib": "figures",
    "pyarrow": "parquet",
    "waitress": "serve",
    "ray": "ray",
    "vaderSentiment": "notebook",
}


def missing_extra(error: ImportError) -> str | None:
    """Return the library of an extra whose absence made an import fail, or ``None``.

    There is no advice on a library that is there and does not load, or that another one lacks.
    """
    for each in _chain(error):
        name = (getattr(each, "name", None) or "").partition(".")[0]
        if isinstance(each, ModuleNotFoundError) and name in EXTRAS and not is_there(name):
            return name
    return None


def needed(module: str, what: str) -> ModuleType:
    """Import a module of an extra for something that needs it.

    Raises ``ImportError`` that says what to install where the extra is missing.
    """
    try:
        return import_module(module)
    except ImportError as error:
        if (name := missing_extra(error)) is None:
            raise
        raise ImportError(
            f"{what}: needs a library that is not installed, {name}: "
            f'pip install "unrolled[{EXTRAS[name]}]"'
        ) from error


def cause_of(error: BaseException) -> str:
    """Return what an error and the first of those that led to it say, in one line.

    >>> cause_of(ImportError("libcuda.so.1: cannot open shared object file"))
    'ImportError: libcuda.so.1: cannot open shared object file'
    """
    chain = _chain(error)
    said = [f"{type(each).__name__}: {' '.join(str(each).split())}" for each in (error, chain[-1])]
    return " from ".join(words[:300] for words in dict.fromkeys(said))


def _chain(error: BaseException) -> list[BaseException]:
    """Return an error and those that led to it, the first of all last."""
    found, each = [error], error
    while before := each.__cause__ or (None if each.__suppress_context__ else each.__context__):
        if before in found:
            break
        found.append(each := before)
    return found


def is_there(library: str) -> bool:
    """Tell whether a library is installed; none is loaded for it."""
    return find_spec(library) is not None
