"""A trained text model as one ONNX graph, step by step what ``portable`` computes."""

import json
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from unrolled.libraries.onnx_graphs import Graph, recurrent
from unrolled.regressor.intervals import Doubt
from unrolled.regressor.onnx.tokenizer import FORMAT, KEY, sealed
from unrolled.regressor.portable.file import Config, ModelFile
from unrolled.regressor.portable.weights import Reader

if TYPE_CHECKING:
    import onnx

    from unrolled.cells import lstm

Floats = NDArray[np.float32]
_ABOUT = (
    "A trained text model, written by `unrolled export --to onnx`. What makes its inputs of texts "
    f"stands as JSON in the metadata, under {KEY!r}; `unrolled.regressor.onnx` says how to read it."
)


def model(content: ModelFile) -> "onnx.ModelProto":
    """Return what a model file holds as an ONNX model, which ONNX's checker has passed.

    Raises ``ImportError`` where the library ``onnx`` is missing.
    """
    graph, config = Graph(), content.config
    both = _together(graph, content)
    inputs = {
        "tokens": (np.int32, ["N", "T"], "of each text its tokens, numbered from 1; 0 is padding"),
        "pieces": (np.int32, ["W", "P"], "of each of these tokens its pieces; 0 is padding"),
        "grams": (np.int32, ["N", "G"], "of each text what is counted of it, each once; 0: none"),
        "times": (np.int32, ["N", "G"], "how often it stands there"),
        "beside": (np.float32, ["N", config.beside], "the features of what stands beside a text"),
        "level": (np.float64, [], "the share of texts whose intervals are to hold the truth"),
    }
    if not config.beside:
        del inputs["beside"]
    outputs = {
        "answer": (np.float64, ["N"], "the number of each text"),
        "low": (
            np.float64,
            ["N"],
            "the low end of its interval; without end if too few were asked",
        ),
        "high": (np.float64, ["N"], "the high end"),
        "strange": (np.bool_, ["N"], "whether nothing in the text was learnt from"),
    }
    for name, value in both.items():
        graph.name(value, name)
    made = graph.model("text_model", inputs, outputs, _ABOUT)
    kept = made.metadata_props.add()
    kept.key, kept.value = KEY, json.dumps(_metadata(content))
    return made


def file_of(content: ModelFile) -> bytes:
    """Return the bytes of the ONNX file of a model; raises as :func:`model`."""
    return sealed(model(content).SerializeToString())


def _metadata(content: ModelFile) -> dict[str, Any]:
    config, pieces, grams, covariates, weights = content
    return {
        "format": FORMAT, "max_length": config.max_length, "pieces": pieces.names,
        "words": grams.words, "letters": grams.letters, "columns": covariates.to_json(),
        "scores": len(weights.doubt.scores), "scale": config.scale,
    }  # fmt: skip


def _together(graph: Graph, content: ModelFile) -> dict[str, str]:
    """Add the whole; return its outputs by name."""
    config, weights = content.config, content.weights
    texts = _Texts(graph)
    counted, known = _counted(graph, content)
    both = graph.add("Mul", counted, graph.constant(np.float32(1 - config.share)))
    apart = graph.add("Mul", counted, graph.constant(np.float32(0)))
    if weights.readers:
        each = [_read(graph, reader, texts) for reader in weights.readers]
        read = graph.add("Div", graph.add("Sum", *each), graph.constant(np.float32(len(each))))
        share = graph.constant(np.float32(config.share))
        both = graph.add("Add", graph.add("Mul", read, share), both)
        if len(content.grams):
            apart = graph.add("Abs", graph.add("Sub", read, counted))
    if config.beside:
        added = graph.add("MatMul", "beside", graph.constant(weights.beside))
        both = graph.add("Add", both, added)
    unknown = _unknown(graph, texts, known)
    half_width = _half_width(graph, config, weights.doubt, [apart, texts.log_lengths, unknown])
    # Here, for float32 would round a time in seconds to two minutes.
    scaled = graph.add(
        "Mul", graph.cast(both, np.float64), graph.constant(np.float64(config.scale))
    )
    answer = graph.add("Add", graph.constant(np.float64(config.mean)), scaled)
    return {
        "answer": answer,
        "low": graph.add("Sub", answer, half_width),
        "high": graph.add("Add", answer, half_width),
        "strange": graph.add("Equal", unknown, graph.constant(np.float32(1))),
    }


class _Texts:
    """What the readers share, as values of a graph.

    ``orders`` are the numbers of tokens (T, N), as they stand and with each text turned round;
    ``real`` bool (T, N, 1) tells steps from padding; ``lengths`` and their logs are float32 (N,).
    """

    def __init__(self, graph: Graph) -> None:
        is_real = graph.add("Greater", "tokens", graph.constant(np.int32(0)))
        whole = graph.add("ReduceSum", graph.cast(is_real, np.int64), graph.whole(1), keepdims=0)
        turned = graph.add("ReverseSequence", "tokens", whole, time_axis=1, batch_axis=0)
        self.orders = [graph.add("Transpose", each, perm=[1, 0]) for each in ("tokens", turned)]
        real = graph.add("Transpose", is_real, perm=[1, 0])
        self.real = graph.add("Unsqueeze", real, graph.whole(2))
        self.lengths = graph.cast(whole, np.float32)
        self.log_lengths = graph.add("Log", graph.add("Add", self.lengths, _one(graph)))


def _read(graph: Graph, reader: Reader, texts: _Texts) -> str:
    """Add one reader; return what it reads of each text, float32 (N,)."""
    table = reader.vectors.copy()
    table[0] = 0  # Padding is read by nobody.
    each = graph.add("Gather", graph.constant(table), "pieces")
    some = graph.cast(graph.add("Greater", "pieces", graph.constant(np.int32(0))), np.float32)
    root = graph.add("Sqrt", graph.add("ReduceSum", some, graph.whole(1), keepdims=1))
    vectors = graph.add("Div", graph.add("ReduceSum", each, graph.whole(1), keepdims=0), root)
    vectors = graph.add("Concat", graph.constant(table[:1]), vectors, axis=0)
    both = (reader.forward, texts.orders[0]), (reader.backward, texts.orders[1])
    means, highest = zip(
        *(_pooled(graph, cell, graph.add("Gather", vectors, order), texts) for cell, order in both),
        strict=True,
    )
    pooled = graph.add("Concat", *means, *highest, axis=1)
    read = graph.add("MatMul", pooled, graph.constant(reader.readout[:, 0]))
    return graph.add("Add", read, graph.constant(reader.bias))


def _pooled(graph: Graph, cell: "lstm.Params", x: str, texts: _Texts) -> tuple[str, str]:
    """Return the means and the highest values (N, H) of a cell's outputs over the real steps."""
    h = graph.add("Squeeze", recurrent(graph, x, (cell,))[0], graph.whole(1))
    shown = graph.add("Where", texts.real, h, graph.constant(np.float32(0)))
    total = graph.add("ReduceSum", shown, graph.whole(0), keepdims=0)
    lengths = graph.add("Unsqueeze", texts.lengths, graph.whole(1))
    # An output of an LSTM lies above -1.
    shown = graph.add("Where", texts.real, h, graph.constant(np.float32(-2)))
    return graph.add("Div", total, lengths), graph.add("ReduceMax", shown, axes=[0], keepdims=0)


def _counted(graph: Graph, content: ModelFile) -> tuple[str, str | None]:
    """Return what is counted of each text, and how many of its tokens are known words, (N,).

    The latter is None for a model that counts nothing.
    """
    grams, (table, bias, *_) = content.grams, content.weights
    idf, weight = np.concatenate([np.zeros((1, 2), np.float32), table]).T
    is_word = np.array([0, *(" " not in name for name in grams.words)], np.float32)
    is_word = np.concatenate([is_word, np.zeros(len(grams.letters), np.float32)])
    times = graph.cast("times", np.float32)
    tf = graph.add("Add", graph.add("Log", graph.add("Max", times, _one(graph))), _one(graph))
    value = graph.add("Mul", tf, graph.add("Gather", graph.constant(idf), "grams"))
    square = graph.cast(graph.add("Mul", value, value), np.float64)
    is_letter = graph.add("Greater", "grams", graph.constant(np.int32(len(grams.words))))
    none, one = (graph.constant(np.float64(n)) for n in (0, 1))
    each = [(is_letter, square, none), (is_letter, none, square)]
    letters, words = (_length(graph, graph.add("Where", *block), none, one) for block in each)
    length = graph.add("Where", is_letter, letters, words)
    value = graph.add("Div", graph.cast(value, np.float64), length)
    weighed = graph.add(
        "Mul", graph.cast(value, np.float32),
        graph.add("Gather", graph.constant(weight), "grams"),
    )  # fmt: skip
    total = _sum(graph, graph.cast(weighed, np.float64))
    total = graph.add("Add", total, graph.constant(np.float64(bias[0])))
    known = graph.add("Mul", graph.add("Gather", graph.constant(is_word), "grams"), times)
    return graph.cast(total, np.float32), _sum(graph, known) if len(grams) else None


def _length(graph: Graph, squares: str, none: str, one: str) -> str:
    """Return the root of sums of squares (N, 1), and 1 for 0."""
    length = graph.add("Sqrt", graph.add("ReduceSum", squares, graph.whole(1), keepdims=1))
    return graph.add("Where", graph.add("Equal", length, none), one, length)


def _unknown(graph: Graph, texts: _Texts, known: str | None) -> str:
    """Return the share of unknown tokens of each text, float32 (N,), from how many are known."""
    if known is None:  # A token is known by its pieces; 1 is what it has if none is.
        first = graph.add("Gather", "pieces", graph.constant(np.int64(0)), axis=1)
        strange = graph.add("Equal", first, graph.constant(np.int32(1)))
        some = graph.cast(graph.add("Not", strange), np.float32)
        some = graph.add("Concat", graph.constant(np.zeros(1, np.float32)), some, axis=0)
        each = _sum(graph, graph.add("Gather", some, "tokens"))
        known = graph.add("Sub", each, _one(graph))  # The sign of the start is none of a text.
    count = graph.add("Sub", texts.lengths, _one(graph))
    share = graph.add("Div", known, graph.add("Max", count, _one(graph)))
    return graph.add("Sub", _one(graph), share)


def _half_width(graph: Graph, config: Config, doubt: Doubt, signs: list[str]) -> str:
    """Return how far an interval reaches to either side, float64 (N,)."""
    logs = graph.constant(doubt.weights[0])
    for sign, weight in zip(signs, doubt.weights[1:], strict=True):
        logs = graph.add("Add", logs, graph.add("Mul", sign, graph.constant(weight)))
    least, most = (graph.constant(np.float32(n)) for n in (-30, 30))
    unsure = graph.add("Exp", graph.cast(graph.add("Clip", logs, least, most), np.float64))
    # Of a level that too few texts were asked for, the interval has no end.
    ratios = np.append(doubt.scores.astype(np.float64), np.inf)
    rank = graph.add("Mul", "level", graph.constant(np.float64(len(ratios))))
    place = graph.cast(
        graph.add("Sub", graph.add("Ceil", rank), graph.constant(np.float64(1))), np.int64
    )
    place = graph.add("Max", place, graph.constant(np.int64(0)))
    place = graph.add("Min", place, graph.constant(np.int64(len(doubt.scores))))
    ratio = graph.add("Gather", graph.constant(ratios), place)
    return graph.add(
        "Mul", graph.constant(np.float64(config.scale)), graph.add("Mul", ratio, unsure)
    )


def _one(graph: Graph) -> str:
    return graph.constant(np.float32(1))


def _sum(graph: Graph, rows: str) -> str:
    """Return the sum of each row (N, ...)."""
    return graph.add("ReduceSum", rows, graph.whole(1), keepdims=0)
