"""A model file, checked from its first byte to its last weight before anything is computed."""

import json
import os
from typing import Any, BinaryIO, NamedTuple

from unrolled.checks import LARGEST_TARGET
from unrolled.regressor.counting import Grams
from unrolled.regressor.covariates import Covariates
from unrolled.regressor.pieces import RESERVED, Pieces
from unrolled.regressor.portable import weights
from unrolled.regressor.portable.archive import Archive, ModelFileError, opened, short
from unrolled.regressor.portable.names import (
    CLASS,
    CONFIG,
    COVARIATES,
    EMPTY,
    FORMAT,
    GRAMS,
    MEMBERS,
    METADATA,
    MODULE,
    SUFFIX,
    VOCABULARY,
    WEIGHTS,
)

_DTYPE = {
    "module": "keras",
    "class_name": "DTypePolicy",
    "config": {"name": "float32"},
    "registered_name": None,
}
_MOST_CONFIG, _MOST_COLUMNS = 1 << 20, 1 << 23
_LARGEST_COUNT = 10**9


class Config(NamedTuple):
    """The sizes V, D and H, how much is counted, and all else that the config says of a model."""

    words: int
    letters: int
    beside: int
    scores: int
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
    grams: Grams
    covariates: Covariates
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
    config = _config(archive.read(CONFIG, _MOST_CONFIG))
    sizes = weights.Sizes.of(config._asdict())
    name, expected = f"assets/{WEIGHTS}", weights.bytes_of(sizes)
    if (size := archive.size(name)) < expected:
        raise ModelFileError(f"{name}: expected {expected} bytes, got {size}")
    # So that every byte of the file is accounted for.
    archive.read(METADATA, _MOST_CONFIG)
    archive.read(EMPTY, _MOST_CONFIG + (config.readers << 16))
    pieces, grams = _pieces(archive, config.vocabulary_size), _grams(archive, config)
    covariates = _covariates(archive, config.beside)
    data = archive.read(name, expected)
    try:
        read = weights.read(data, sizes)
    except ModelFileError as error:
        raise ModelFileError(f"{name}: {error}") from None
    return ModelFile(config, pieces, grams, covariates, read)


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
    for key, expected in {"module": MODULE, **CLASS}.items():
        if config.get(key) != expected:
            raise _wrong(key, repr(expected), config.get(key))
    if config.get("compile_config"):
        found = _shown(config["compile_config"])
        raise ModelFileError(f"{CONFIG}: expected no compile_config, got {found}")
    inner = config.get("config")
    if not isinstance(inner, dict):
        raise _wrong("config", "an object", inner)
    _check_format(inner.get("format"))
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
        words=_count(inner, "words", least=0),
        letters=_count(inner, "letters", least=0),
        beside=_count(inner, "beside", least=0),
        scores=_count(inner, "scores", least=0),
        vocabulary_size=_count(inner, "vocabulary_size", least=len(RESERVED)),
        embedding_dim=_count(inner, "embedding_dim"),
        units=_count(inner, "units"),
        readers=_count(inner, "readers", least=0),
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
    if found != FORMAT:
        raise ModelFileError(
            f"{CONFIG}: expected format {FORMAT}, got {_shown(found)}: "
            f"the file was written by {'a newer' if found > FORMAT else 'an older'} unrolled"
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
    names = _strings(_json(archive.read(name, (1 << 20) + 400 * count), name), name, count)
    if tuple(names[: len(RESERVED)]) != RESERVED:
        got = ", ".join(map(_shown, names[: len(RESERVED)]))
        raise ModelFileError(f"{name}: expected the first pieces to be {RESERVED}, got {got}")
    try:
        return Pieces(names)
    except ValueError as error:
        raise ModelFileError(f"{name}: {short(error)}") from None


def _grams(archive: Archive, config: Config) -> Grams:
    """Return what is counted: as many words and runs of letters as the config says."""
    name = f"assets/{GRAMS}"
    # Two tokens of a few dozen letters, each of at most 12 bytes in JSON.
    found = _json(archive.read(name, (1 << 20) + 1300 * (config.words + config.letters)), name)
    if not isinstance(found, dict) or set(found) != {"words", "letters"}:
        raise ModelFileError(f"{name}: expected words and letters, got {_shown(found)}")
    try:
        return Grams(
            _strings(found["words"], name, config.words),
            _strings(found["letters"], name, config.letters),
        )
    except ModelFileError:
        raise
    except ValueError as error:
        raise ModelFileError(f"{name}: {short(error)}") from None


def _covariates(archive: Archive, width: int) -> Covariates:
    """Return what is known of the columns beside a text, of as many features as the config says."""
    name = f"assets/{COVARIATES}"
    found = _json(archive.read(name, _MOST_COLUMNS), name)
    try:
        covariates = Covariates.from_json(found)
    except ValueError as error:
        raise ModelFileError(f"{name}: {short(error)}") from None
    if covariates.width != width:
        raise ModelFileError(f"{name}: expected {width} features, got {covariates.width}")
    return covariates


def _strings(found: Any, name: str, count: int) -> list[str]:
    if not isinstance(found, list) or not set(map(type, found)) <= {str}:
        raise ModelFileError(f"{name}: expected a list of strings, got {_shown(found)}")
    if len(found) != count:
        raise ModelFileError(f"{name}: expected {count} names, got {len(found)}")
    return found


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
