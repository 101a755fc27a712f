"""Words and their parts: how a text that was never seen before can still be read.

A text is cut into tokens: words, numbers, emoticons, emoji and runs of punctuation.
Each token is known by its pieces: itself, how it is written, and every 3 to 5 letters in a row.
A misspelt or new word shares most of its pieces with words that are known
:cite:p:`bojanowski2017`.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from unrolled.checks import as_count

#: The token that stands before every text, so that none is empty to the network.
START = "⟦⟧"
#: Ids that no piece of a text has: padding, a token of which no piece is known, ``START``.
RESERVED = ("", "[UNK]", START)
#: The most pieces that one token may have.
MOST_PIECES = 32
#: The most letters in a row in one token; a longer word is cut into several.
LONGEST_TOKEN = 24
#: The most marks on one letter that are put into one order: n of them take n² steps. It is the
#: bound of Unicode's stream-safe format.
MOST_MARKS = 30
#: The signs of a text that are brought into one form at once: what is not read costs nothing.
_PART = 512
#: How far behind that a sign is looked for that joins none before it.
_NEAR = 256
#: The signs from its first in which a token and what it looks ahead at lie, and more.
_REACH = 64
#: Letters in a row that make a piece.
SIZES = (3, 4, 5)

_EYES = r"[<>]?[:;=]['’]?[-o*^]?"
_MOUTH = r"[()\[\]{}dDpPoO3/\\|@*]"
# Marks that belong to a letter, which Python's \w leaves out, where scripts of today have them.
_SCRIPTS = (
    (0x300, 0x2100),
    (0xA66F, 0xAC00),
    (0xFE00, 0xFE30),
    (0x11000, 0x12000),
    (0x1E900, 0x1E950),
)
_MARKS = "".join(
    chr(code)
    for script in _SCRIPTS
    for code in range(*script)
    if unicodedata.category(chr(code)).startswith("M")
)
#: Chinese and Japanese are written without spaces, so every sign there is a token.
ALONE = r"\u2E80-\u30FF\u3400-\u9FFF\uF900-\uFAFF\U00020000-\U0003FFFF"
_LETTER = rf"(?:[^\W{ALONE}]|[{_MARKS}])"
_TOKEN = re.compile(
    rf"""
    [a-wyzA-WYZ0-9] [a-zA-Z0-9]{{0,{LONGEST_TOKEN - 1}}}+ (?=[ .,!?:;)])  # a plain word, at once
  | ⟦[^⟦⟧\s]{{0,40}}⟧                                      # a tag, see `tagged`
  | (?<!\w) (?: {_EYES}{_MOUTH}{{1,8}} | [xX]D{{1,8}} ) (?!\w)  # :-) xD
  | [()]{{1,8}}[-o*^]?[:;=] (?!\w)                       # (-:
  | </?3                                                # a heart, whole or broken
  | {_LETTER}{{1,{LONGEST_TOKEN}}} (?: ['’] {_LETTER}{{1,8}} ){{0,3}}  # don't
  | \w                                                  # one sign of a script without spaces
  | [!?]{{2,{LONGEST_TOKEN}}}                           # ?!?!
  | [^\w\s] (?: [\uFE00-\uFE0F\U0001F3FB-\U0001F3FF] | \u200D[^\w\s] ){{1,9}}  # an emoji in parts
  | ([^\w\s]) \1{{0,{LONGEST_TOKEN}}}                   # any other sign, or a run of it
    """,
    re.VERBOSE,
)
_STRETCHED = re.compile(r"(.)\1{2,}")
# A half of a character, left where a text was cut by a program that counts halves.
_HALF = re.compile("[\ud800-\udfff]")
_UNBROKEN = re.compile(r"\S{256}")
# Signs without an order among marks that may become one with the sign before them.
_JOINING = re.compile(rf"[{_MARKS}\u1160-\u11ff]")


def tokens(text: str) -> Iterator[str]:
    """Cut a text into tokens, in order; white space goes, everything else stays.

    Letters that only look different (full-width, ligatures, split accents) become the usual ones
    (Unicode's form NFKC). Half a character, which no file can hold, becomes U+FFFD.
    Of a text no more is looked at than the tokens that are taken, and a little, are made of.

    >>> list(tokens("Don't be sooo late!!! 6:15 :-) <3"))
    ["Don't", 'be', 'sooo', 'late', '!!!', '6', ':', '15', ':-)', '<3']
    """
    rest, place = "", 0
    for part, is_last in _usual(text):
        # One sign before the place is kept, at which a token may look back.
        rest, place = rest[max(place - 1, 0) :] + part, min(place, 1)
        while found := _TOKEN.search(rest, place):
            if found.start() + _REACH > len(rest) and not is_last:
                break  # What comes may belong to it.
            yield found.group()
            place = found.end()
        if not found:
            place = max(place, len(rest) - _REACH)


def _usual(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the form NFKC of a text part by part, and with each whether it is the last."""
    start = 0
    while start < len(text):
        stop = _end_of_part(text, start)
        part = _HALF.sub("\N{REPLACEMENT CHARACTER}", text[start:stop])
        is_last = stop == len(text)
        parts = list(_of_few_marks(part))
        for number, each in enumerate(parts, start=1):
            yield unicodedata.normalize("NFKC", each), is_last and number == len(parts)
        start = stop


def _end_of_part(text: str, start: int) -> int:
    """Return where a part ends: before a sign that joins none before it, if one is near."""
    end = start + _PART
    for stop in range(end, min(end + _NEAR, len(text))):
        first = unicodedata.normalize("NFKD", text[stop])[0]
        if not (unicodedata.combining(first) or _JOINING.match(first)):
            return stop
    return end if end + _NEAR < len(text) else len(text)


def _of_few_marks(text: str) -> Iterator[str]:
    """Yield a part of a text, cut where a letter has more than ``MOST_MARKS`` marks."""
    start, marks = 0, 0
    if _UNBROKEN.search(text):  # No other run of marks is long.
        for place, sign in enumerate(text):
            is_mark = unicodedata.combining(unicodedata.normalize("NFKD", sign)[0])
            marks = marks + 1 if is_mark else 0
            if marks > MOST_MARKS:
                yield text[start:place]
                start, marks = place, 1
    yield text[start:]


def tagged(text: str, name: str) -> str:
    """Put a tag before a text that says where it comes from; it is read as one token.

    Raises ``ValueError`` for a name with white space or a bracket of the tag in it.

    >>> list(tokens(tagged("so good", "tweets")))
    ['⟦tweets⟧', 'so', 'good']
    """
    tag = f"⟦{name}⟧"
    if not name or len(list(islice(tokens(tag), 2))) > 1:
        raise ValueError(
            f"name: expected one word of at most 40 letters, without ⟦ and ⟧, got {name!r}"
        )
    return f"{tag} {text}"


def is_tag(token: str) -> bool:
    """Tell whether a token is ``START`` or was put before a text by :func:`tagged`."""
    return token[0] == "⟦"


def pieces_of(token: str) -> list[str]:
    """Return the names of a token's pieces, each once: at most 32.

    ``=word`` is the word itself in lower case, ``^`` tells how it is written (all capitals,
    some, stretched), the rest are letters in a row, ``<`` and ``>`` being its ends.

    >>> pieces_of("Soooo")
    ['=soooo', '=soo', '^stretched', '^capital', '<so', 'soo', 'oo>', '<soo', 'soo>', '<soo>']
    """
    if is_tag(token):
        return [token]
    lower = token.lower()
    found = ["=" + lower]
    short = _STRETCHED.sub(r"\1\1", lower)
    if short != lower:
        found += ["=" + short, "^stretched"]
    if token != lower:
        found.append("^capitals" if len(token) > 1 and token.isupper() else "^capital")
    if len(short) > 1:
        ended = f"<{short}>"
        found += [ended[i : i + n] for n in SIZES for i in range(len(ended) - n + 1)]
    return list(dict.fromkeys(found))[:MOST_PIECES]


@dataclass(frozen=True)
class Pieces:
    """The pieces that are known; ``names[i]`` has the id ``i``, the three reserved ones first.

    Examples
    --------
    >>> pieces = Pieces.fit({"late": 3, "later": 2, "once": 1})
    >>> pieces.names[3:9]
    ['<la', '<lat', '<late', 'ate', 'lat', 'late']
    >>> [pieces.names[i] for i in pieces.ids("latest")]
    ['<la', 'lat', 'ate', '<lat', 'late', '<late']
    >>> pieces.ids("?")  # nothing of it is known
    [1]

    """

    names: list[str]
    _ids: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check the reserved names and index all."""
        if tuple(self.names[: len(RESERVED)]) != RESERVED:
            raise ValueError(
                f"names: expected to start with {RESERVED}, got {self.names[: len(RESERVED)]}"
            )
        ids = {name: index for index, name in enumerate(self.names)}
        if len(ids) != len(self.names):
            raise ValueError(
                f"names: expected no piece twice, got {len(self.names)} entries "
                f"of {len(ids)} different pieces"
            )
        object.__setattr__(self, "_ids", ids)

    @classmethod
    def fit(
        cls, counts: Mapping[str, int], vocabulary_size: int = 40_000, min_count: int = 2
    ) -> "Pieces":
        """Learn the most frequent pieces of tokens. Give it the counts of training texts only.

        Parameters
        ----------
        counts
            How often each token occurs. None at all leaves the reserved ids alone.
        vocabulary_size
            The most ids, the reserved ones included; at least 3.
        min_count
            A piece that occurs less often is left out.

        """
        vocabulary_size = as_count(vocabulary_size, "vocabulary_size", least=len(RESERVED))
        min_count = as_count(min_count, "min_count")
        found: Counter[str] = Counter()
        for token, count in counts.items():
            for name in pieces_of(token):
                found[name] += count
        kept = [name for name, count in found.items() if count >= min_count]
        kept = [name for name in kept if name not in RESERVED]
        # Equal counts stand in the order of the letters, so that the order of texts is no matter.
        kept.sort(key=lambda name: (-found[name], name))
        return cls([*RESERVED, *kept[: vocabulary_size - len(RESERVED)]])

    def __len__(self) -> int:
        """Return the number of ids, the reserved ones included."""
        return len(self.names)

    def knows(self, token: str) -> bool:
        """Tell whether any piece of a token is known."""
        return any(name in self._ids for name in pieces_of(token))

    def ids(self, token: str) -> list[int]:
        """Return the ids of a token's known pieces, or ``[1]`` where none is known."""
        known = [i for i in map(self._ids.get, pieces_of(token)) if i is not None]
        return known or [RESERVED.index("[UNK]")]
