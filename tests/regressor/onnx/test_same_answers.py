"""A graph of ONNX answers as ``portable`` does, and as Keras does, in two evaluators."""

import subprocess
import sys

import numpy as np
import pytest
from web_cases import long_texts, odd_texts, random_model, sentences

from unrolled.regressor.covariates import Category, Covariates, Number
from unrolled.regressor.intervals import Intervals
from unrolled.regressor.portable import Model

onnx = pytest.importorskip("onnx", reason="ONNX is not installed here")
pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed here")

from unrolled.regressor import onnx as ours  # noqa: E402 - only where both are there.
from unrolled.regressor.onnx.graph import file_of  # noqa: E402
from unrolled.regressor.onnx.graph import model as graph_of  # noqa: E402

#: Of the scale of the answers.
CLOSE = 1e-5
COLUMNS = Covariates("said", (Number("price", 2.0, 0.5, True), Category("kind", ("a", "7"))))
KINDS = {
    "both": {"scores": 100},
    "reading": {"counted": 0, "readers": 1, "share": 1.0},
    "counting": {"readers": 0, "share": 0.0},
    "nothing": {"counted": 0, "readers": 0, "share": 0.0},
    "beside": {"covariates": COLUMNS, "readers": 1},
}


@pytest.fixture(scope="module")
def texts():
    """Return 3,000 texts: sentences, signs of many scripts, very long ones, one token, none."""
    short = ["late", "xyzzy", "?", "\u0301", "⟦⟧", "⟦late⟧ so", "🏴", "日本", "a"]
    return [*sentences(1500), *odd_texts(1460), *long_texts(), *short, "\u4e00\u4e01"]


@pytest.fixture(scope="module")
def pairs(texts):
    """Return a model of each kind twice: run by NumPy, and by ONNX Runtime."""
    found = {}
    for kind, settings in KINDS.items():
        content = random_model(texts[::7], **settings)
        graph = graph_of(content)
        onnx.checker.check_model(graph, full_check=True)
        found[kind] = Model(content), ours.Model(graph.SerializeToString())
    return found


def asked(kind, texts):
    if kind != "beside":
        return texts
    prices = [None if n % 5 == 0 else n % 7 for n in range(len(texts))]
    kinds = [["a", "b", 7, None, " a "][n % 5] for n in range(len(texts))]
    return {"said": texts, "price": prices, "kind": kinds}


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_thousands_of_texts_get_the_answers_and_intervals_of_numpy(pairs, texts, kind):
    small, graph = pairs[kind]
    table = asked(kind, texts if kind in ("both", "beside") else texts[1::3])
    close = CLOSE * small.config.scale
    found, expected = (model.predict(table, interval=0.9) for model in (graph, small))
    assert isinstance(found, Intervals)
    assert expected.answers.std() > 10 or kind == "nothing"
    assert expected.strange.any()
    assert len({*(expected.highs - expected.lows).round(2)}) > 9
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_allclose(one, other, rtol=0, atol=close)
    np.testing.assert_array_equal(graph.predict(table), found.answers)


@pytest.mark.parametrize("level", [0.01, 0.25, 0.5, 0.8, 0.99, 100 / 101])
def test_intervals_of_every_level_are_those_of_numpy(pairs, level):
    small, graph = pairs["both"]
    for one, other in zip(
        graph.predict(["so late", "?"], level), small.predict(["so late", "?"], level), strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=0, atol=CLOSE * small.config.scale)


@pytest.mark.parametrize("kind", KINDS)
def test_onnx_itself_says_the_same_of_the_graph(pairs, texts, kind):
    """Its evaluator is another implementation of every operator."""
    evaluator = pytest.importorskip("onnx.reference").ReferenceEvaluator
    small, graph = pairs[kind]
    some = asked(kind, texts[::300])
    known, cells = graph.covariates.apart(some)
    fed = graph.tokenizer.inputs([graph.tokenizer.cut(text) for text in known], cells)
    found = evaluator(graph_of(small.content)).run(None, fed)
    for one, other in zip(found, small.predict(some, interval=0.9), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=CLOSE * small.config.scale)


def test_a_text_is_answered_alike_alone_and_among_others(pairs, texts):
    _, graph = pairs["both"]
    some = texts[1490:1520]
    alone = np.concatenate([graph.predict([text]) for text in some])
    np.testing.assert_allclose(graph.predict(some), alone, rtol=0, atol=1e-3)


def test_a_level_that_too_few_were_asked_for_has_no_end_in_the_graph_and_is_refused(pairs):
    small, graph = pairs["reading"]
    fed = graph.tokenizer.inputs([graph.tokenizer.cut("so late")], {}, 0.99)
    low, high = graph.session.run(["low", "high"], fed)
    assert (low, high) == (-np.inf, np.inf)
    for model in small, graph:
        with pytest.raises(ValueError, match=r"interval: expected at most 0\.968, for 30 texts"):
            model.predict(["so late"], interval=0.99)


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("both", ["so late", " \n"]),
        ("both", ["so late", 5]),
        ("both", "so late"),
        ("both", []),
        ("beside", ["so late"]),
        ("beside", {"said": ["so late"], "price": [1]}),
        ("beside", {"said": ["so late"], "price": ["dear"], "kind": ["a"]}),
        ("beside", {"said": ["so late"], "price": [1], "kind": ["a", "b"]}),
    ],
)
def test_what_cannot_be_answered_raises_what_numpy_raises(pairs, kind, given):
    said = []
    for model in pairs[kind]:
        with pytest.raises((TypeError, ValueError)) as error:
            model.predict(given)
        said.append((error.type, str(error.value)))
    assert said[0] == said[1]


def test_weights_that_are_too_large_are_told_of():
    """In one text of two: the other has no price."""
    content = random_model(["so late"], covariates=Covariates("said", (COLUMNS.columns[0],)))
    beside = np.array([3e38, 0], np.float32)
    content = content._replace(weights=content.weights._replace(beside=beside))
    graph = ours.Model(graph_of(content).SerializeToString())
    with pytest.raises(ValueError, match="expected a model whose answers are finite, got inf"):
        graph.predict({"said": ["so late", "so late"], "price": [None, 9e9]})


def test_to_predict_takes_neither_what_writes_graphs_nor_what_reads_model_files(pairs, tmp_path):
    path = tmp_path / "late.onnx"
    path.write_bytes(file_of(pairs["beside"][0].content))
    code = (
        "import sys; from unrolled.regressor import onnx; "
        f"model = onnx.load({str(path)!r}, threads=2); "
        "print(model.predict({'said': ['so late'], 'price': [1], 'kind': ['a']})[0]); "
        "print([m for m in ('onnx', 'h5py', 'keras', 'tensorflow', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    answer, loaded = done.stdout.splitlines()
    expected = pairs["beside"][0].predict({"said": ["so late"], "price": [1], "kind": ["a"]})
    assert float(answer) == pytest.approx(expected[0], abs=1e-3)
    assert loaded == "[]"
