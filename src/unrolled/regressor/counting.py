"""What each word, pair of words and run of letters adds to the answer: ridge on TF-IDF weights.

Words and pairs are one block of a text's features, letters the other. A feature that stands n
times in a text weighs ``(1 + log n) * IDF`` over the length of its block: the sublinear TF-IDF of
scikit-learn's ``TfidfVectorizer``. To answer takes NumPy alone.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain, islice, pairwise, repeat
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.regressor.pieces import is_tag

#: The most features of each block that are kept.
MOST_GRAMS = 1 << 17
#: Letters in a row that make a feature; ``<`` and ``>`` are the ends of a token.
SIZES = (2, 3, 4, 5)
#: The texts whose features are worked out at once, and the tokens whose letters are kept.
_AT_ONCE, _KEPT = 1024, 100_000

Text = Sequence[str]
Floats = NDArray[np.float32]


class Features(NamedTuple):
    """What is not 0 among the features of some texts: rows, columns and values, each (E,)."""

    rows: NDArray[np.int32]
    columns: NDArray[np.int32]
    values: Floats


class Grams:
    """What is counted, by name: words and pairs of them, then letters in a row.

    Examples
    --------
    >>> grams = Grams.fit([["so", "late"], ["So", "late", "late"], ["once"]])
    >>> grams.words
    ['late', 'so', 'so late', 'late late', 'once']
    >>> grams.letters[:5]
    ['e>', '<l', '<la', '<lat', '<late']
    >>> grams.counts([["late", "late"]]).values[:2].tolist()
    [2.0, 1.0]

    """

    def __init__(self, words: Iterable[str], letters: Iterable[str]) -> None:
        """Give each its number; raises ``ValueError`` where one stands twice."""
        self.words, self.letters = list(words), list(letters)
        self._words = {name: number for number, name in enumerate(self.words)}
        self._letters = {name: n for n, name in enumerate(self.letters, len(self.words))}
        if len(self._words) + len(self._letters) != len(self):
            raise ValueError("expected every word and run of letters once, got one twice")
        # Each pair as the numbers of its two words, if both are counted.
        pairs = np.array([n for n, name in enumerate(self.words) if name.count(" ") == 1], np.int32)
        halves = " ".join([self.words[n] for n in pairs]).split(" ")
        numbers = map(self._words.get, halves, repeat(-1))
        both = np.fromiter(numbers, np.int64, 2 * len(pairs)).reshape(-1, 2)
        known = np.flatnonzero((both >= 0).all(axis=1))
        keys = both[known] @ np.array([len(self), 1])
        order = np.argsort(keys)
        # The last is above any that is sought, so that every search ends at one.
        self._pairs = np.append(keys[order], np.iinfo(np.int64).max)
        self._of_pairs = pairs[known[order]]
        self._forget()

    @classmethod
    def fit(cls, texts: Iterable[Text], most: int = MOST_GRAMS) -> "Grams":
        """Find what stands in the texts: of each block the ``most`` frequent."""
        return cls.of_counts(*documents(texts), most)

    @classmethod
    def of_counts(
        cls, words: Counter[str], letters: Counter[str], most: int = MOST_GRAMS
    ) -> "Grams":
        """Take of each block the ``most`` frequent, by what :func:`documents` returned."""
        return cls(_frequent(words, most), _frequent(letters, most))

    def __len__(self) -> int:
        """Return the number of features, G."""
        return len(self.words) + len(self.letters)

    def __eq__(self, other: object) -> bool:
        """Tell whether others are the same."""
        return isinstance(other, Grams) and (self.words, self.letters) == (
            other.words,
            other.letters,
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what is pickled: the names, of which all else is made again."""
        return Grams, (self.words, self.letters)

    def knows(self, token: str) -> bool:
        """Tell whether a token is one of the words."""
        return token.lower() in self._words

    def counts(self, texts: Sequence[Text]) -> Features:
        """Return how often each feature stands in each text, given as its tokens."""
        numbers = self._numbers(texts)
        rows = np.repeat(np.arange(len(texts)), list(map(len, texts)))
        words = np.frombuffer(self._word, np.int32)[numbers]
        columns, of_rows = [words], [rows]
        for found, places in (self._paired(words, rows), self._letters_of(numbers)):
            columns.append(found)
            of_rows.append(rows[places])
        column, row = np.concatenate(columns), np.concatenate(of_rows)
        known = column >= 0
        places = row[known] * len(self) + column[known]
        if len(texts) * len(self) < 2**31:
            places = places.astype(np.int32)  # Sorted in half the time.
        different, counts = np.unique(places, return_counts=True)
        row, column = np.divmod(different, max(len(self), 1))
        return Features(row.astype(np.int32), column.astype(np.int32), counts.astype(np.float32))

    def _paired(
        self, words: NDArray[np.int32], rows: NDArray[np.intp]
    ) -> tuple[NDArray[np.int32], NDArray[np.intp]]:
        """Return the pairs of neighbouring words that are counted, and where the first stands."""
        keys = words[:-1].astype(np.int64) * len(self) + words[1:]
        at = np.searchsorted(self._pairs, keys)
        counted = (self._pairs[at] == keys) & (words[:-1] >= 0) & (words[1:] >= 0)
        places = np.flatnonzero(counted & (rows[:-1] == rows[1:]))
        return self._of_pairs[at[places]], places

    def _letters_of(self, numbers: NDArray[np.intp]) -> tuple[NDArray[np.int32], NDArray[np.intp]]:
        """Return the runs of letters of all tokens, end to end, and the place of their token."""
        starts = np.frombuffer(self._starts, np.int64)
        first = starts[numbers]
        lengths = starts[numbers + 1] - first
        before = lengths.cumsum() - lengths
        places = np.arange(lengths.sum()) + np.repeat(first - before, lengths)
        found = (
            np.frombuffer(self._runs, np.int32)[places] if len(places) else np.zeros(0, np.int32)
        )
        return found, np.repeat(np.arange(len(numbers)), lengths)

    def weighed(self, counts: Features, idf: Floats) -> Features:
        """Return the features of texts from their counts and every feature's IDF (G,)."""
        values = (1 + np.log(counts.values)) * idf[counts.columns]
        blocks = 2 * counts.rows + (counts.columns >= len(self.words))
        lengths = np.sqrt(np.bincount(blocks, values**2))
        lengths[lengths == 0] = 1  # Where all that stands there has an IDF of 0.
        return counts._replace(values=(values / lengths[blocks]).astype(np.float32))

    def _numbers(self, texts: Sequence[Text]) -> NDArray[np.intp]:
        """Return the numbers of all tokens, end to end; they hold until the next call."""
        if len(self._known) > _KEPT:
            self._forget()
        known, found = self._known, []
        for token in chain.from_iterable(texts):
            number = known.get(token)
            found.append(self._learn(token) if number is None else number)
        return np.array(found, np.intp)

    def _learn(self, token: str) -> int:
        lower = token.lower()
        self._word.append(self._words.get(lower, -1))
        self._runs.extend(map(self._letters.get, _runs(lower), repeat(-1)))
        self._starts.append(len(self._runs))
        self._known[token] = number = len(self._known)
        return number

    def _forget(self) -> None:
        """Know no token: neither its word nor, end to end with those of others, its runs."""
        self._known: dict[str, int] = {}
        self._word, self._runs, self._starts = array("i"), array("i"), array("q", [0])


def documents(texts: Iterable[Text]) -> tuple[Counter[str], Counter[str]]:
    """Return in how many texts each word, pair and run of letters stands; of shards these add up.

    >>> sorted(documents([["so", "late"], ["so", "so"]])[0].items())
    [('late', 1), ('so', 2), ('so late', 1), ('so so', 1)]
    """
    words: Counter[str] = Counter()
    letters: Counter[str] = Counter()
    for text in texts:
        lower = [token.lower() for token in text]
        words.update({*_words(lower)})
        letters.update({*chain.from_iterable(map(_runs, {*lower}))})
    return words, letters


def _frequent(found: Counter[str], most: int) -> list[str]:
    """Return what is found in most texts."""
    kept = sorted(found.items(), key=lambda each: (-each[1], each[0]))
    return [name for name, _ in kept[:most]]


def _words(lower: Sequence[str]) -> Iterable[str]:
    """Return a text's words, and its pairs of words, which have a space in them as no word has."""
    return chain(lower, map(" ".join, pairwise(lower)))


def _runs(lower: str) -> list[str]:
    """Return the runs of letters of a token.

    >>> _runs("six")
    ['<s', 'si', 'ix', 'x>', '<si', 'six', 'ix>', '<six', 'six>', '<six>']
    """
    if is_tag(lower):
        return []
    ended = f"<{lower}>"
    return [ended[i : i + n] for n in SIZES for i in range(len(ended) - n + 1)]


class Counting(NamedTuple):
    """A ridge that has learnt: an answer is ``bias`` and the sum of features times weights.

    ``table`` is float32 (G, 2): the IDF of each feature, and its weight. ``beside`` float32 (F,)
    are the weights of covariates, which are learnt with the others and added by whom they concern.
    """

    grams: Grams
    table: Floats
    bias: float
    beside: Floats = np.zeros(0, np.float32)

    @property
    def arrays(self) -> list[Floats]:
        """All its numbers, as a model keeps them."""
        return [self.table, np.array([self.bias], np.float32), self.beside]

    def answers(self, texts: Iterable[Text]) -> Floats:
        """Return the answer to each of N texts, given as their tokens; float32 (N,)."""
        left = iter(texts)
        found: list[NDArray[np.floating]] = [np.zeros(0)]
        idf, weights = self.table.T
        while block := list(islice(left, _AT_ONCE)):
            rows, columns, values = self.grams.weighed(self.grams.counts(block), idf)
            found.append(np.bincount(rows, values * weights[columns], len(block)) + self.bias)
        return np.concatenate(found).astype(np.float32)


#: A ridge that counts nothing and answers 0.
NONE = Counting(Grams([], []), np.zeros((0, 2), np.float32), 0.0)


class Counted:
    """The features of texts to learn from, worked out once for all penalties."""

    def __init__(
        self, texts: Sequence[Text], beside: Floats | None = None, grams: Grams | None = None
    ) -> None:
        """Find the features of N texts, given as their tokens, with covariates (N, F) or none.

        ``grams`` are those to count, by default all that :meth:`Grams.fit` finds.
        """
        from scipy.sparse import csr_matrix, hstack

        self.grams = grams = Grams.fit(texts) if grams is None else grams
        blocks = [texts[n : n + _AT_ONCE] for n in range(0, len(texts), _AT_ONCE)]
        each = [grams.counts(block) for block in blocks]
        documents = sum(np.bincount(counts.columns, minlength=len(grams)) for counts in each)
        self.idf = (np.log((1 + len(texts)) / (1 + documents)) + 1).astype(np.float32)
        each = [grams.weighed(counts, self.idf) for counts in each]
        ends = [np.bincount(n.rows, minlength=len(b)) for n, b in zip(each, blocks, strict=True)]
        columns, values = (np.concatenate([block[k] for block in each]) for k in (1, 2))
        starts = np.concatenate([[0], *ends]).cumsum()
        self.matrix = csr_matrix((values, columns, starts), (len(texts), len(grams)))
        if beside is not None and beside.shape[1]:
            self.matrix = hstack([self.matrix, csr_matrix(beside)], "csr")

    def learn(
        self,
        targets: NDArray[np.floating],
        weights: NDArray[np.floating],
        alpha: float,
        letters: float = 1.0,
    ) -> Counting:
        """Return the ridge of a penalty ``alpha`` for targets and weights (N,).

        It sees the block of letters ``letters`` times as long as that of words: a longer block has
        the less to pay for what it adds.
        """
        from scipy.sparse import diags
        from sklearn.linear_model import Ridge

        features, words = self.matrix.shape[1], len(self.grams.words)
        lengths = np.ones(features, np.float32)
        lengths[:words] = letters**-0.5
        lengths[words : len(self.grams)] = letters**0.5
        coefficients, bias = np.zeros(features), np.average(targets, weights=weights)
        if features:
            matrix = self.matrix if letters == 1 else self.matrix @ diags(lengths)
            model = Ridge(alpha=alpha, solver="sparse_cg", random_state=0)
            model.fit(matrix, np.asarray(targets, np.float32), sample_weight=weights)
            coefficients, bias = model.coef_ * lengths, model.intercept_
        of_texts, beside = np.split(coefficients.astype(np.float32), [len(self.grams)])
        table = np.stack([self.idf, of_texts], axis=1)
        return Counting(self.grams, table, float(np.float32(bias)), beside)
