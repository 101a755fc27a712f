"""What the tests of the browser's runtime share: a model of random weights, texts, a page."""

import random
from collections import Counter

import numpy as np

from unrolled.cells import lstm
from unrolled.regressor import web
from unrolled.regressor.counting import Grams
from unrolled.regressor.covariates import Covariates
from unrolled.regressor.intervals import Doubt
from unrolled.regressor.pieces import Pieces, tokens
from unrolled.regressor.portable.file import Config, ModelFile
from unrolled.regressor.portable.weights import Reader, Weights
from unrolled.text import clock

WORDS = """абвгд אבג ابت ـ कि ไทย 日本語 﨎﨏 한국ᄒ ﬁﬃ Ａｂ ½ ² ǅ ẞß İı Σς ⟦⟧ ⟦late⟧ ﷺ ☺️ 🏴󠁧󠁢󠁥󠁮󠁧󠁿
👩‍👩‍👧‍👦 👍🏽 🇫🇷 ❤️ <3 :-) (-: xD ?!?! aaaa SHOUT Don’t it's \u202eabc\u202c"""
#: A letter with many marks in no order.
MARKED = "e" + "\u0301\u0327" * 14
#: The parts that odd texts are put together from; some are halves of characters.
ODD = [
    *map(chr, range(0x250)), *map(chr, range(0x300, 0x370)), *map(chr, range(0xFF01, 0xFF5F)),
    *WORDS.split(),
    "<script>alert(1)</script>", "&lt;b&gt;", "\ud83d", "\ude00", "\ufeff", "\ufffe",
    "a" + "\u0301" * 40, "\u0345\u0327\u0301", *"\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u3000",
]  # fmt: skip


def odd_texts(count, longest=40, seed=0):
    """Return texts of many scripts and of none, no two halves of which make a character."""
    drawn = random.Random(seed)
    texts = ("".join(drawn.choices(ODD, k=drawn.randint(1, longest))) for _ in range(9 * count))
    plain = (text.replace("\ud83d\ude00", "\ud83d \ude00") for text in texts)
    return [text for text in plain if text.strip()][:count]


def long_texts():
    """Return texts in which a bound on the work is met."""
    return [
        "word " * 500, "x" * 5000, " " * 5000 + "late", "so" + " " * 3000 + "late", "!" * 2000,
        "e" + "\u0301" * 3000, "late " + "\u0315\u0300" * 2000, ("ab" + "\u0323" * 35) * 60,
        "👩‍👩‍👧‍👦" * 300, "ﷺ" * 900, "late:D " * 400, "𐐀 𐐀𐐀 𐐨", "日本" * 800,
        "x" * 511 + MARKED, "x" * 510 + MARKED + " late" * 100, "\u1100" + "\u1161" * 1500,
        "\ud800" * 1500, *("late"[n:] + "𐐀:D " * 300 for n in range(5)),
    ]  # fmt: skip


def sentences(count):
    """Return sentences that tell the time."""
    return clock.load(train=count, validation=10, test=10).train.texts


def random_model(texts, counted=2000, covariates=None, scores=30, **settings):
    """Return the content of a model file with random weights, which knows the words of texts."""
    normal, cut = np.random.default_rng(0).normal, [list(tokens(text)) for text in texts]
    pieces = Pieces.fit(Counter(token for text in cut for token in text), 5000, min_count=1)
    grams, beside = Grams.fit(cut, most=counted), covariates or Covariates()
    config = Config(
        len(grams.words), len(grams.letters), beside.width, scores, len(pieces),
        **{
            "embedding_dim": 9, "units": 7, "readers": 2, "max_length": 40, "dropout": 0.0,
            "share": 0.6, "mean": 360.0, "scale": 200.0, "about": {}, **settings,
        },
    )  # fmt: skip

    def drawn(*shape):
        return normal(0, 0.3, shape).astype(np.float32)

    def cell():
        units = config.units
        return lstm.Params(
            drawn(config.embedding_dim, 4 * units), drawn(units, 4 * units), drawn(4 * units)
        )

    readers = [
        Reader(
            drawn(len(pieces), config.embedding_dim), cell(), cell(),
            drawn(4 * config.units, 1), drawn(1),
        )
        for _ in range(config.readers)
    ]  # fmt: skip
    table = drawn(len(grams), 2)
    table[:, 0] = 1 + np.abs(table[:, 0])
    doubt = Doubt(drawn(4), np.sort(np.abs(drawn(scores))))
    weights = Weights(table, drawn(1), drawn(beside.width), doubt, readers)
    return ModelFile(config, pieces, grams, beside, weights)


def names_of_the_script(wanted):
    """Return JavaScript that has what the runtime keeps to itself, as an object of these names."""
    return "\n".join([*web.runtime().splitlines()[1:-1], f"return {{{wanted}}};"])
