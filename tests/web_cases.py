"""What the tests of the browser's runtime share: a model of random weights, texts, a page."""

import json
import random
import re
from base64 import b64decode
from collections import Counter
from pathlib import Path

import numpy as np

from unrolled.cells import lstm
from unrolled.regressor import web
from unrolled.regressor.counting import Grams
from unrolled.regressor.covariates import Covariates
from unrolled.regressor.intervals import Doubt
from unrolled.regressor.pieces import RESERVED, Pieces, tokens
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


def recorded_model(name):
    """Return the content of a model that the book loads, read back from its script."""
    script = Path(__file__).parents[1] / "book" / "results" / f"{name}-model.js"
    data = json.loads(re.search(r"\] = (.*);\n$", script.read_text(encoding="ascii"))[1])
    known, words, letters = (_names_of(data[key]) for key in ("pieces", "words", "letters"))
    names = [*RESERVED, *(one for one in known if one not in RESERVED)]
    readers = []
    for reader in data["readers"]:
        unknown, *vectors = _matrix(reader["vectors"])
        of = dict(zip(known, vectors, strict=True)) | {"": 0 * unknown, "[UNK]": unknown}
        cells = [
            lstm.Params(*map(_matrix, (cell["W"], cell["U"])), _matrix(cell["b"])[0])
            for cell in (reader["forward"], reader["backward"])
        ]
        bias = np.array([reader["bias"]], np.float32)
        rows = np.array([of[one] for one in names])
        readers.append(Reader(rows, *cells, _matrix(reader["readout"]).T, bias))
    # Nine equal ratios: of level 0.9 is the highest.
    ratios = np.full(9, data["doubt"]["ratio"], np.float32)
    doubt = Doubt(np.array(data["doubt"]["weights"], np.float32), ratios)
    weights = Weights(
        _matrix(data["table"]).T, np.array([data["bias"]], np.float32),
        np.zeros(0, np.float32), doubt, readers,
    )  # fmt: skip
    sizes = [(rows.vectors.shape[1]) for rows in readers] or [1]
    config = Config(
        len(words), len(letters), 0, 9, len(names), sizes[0], data["units"], len(readers),
        data["max_length"], 0.0, data["share"], data["mean"], data["scale"], {},
    )  # fmt: skip
    return ModelFile(config, Pieces(names), Grams(words, letters), Covariates(), weights)


def _names_of(kept):
    """Return names that are kept by what each shares with the one before."""
    found = [""]
    for shared, rest in zip(kept["shared"], kept["rest"], strict=True):
        found.append(found[-1][: int(shared, 36)] + rest)
    return found[1:]


def _matrix(kept):
    """Return a matrix from whole numbers and the scales of its rows."""
    kind = "<f4" if kept["bits"] == 32 else f"<i{kept['bits'] // 8}"
    scales = np.frombuffer(b64decode(kept["scales"]), "<f4")
    values = np.frombuffer(b64decode(kept["values"]), kind).reshape(len(scales), kept["columns"])
    return values.astype(np.float32) * scales[:, None]
