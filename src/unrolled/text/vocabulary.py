"""From words to numbers: 0 is padding, 1 is any word not known."""

import string
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from unrolled.checks import as_count
from unrolled.lists import as_texts, refuse_named

#: The id that fills a short row; no word ever has it.
PAD = 0
#: The id of every word that is out of the vocabulary.
OOV = 1
#: How :meth:`Vocabulary.decode` writes an unknown word, as Keras does.
UNKNOWN = "[UNK]"


def words(text: str) -> list[str]:
    """Cut a text into words by the default rule of Keras's ``TextVectorization`` :cite:p:`keras3`.

    ASCII letters become lower case, the 32 ASCII punctuation marks are deleted, and the rest is
    cut at ASCII white space. Other letters stay as they are: the rule works on bytes.

    >>> words("Let us meet at 6:15, or ÉTÉ?")
    ['let', 'us', 'meet', 'at', '615', 'or', 'ÉtÉ']
    """
    kept = text.encode().lower().translate(None, string.punctuation.encode())
    return [word.decode() for word in kept.split()]


@dataclass(frozen=True)
class Vocabulary:
    """The known words, the most frequent first.

    ``words`` holds the two reserved entries too, so that ``words[i]`` is the word with id ``i``:
    ``""`` for padding, ``"[UNK]"`` for unknown.

    Examples
    --------
    >>> texts = ["ten to six", "six to ten", "ten past ten"]
    >>> vocabulary = Vocabulary.fit(texts)
    >>> vocabulary.words
    ['', '[UNK]', 'ten', 'to', 'six', 'past']
    >>> vocabulary.encode(["ten to noon"])
    [[2, 3, 1]]
    >>> vocabulary.decode([[2, 3, 1, 0]])
    ['ten to [UNK]']

    """

    words: list[str]
    _ids: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check the reserved entries and index the words."""
        if self.words[:2] != ["", UNKNOWN]:
            raise ValueError(
                f"words: expected to start with '' and {UNKNOWN!r}, got {self.words[:2]}"
            )
        ids = {word: index for index, word in enumerate(self.words)}
        if len(ids) != len(self.words):
            raise ValueError(
                f"words: expected no word twice, got {len(self.words)} entries "
                f"of {len(ids)} different words"
            )
        object.__setattr__(self, "_ids", ids)

    @classmethod
    def fit(cls, texts: Iterable[str], vocabulary_size: int = 10_000) -> "Vocabulary":
        """Learn the most frequent words. Give it the training texts only.

        Words of equal count stand in descending order of their UTF-8 bytes, as in Keras.

        Parameters
        ----------
        texts
            At least one string.
        vocabulary_size
            The most ids to use, the two reserved ones included (Keras's ``max_tokens``).

        Raises
        ------
        TypeError, ValueError
            If ``texts`` is empty or holds what is no string, if ``vocabulary_size`` is below 3,
            or if the texts hold no word at all.

        """
        vocabulary_size = as_count(vocabulary_size, "vocabulary_size", least=3)
        counts = Counter(word for text in as_texts(texts) for word in words(text))
        if not counts:
            raise ValueError(
                "texts: expected at least one word, got only white space and punctuation"
            )
        ranked = sorted(counts, key=lambda word: (counts[word], word.encode()), reverse=True)
        return cls(["", UNKNOWN, *ranked[: vocabulary_size - 2]])

    def __len__(self) -> int:
        """Return the number of ids, the two reserved ones included."""
        return len(self.words)

    def encode(self, texts: Iterable[str]) -> list[list[int]]:
        """Return one list of ids for each text; a text without a word gives an empty list.

        Raises ``TypeError`` for what is no string and ``ValueError`` for no text at all.
        """
        return [[self._ids.get(word, OOV) for word in words(text)] for text in as_texts(texts)]

    def decode(self, sequences: Iterable[Sequence[int]]) -> list[str]:
        """Return the words of each row of ids; padding is left out.

        Raises ``TypeError`` for what is no list of rows, and ``ValueError`` for an id that the
        vocabulary does not have.
        """
        refuse_named(sequences, "sequences", "rows of ids")
        return [
            " ".join(self._word(int(i)) for i in sequence if i != PAD) for sequence in sequences
        ]

    def _word(self, index: int) -> str:
        if not 0 <= index < len(self.words):
            raise ValueError(f"expected an id from 0 to {len(self.words) - 1}, got {index}")
        return self.words[index]
