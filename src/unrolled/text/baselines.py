"""What a model has to beat: a constant, ridge regression on counted words, a lexicon with rules.

The first three count and do not read: the order of the words is lost to them.
Each takes texts and targets to learn from and gives a model with a ``predict(texts)``.
"""

from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.checks import as_count, as_number, as_numbers, same_length
from unrolled.extras import missing_extra
from unrolled.lists import as_texts
from unrolled.text.vocabulary import words

#: How many characters of a text VADER reads, for its time grows with the square of the words.
VADER_READS = 2000


Numbers = NDArray[np.float64]


class Baseline(Protocol):
    """Anything that gives one number for each text."""

    def predict(self, texts: Iterable[str], beside: ArrayLike | None = None) -> Numbers:
        """Return an array of shape (n,) for n texts, and the columns ``beside`` them, if any."""
        ...


class _Constant:
    def __init__(self, value: float) -> None:
        self.value = value

    def predict(self, texts: Iterable[str], beside: ArrayLike | None = None) -> Numbers:
        return np.full(len(as_texts(texts)), self.value)


class _Fitted:
    def __init__(self, features: Any, ridge: Any) -> None:
        self.features, self.ridge = features, ridge

    def predict(self, texts: Iterable[str], beside: ArrayLike | None = None) -> Numbers:
        counted = _with(self.features.transform(as_texts(texts)), beside)
        return np.asarray(self.ridge.predict(counted), dtype=np.float64)


def _with(counted: Any, beside: ArrayLike | None) -> Any:
    """Return the features of n texts with those that stand beside them, (n, F)."""
    from scipy.sparse import csr_matrix, hstack

    return counted if beside is None else hstack([counted, csr_matrix(beside)], "csr")


def constant(texts: Iterable[str], targets: ArrayLike) -> Baseline:
    """Answer every text with the median of the targets, which has the least mean absolute error.

    Raises ``TypeError`` or ``ValueError`` for texts and targets that do not fit together, as
    every function here does.

    >>> constant(["a", "b", "c"], [1, 2, 9]).predict(["anything"])
    array([2.])
    """
    return _Constant(float(np.median(_checked(texts, targets)[1])))


def word_ridge(
    texts: Iterable[str], targets: ArrayLike, alpha: float = 1.0, ngrams: int = 1
) -> Baseline:
    """Ridge regression on TF-IDF weights of words: a bag of words.

    Parameters
    ----------
    texts, targets
        n strings and n finite numbers.
    alpha
        Strength of the ridge penalty, above 0.
    ngrams
        With 2, pairs of neighbouring words are counted too, and a little order comes back.

    Examples
    --------
    >>> model = word_ridge(["ten to six", "six past one"], [350, 66])
    >>> a, b = model.predict(["two to ten", "ten to two"])
    >>> bool(np.isclose(a, b))
    True

    """
    return _ridge(_word_counts(ngrams), texts, targets, alpha)


def word_and_character_ridge(
    texts: Iterable[str],
    targets: ArrayLike,
    alpha: float = 1.0,
    beside: ArrayLike | None = None,
) -> Baseline:
    """Ridge regression on TF-IDF weights of words, word pairs and 2 to 5 letters in a row.

    The letters catch endings, emoticons and misspellings, which makes it hard to beat on
    short informal texts. With ``beside`` (n, F), numbers that stand beside n texts, these are
    further features, and ``predict`` needs those of its texts.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import FeatureUnion

    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
    both = FeatureUnion([("words", _word_counts(2)), ("letters", letters)])
    return _ridge(both, texts, targets, alpha, beside)


def vader(texts: Iterable[str], targets: ArrayLike) -> Baseline:
    """Score each text with VADER's lexicon and rules, on the scale of the targets.

    The rules give a compound score from -1 to 1 :cite:p:`hutto2014`, and a least-squares line
    through the training texts' scores and targets puts it on their scale. Nothing else is learnt.
    The rules were made for short texts: of a longer one the first 2,000 characters are read.

    Raises ``ImportError`` where ``vaderSentiment`` is not installed; the extra
    ``unrolled[notebook]`` brings it.

    >>> model = vader(["a good day", "a bad day"], [3, -3])
    >>> better, worse = model.predict(["a VERY good day!", "not so good"])
    >>> bool(better > 3 > 0 > worse)
    True
    """
    known, numbers = _checked(texts, targets)
    return _Vader(vader_scores(known), numbers)


def vader_scores(texts: Iterable[str]) -> Numbers:
    """Return VADER's compound scores of n texts, (n,), from -1 to 1; see :func:`vader`.

    >>> worse, better = vader_scores(["not so good", "so good"])
    >>> bool(-1 < worse < 0 < better < 1)
    True
    """
    rules = _vader().SentimentIntensityAnalyzer()
    compound = [rules.polarity_scores(text[:VADER_READS])["compound"] for text in as_texts(texts)]
    return np.array(compound, dtype=np.float64)


def vader_words() -> tuple[list[str], Numbers]:
    """Return the words and signs of VADER's lexicon, and how people rated each, (n,).

    >>> words, worth = vader_words()
    >>> len(words) == len(worth) > 7000, bool(worth[words.index("great")] > 3)
    (True, True)
    """
    lexicon = _vader().SentimentIntensityAnalyzer().lexicon
    return list(lexicon), np.array([*lexicon.values()], dtype=np.float64)


def _vader() -> Any:
    try:
        from vaderSentiment import vaderSentiment
    except ImportError as error:
        if missing_extra(error) != "vaderSentiment":
            raise
        raise ImportError(
            "the baseline vader needs a library that is not installed: pip install vaderSentiment"
        ) from error
    return vaderSentiment


class _Vader:
    def __init__(self, scores: Numbers, targets: Numbers) -> None:
        self.score, self.target = float(scores.mean()), float(targets.mean())
        away = scores - self.score
        # Without two different scores there is no line: every answer is the mean.
        self.slope = float(away @ targets / (away @ away)) if np.ptp(scores) else 0.0

    def predict(self, texts: Iterable[str], beside: ArrayLike | None = None) -> Numbers:
        return self.target + self.slope * (vader_scores(texts) - self.score)


def _word_counts(ngrams: int) -> Any:
    """Return TF-IDF weights of words by the book's one rule, and of runs of up to ``ngrams``."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(
        tokenizer=words, token_pattern=None, lowercase=False,
        ngram_range=(1, as_count(ngrams, "ngrams")),
    )  # fmt: skip


def _ridge(
    features: Any,
    texts: Iterable[str],
    targets: ArrayLike,
    alpha: float,
    beside: ArrayLike | None = None,
) -> Baseline:
    from sklearn.linear_model import Ridge

    ridge = Ridge(alpha=as_number(alpha, "alpha"), solver="sparse_cg", random_state=0)
    known, numbers = _checked(texts, targets)
    counted = features.fit_transform(known)
    return _Fitted(features, ridge.fit(_with(counted, beside), numbers))


def _checked(texts: Iterable[str], targets: ArrayLike) -> tuple[list[str], Numbers]:
    known, numbers = as_texts(texts), as_numbers(targets)
    same_length(known, numbers, "texts and targets")
    return known, numbers
