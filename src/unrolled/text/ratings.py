"""Short texts with the ratings that people gave them: Hutto and Gilbert's data :cite:p:`hutto2014`.

Tweets, Amazon reviews, film reviews and New York Times editorials, cut into snippets. About 20
people rated each from -4 (most negative) to 4 (most positive); the target is their mean.
The archive is not part of this package. It is fetched once and checked, or read from a folder.
"""

import hashlib
import html
import json
import os
import tarfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np

from unrolled.extras import cause_of, missing_extra
from unrolled.text.corpora import Corpus, Splits, split_by_group
from unrolled.text.vocabulary import words

#: Each domain and the beginning of its files' names.
DOMAINS = {
    "tweets": "tweets",
    "amazon": "amazonReviewSnippets",
    "movies": "movieReviewSnippets",
    "nyt": "nytEditorialSnippets",
}
FOLDER = "hutto_ICWSM_2014"
ARCHIVE = f"{FOLDER}.tar.gz"
# A commit, not a branch: the bytes behind this address never change.
URL = (
    "https://github.com/cjhutto/vaderSentiment/raw/44fc044cd877310ee8278a0eadf34bcd50d41d06/"
    f"additional_resources/{ARCHIVE}"
)
SHA256 = "d5bb07d87474b3eb8d30b4deccbc23f19d742a6c5718fbacc65485b70b95c5fa"
LOWEST, HIGHEST = -4, 4


class DataUnavailable(RuntimeError):  # noqa: N818  (it names a state, not a mistake)
    """The archive can be neither found nor fetched; the message names both remedies."""

    def __init__(self, reason: str) -> None:
        """Say what went wrong and what can be done."""
        super().__init__(
            f"The human ratings are not here: {reason}. Either connect to the network and install "
            f"the extra unrolled[text], so that {URL} can be fetched once, or set UNROLLED_DATA "
            f"to a folder that holds {FOLDER}/."
        )


class RatedText(NamedTuple):
    """One rated text: its id, the document it comes from, the mean rating and each rating."""

    id: str
    document: str
    text: str
    target: float
    raters: tuple[int, ...]


def available(domain: str = "tweets") -> bool:
    """Tell whether :func:`load` would work without the network. Never touches the network.

    Raises ``ValueError`` for an unknown domain.
    """
    names = _file_names(domain)
    folder = _own_folder()
    if folder is not None:
        return all((folder / name).is_file() for name in names)
    try:
        archive = _cache() / ARCHIVE
    except ImportError:
        return False
    return archive.is_file() and hashlib.sha256(archive.read_bytes()).hexdigest() == SHA256


def rows(domain: str = "tweets") -> list[RatedText]:
    """Return every rated text of a domain, in the archive's order.

    HTML entities such as ``&amp;`` are turned into the characters they stand for.
    ``target`` is the mean that the archive publishes. For some tweets it is not the mean of the
    listed ratings, of which there are more. A text without listed ratings has no ``raters``.

    Raises
    ------
    DataUnavailable
        If the archive is neither in the folder named by ``UNROLLED_DATA``, nor in the cache, and
        cannot be fetched.
    ValueError
        For an unknown domain or a line that is not in the archive's format.

    """
    truth_name, raters_name = _file_names(domain)
    truth, raters = _read([truth_name, raters_name])
    rated = {}
    for number, line in _lines(raters):
        name, *_, listed = _fields(line, 4, f"{raters_name}, line {number}")
        rated[name] = _parse_raters(listed, f"{raters_name}, line {number}")
    found: dict[str, RatedText] = {}
    for number, line in _lines(truth):
        where = f"{truth_name}, line {number}"
        name, mean, text = _fields(line, 3, where)
        if name in found:
            raise ValueError(f"{where}: expected every id once, got {name!r} again")
        # "12_3" is sentence 3 of document 12; an id without "_" is a document by itself.
        document = name.split("_")[0]
        target = _parse_mean(mean, where)
        found[name] = RatedText(name, document, _unescaped(text), target, rated.get(name, ()))
    return list(found.values())


def load(
    domain: str = "tweets", seed: int = 0, validation: float = 0.1, test: float = 0.2
) -> Splits:
    """Return a domain's texts with their mean ratings, split by document.

    Texts without any word ("!!!") are left out, for there is nothing in them to read.

    Parameters
    ----------
    domain
        ``"tweets"``, ``"amazon"``, ``"movies"`` or ``"nyt"``.
    seed, validation, test
        As for :func:`unrolled.text.split_by_group`.

    Raises
    ------
    DataUnavailable, ValueError
        As :func:`rows`.

    """
    kept = [row for row in rows(domain) if words(row.text)]
    corpus = Corpus(
        [row.text for row in kept],
        np.array([row.target for row in kept]),
        [row.document for row in kept],
        [row.id for row in kept],
    )
    return split_by_group(corpus, validation, test, seed)


def _file_names(domain: str) -> tuple[str, str]:
    if domain not in DOMAINS:
        raise ValueError(f"domain: expected one of {tuple(DOMAINS)}, got {domain!r}")
    return f"{DOMAINS[domain]}_GroundTruth.txt", f"{DOMAINS[domain]}_anonDataRatings.txt"


def _own_folder() -> Path | None:
    named = os.environ.get("UNROLLED_DATA")
    return Path(named).expanduser() / FOLDER if named else None


def _cache() -> Path:
    import pooch  # type: ignore[import-untyped]

    return Path(pooch.os_cache("unrolled"))


def _read(names: Iterable[str]) -> list[str]:
    """Return the text of these files, from the named folder or from the fetched archive."""
    folder = _own_folder()
    if folder is not None:
        missing = [name for name in names if not (folder / name).is_file()]
        if missing:
            # A folder that was named is meant: the network is not tried in its place.
            raise DataUnavailable(f"UNROLLED_DATA is set, but {folder} has no {missing[0]}")
        return [(folder / name).read_bytes().decode("utf-8-sig") for name in names]
    with tarfile.open(_fetch()) as archive:
        members = {PurePosixPath(member.name).name: member for member in archive if member.isfile()}
        # Read from the archive, not unpacked: a file that is half written cannot exist.
        contents = [archive.extractfile(members[name]) for name in names]
        return [content.read().decode("utf-8-sig") for content in contents if content]


def _fetch() -> Path:
    """Return the archive's path in the cache, after fetching it if it is not there yet."""
    try:
        import pooch
    except ImportError as error:
        is_absent = missing_extra(error) == "pooch"
        reason = "is not installed" if is_absent else f"does not load ({cause_of(error)})"
        raise DataUnavailable(f"pooch, which fetches them, {reason}") from error
    try:
        # pooch downloads under a temporary name and renames only what has the right hash.
        return Path(pooch.retrieve(URL, f"sha256:{SHA256}", fname=ARCHIVE, path=_cache()))
    except (OSError, ValueError) as error:  # requests' errors are OSErrors, a wrong hash ValueError
        raise DataUnavailable(f"fetching failed ({type(error).__name__}: {error})") from error


def _lines(text: str) -> Iterable[tuple[int, str]]:
    # Not splitlines(): it would also cut at rarer marks inside a text.
    lines = text.replace("\r\n", "\n").split("\n")
    return ((number, line) for number, line in enumerate(lines, start=1) if line)


def _fields(line: str, count: int, where: str) -> list[str]:
    fields = line.split("\t", count - 1)
    if len(fields) != count:
        raise ValueError(f"{where}: expected {count} fields between tabs, got {len(fields)}")
    return fields


def _unescaped(text: str) -> str:
    # Some entities of the archive are escaped twice: "&amp;amp;".
    plain = html.unescape(text)
    return text if plain == text else _unescaped(plain)


def _parse_mean(field: str, where: str) -> float:
    try:
        mean = float(field)
    except ValueError:
        mean = float("nan")
    if not LOWEST <= mean <= HIGHEST:
        raise ValueError(f"{where}: expected a mean from {LOWEST} to {HIGHEST}, got {field!r}")
    return mean


def _parse_raters(field: str, where: str) -> tuple[int, ...]:
    try:
        given = json.loads(field)
    except ValueError:
        given = None
    if not isinstance(given, list) or not all(
        type(one) is int and LOWEST <= one <= HIGHEST for one in given
    ):
        raise ValueError(
            f"{where}: expected a list of whole ratings from {LOWEST} to {HIGHEST}, "
            f"got {field!r:.60}"
        )
    return tuple(given)
