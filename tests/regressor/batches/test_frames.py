"""One class answers every kind of table that engines hand out, and adds its columns to it."""

import pickle
import subprocess
import sys

import numpy as np
import pytest

from unrolled.regressor import ModelFileError, load
from unrolled.regressor.batches import Answers, frames

pandas = pytest.importorskip("pandas", reason="needs pandas")


@pytest.fixture
def answers(model):
    return Answers(model, "said", interval=0.8)


@pytest.fixture
def frame(texts):
    """Return a frame whose index is no count."""
    return pandas.DataFrame({"said": texts[:9], "id": range(9)}, index=range(9, 0, -1))


def test_a_frame_gets_the_models_answers_in_its_order_behind_its_columns(model, answers, frame):
    found = answers(frame)
    assert list(found) == ["said", "id", "answer", "low", "high", "strange"]
    pandas.testing.assert_frame_equal(found[["said", "id"]], frame)
    expected = load(model).predict(list(frame["said"]), 0.8)
    for name, values in zip(("answer", "low", "high", "strange"), expected, strict=True):
        np.testing.assert_array_equal(found[name], values)
    assert list(Answers(model, "said")(frame)) == ["said", "id", "answer"]
    assert list(frame) == ["said", "id"], "what was given is left as it was"


def test_mappings_and_arrow_tables_get_the_same(answers, frame):
    arrow = pytest.importorskip("pyarrow", reason="needs pyarrow")
    expected = answers(frame).reset_index(drop=True)
    mapping = {name: column.to_numpy() for name, column in frame.items()}
    found = answers(mapping)
    assert list(mapping) == ["said", "id"]
    for name in expected:
        np.testing.assert_array_equal(found[name], expected[name])
    table = answers(arrow.Table.from_pandas(frame, preserve_index=False))
    pandas.testing.assert_frame_equal(table.to_pandas(), expected)


def test_an_iterator_is_answered_table_by_table_as_each_is_asked_for(answers, frame):
    taken = []

    def parts():
        for part in (frame[:4], frame[4:]):
            taken.append(len(part))
            yield part

    found = answers(parts())
    first = next(found)
    assert taken == [4]
    pandas.testing.assert_frame_equal(first, answers(frame[:4]))
    assert [len(part) for part in found] == [5]


def test_a_table_without_a_row_gets_the_columns_in_their_types(answers, frame):
    found = answers(frame[:0])
    assert found[[*answers.columns]].dtypes.astype(str).to_dict() == answers.columns
    assert answers.meta(frame.dtypes) == found.dtypes.to_dict()


@pytest.mark.parametrize("missing", ["", " \t", None, np.nan, pandas.NA])
def test_an_empty_text_is_an_error_or_not_a_number(model, frame, missing):
    frame = frame.astype(object)
    frame.iloc[3, 0] = missing
    with pytest.raises(ValueError, match="column 'said', row 3: expected a text, got"):
        Answers(model, "said")(frame)
    found = Answers(model, "said", interval=0.8, empty="nan")(frame)
    hole = found.iloc[3]
    assert np.isnan([hole["answer"], hole["low"], hole["high"]]).all()
    assert hole["strange"]
    rest = np.delete(np.arange(9), 3)
    np.testing.assert_array_equal(
        found["answer"].to_numpy()[rest], load(model).predict(list(frame["said"].iloc[rest]))
    )


def test_columns_that_the_model_has_learnt_from_are_taken_by_name(models, texts):
    beside = {"price": [1.0, 2.5, 4.0], "kind": ["a", "b", None]}
    table = {"said": texts[:3], **beside}
    found = Answers(models[2])(table)["answer"]
    np.testing.assert_array_equal(found, load(models[2]).predict(table))
    renamed = {"review": texts[:3], **beside}
    np.testing.assert_array_equal(Answers(models[2], "review")(renamed)["answer"], found)
    holes = {"said": [texts[0], "", texts[2]], **beside}
    kept = Answers(models[2], empty="nan")(holes)["answer"]
    np.testing.assert_allclose(kept[[0, 2]], found[[0, 2]], rtol=1e-6)
    with pytest.raises(ValueError, match=r"expected a column 'kind', got \['said', 'price'\]"):
        Answers(models[2])({"said": texts[:3], "price": [1, 2, 3]})
    with pytest.raises(ValueError, match="price"):
        Answers(models[2])({**table, "price": [1, "much", 2]})


def test_it_is_sent_small_and_loads_the_model_once_in_each_process(model, answers, monkeypatch):
    sent = pickle.dumps(answers)
    assert len(sent) < 1000
    loads = []
    monkeypatch.setattr(
        frames.portable, "load", lambda path, load=load: loads.append(path) or load(path)
    )
    frames._kept.cache_clear()
    for _ in range(3):
        copy = pickle.loads(sent)
        assert (
            copy({"said": ["ten to six"]})["answer"] == answers({"said": ["ten to six"]})["answer"]
        )
    assert loads == [str(model)]
    code = (
        "import pickle, sys; from unrolled.regressor.batches import Answers; "
        f"print(pickle.loads({sent!r})({{'said': ['ten to six']}})['answer'][0].hex(), "
        "{'tensorflow', 'keras', 'pandas', 'ray', 'pyarrow'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    here = float(answers({"said": ["ten to six"]})["answer"][0])
    assert done.stdout.split(maxsplit=1) == [here.hex(), "set()\n"]


def test_a_model_that_is_written_anew_is_loaded_anew(models, tmp_path):
    path = tmp_path / "model.keras"
    path.write_bytes(models[0].read_bytes())
    answers = Answers(path, "said")
    before = answers({"said": ["six"]})["answer"]
    path.write_bytes(models[1].read_bytes())
    assert abs(answers({"said": ["six"]})["answer"] - before - 8) < 1e-5


@pytest.mark.parametrize(
    ("table", "error", "part"),
    [
        ({"text": ["six"]}, ValueError, r"expected a column 'said', got \['text'\]"),
        ({"said": ["six"], "answer": [1]}, ValueError, "expected no column 'answer' yet"),
        ({"said": ["six", 6]}, TypeError, "expected only strings, got int at index 1"),
        (["six"], TypeError, "expected a DataFrame, a mapping .*, got list"),
        ("six", TypeError, "got str"),
    ],
)
def test_a_wrong_table_is_told_of(model, table, error, part):
    with pytest.raises(error, match=part):
        Answers(model, "said")(table)


def test_what_cannot_be_answered_is_told_of_before_a_table_comes(model, tmp_path):
    with pytest.raises(ModelFileError, match="got no file there"):
        Answers(tmp_path / "missing.keras")
    with pytest.raises(ValueError, match=r"interval: expected at most 0\.968"):
        Answers(model, interval=0.99)
    with pytest.raises(ValueError, match="interval: expected a number above 0 and below 1, got 90"):
        Answers(model, interval=90)
    with pytest.raises(ValueError, match="empty: expected 'error' or 'nan', got 'skip'"):
        Answers(model, empty="skip")
    with pytest.raises(TypeError, match="text: expected the name of a column, got 3"):
        Answers(model, 3)


def test_dask_answers_part_by_part(answers, frame):
    dask = pytest.importorskip("dask.dataframe", reason="needs dask[dataframe]")
    parts = dask.from_pandas(frame, npartitions=3, sort=False)
    found = parts.map_partitions(answers, meta=answers.meta(parts.dtypes))
    assert list(found.columns) == [*frame, *answers.columns]
    expected = pandas.concat([answers(frame[n : n + 3]) for n in (0, 3, 6)])
    pandas.testing.assert_frame_equal(
        found.compute(scheduler="synchronous"), expected, check_dtype=False
    )


@pytest.mark.filterwarnings("ignore")  # Of pandas 3, by PySpark itself, which is not ready for it.
def test_spark_answers_part_by_part(answers, frame, monkeypatch):
    sql = pytest.importorskip("pyspark.sql", reason="needs pyspark, and Java")
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    settings = {"spark.ui.enabled": "false", "spark.driver.bindAddress": "127.0.0.1"}
    spark = sql.SparkSession.builder.master("local[1]").config(map=settings).getOrCreate()
    try:
        table = spark.createDataFrame(frame)
        found = table.mapInPandas(answers, answers.schema(table.schema)).toPandas()
    finally:
        spark.stop()
    np.testing.assert_allclose(found["answer"], answers(frame)["answer"], rtol=1e-6)
    assert list(found) == [*frame, *answers.columns]
