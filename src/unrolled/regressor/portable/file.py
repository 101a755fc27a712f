"""A model file, checked from its first byte to its last weight before anything is computed."""

import json
import os
from typing import Any, BinaryIO, NamedTuple

from unrolled.checks import LARGEST_TARGET
from unrolled.regressor.pieces import RESERVED, Pieces
from unrolled.regressor.portable import weights
from unrolled.regressor.portable.archive import Archive, ModelFileError, opened, short
from unrolled.regressor.portable.names import (
    CLASS,
    CONFIG,
    FORMAT,
    MEMBERS,
    METADATA,
    MODULES,
    SUFFIX,
    VOCABULARY,
    WEIGHTS,
    of_today,
)

_DTYPE = {
    "module": "keras",
    "class_name": "DTypePolicy",
    "config": {"name": "float32"},
    "registered_name": None,
}
_MOST_CONFIG = 1 << 20
_LARGEST_COUNT = 10**9


class Config(NamedTuple):
    """The sizes V, D and H and all else that the config says of a model."""

    vocabulary_size: int
    embedding_dim: int
    units: int
    readers: int
    max_length: int
    dropout: float
    share: float
    mean: float
    scale: float
    about: dict[str, Any]


class ModelFile(NamedTuple):
    """All that a model file holds."""

    config: Config
    pieces: Pieces
    weights: weights.Weights


def read(path: str | os.PathLike[str]) -> ModelFile:
    """Return what a model file holds; raise ``ModelFileError`` unless every part is sound.

    Nothing in the file is executed, and no size in it is believed before its bytes are there.
    It is opened once: what is returned was made of the very bytes that were checked.
    """
    name = os.fsdecode(path)
    try:
        with opened(name) as file:
            if not name.endswith(SUFFIX):
                raise ModelFileError(f"expected a name that ends in {SUFFIX!r}, got another")
            return parse(file)
    except ModelFileError as error:
        name = name if name.isprintable() else ascii(name)
        raise ModelFileError(f"{name}: {error}") from None


def parse(file: BinaryIO) -> ModelFile:
    """Return what the bytes of a model file hold; raise as ``read`` does, without a name."""
    archive = Archive(file, MEMBERS)
    archive.read(METADATA, _MOST_CONFIG)  # So that every byte of the file is accounted for.
    config = _config(archive.read(CONFIG, _MOST_CONFIG))
    sizes = config[:4]
    least, most = weights.bytes_of(*sizes)
    if (size := archive.size(WEIGHTS)) < least:
        raise ModelFileError(f"{WEIGHTS}: expected at least {least} bytes, got {size}")
    pieces = _pieces(archive, config.vocabulary_size)
    return ModelFile(config, pieces, weights.read(archive.read(WEIGHTS, most), *sizes))


def check(path: str | os.PathLike[str]) -> None:
    """Raise ``ModelFileError`` unless a file is a sound model of this package.

    A file can change after it was checked: to use what was found, call ``load``.
    """
    read(path)


def _config(data: bytes) -> Config:
    """Return what a config says, of which each value has been checked."""
    config = _json(data, CONFIG)
    if not isinstance(config, dict):
        raise ModelFileError(f"{CONFIG}: expected an object, got {_shown(config)}")
    for key, expected in {"module": MODULES, **{k: (v,) for k, v in CLASS.items()}}.items():
        if config.get(key) not in expected:
            raise _wrong(key, " or ".join(map(repr, expected)), config.get(key))
    if config.get("compile_config"):
        found = _shown(config["compile_config"])
        raise ModelFileError(f"{CONFIG}: expected no compile_config, got {found}")
    inner = config.get("config")
    if not isinstance(inner, dict):
        raise _wrong("config", "an object", inner)
    _check_format(inner.get("format"))
    inner = of_today(inner)  # As the model's own class does, whichever of both opens the file.
    if inner.get("dtype") not in ("float32", _DTYPE):
        raise _wrong("dtype", "float32", inner.get("dtype"))
    about = inner.get("about")
    if not isinstance(about, dict):
        raise _wrong("about", "an object", about)
    for key, value in inner.items():
        # Keras would make an object of a class that such a value names.
        if isinstance(value, dict | list) and key not in ("dtype", "about"):
            raise _wrong(key, "a plain value", value)
    return Config(
        vocabulary_size=_count(inner, "vocabulary_size", least=len(RESERVED)),
        embedding_dim=_count(inner, "embedding_dim"),
        units=_count(inner, "units"),
        readers=_count(inner, "readers"),
        max_length=_count(inner, "max_length", least=2),
        dropout=_number(inner, "dropout", 0, 1),
        share=_number(inner, "share", 0, 1),
        mean=_number(inner, "mean", -LARGEST_TARGET, LARGEST_TARGET),
        scale=_number(inner, "scale", 0, LARGEST_TARGET),
        about=about,
    )


def _check_format(found: Any) -> None:
    if type(found) is not int or found < 1:
        raise _wrong("format", "a whole number above 0", found)
    if found > FORMAT:
        raise ModelFileError(
            f"{CONFIG}: expected format 1 to {FORMAT}, got {_shown(found)}: "
            "the file was written by a newer unrolled"
        )


def _count(config: dict[str, Any], key: str, least: int = 1) -> int:
    value: Any = config.get(key)
    if type(value) is not int or not least <= value <= _LARGEST_COUNT:
        raise _wrong(key, f"a whole number from {least} to {_LARGEST_COUNT}", value)
    return value


def _number(config: dict[str, Any], key: str, least: float, most: float) -> float:
    value: Any = config.get(key)
    # Written so that NaN fails too.
    if type(value) not in (int, float) or not least <= value <= most:
        raise _wrong(key, f"a number from {least:g} to {most:g}", value)
    return float(value)


def _pieces(archive: Archive, count: int) -> Pieces:
    """Return the vocabulary: ``count`` different strings, the reserved ones first."""
    name = f"assets/{VOCABULARY}"
    # A piece has a few dozen letters, each of at most 12 bytes in JSON.
    names = _json(archive.read(name, (1 << 20) + 400 * count), name)
    if not isinstance(names, list) or set(map(type, names)) != {str}:
        raise ModelFileError(f"{name}: expected a list of strings, got {_shown(names)}")
    if len(names) != count:
        raise ModelFileError(f"{name}: expected {count} pieces, got {len(names)}")
    if tuple(names[: len(RESERVED)]) != RESERVED:
        got = ", ".join(map(_shown, names[: len(RESERVED)]))
        raise ModelFileError(f"{name}: expected the first pieces to be {RESERVED}, got {got}")
    try:
        return Pieces(names)
    except ValueError as error:
        raise ModelFileError(f"{name}: {short(error)}") from None


def _json(data: bytes, name: str) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{name}: expected JSON, got damage: {short(error)}") from None


def _wrong(key: str, expected: str, found: Any) -> ModelFileError:
    return ModelFileError(f"{CONFIG}: expected {key} to be {expected}, got {_shown(found)}")


def _shown(value: Any) -> str:
    """Return a value of JSON in one short line."""
    if isinstance(value, dict | list):
        return f"{'an object' if isinstance(value, dict) else 'a list'} of {len(value)}"
    return short(ascii(value))
