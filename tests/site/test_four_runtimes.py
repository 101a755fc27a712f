"""Keras, NumPy, ONNX Runtime and a browser answer alike, with intervals and with columns."""

from __future__ import annotations

import json
from base64 import b64encode

import numpy as np
import pytest
from web_cases import long_texts, odd_texts, random_model, sentences

from unrolled.regressor import portable, web
from unrolled.regressor.columns import cell
from unrolled.regressor.covariates import Category, Covariates, Number, _word

pytest.importorskip("onnx", reason="ONNX is not installed here")
pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed here")

from unrolled.regressor import onnx
from unrolled.regressor.onnx.graph import file_of
from unrolled.regressor.onnx.script import script as for_onnx

#: Of the scale of the answers.
CLOSE = 1e-4
COLUMNS = Covariates(
    "said",
    (
        Number("price", 2.0, 0.5, True), Number("age", 40.0, 9.0, False),
        Category("brand", ("x", "7", "0.1", "True", "1e+15", "1.5e-05", "日本")),
        Number("same", 3.0, 0.0, False),
    ),
)  # fmt: skip
#: What may stand in a column of categories, and in one of numbers.
WORDS = ["x", " x\u2028", "X", 7, "7", "7.0", 7.5, 0.1, True, False, None, "", " ", 1e15, 0.000015,
         "日本", "nan", "inf", "1_5", "0x7", "1e999", "٧", -7, 123456789.123456789, 1e-300, 0.3,
         100000, 99999999999999.5, "__proto__", "constructor"]  # fmt: skip
NUMBERS = [3, 2.25, None, float("nan"), "", "4", " 5.5 ", "+1e1", ".5", "5.", "٣", "-2", True][:-1]


@pytest.fixture(scope="module")
def texts():
    odd = [*odd_texts(900), *long_texts(), "\u4e00\u4e01", "?", "a", "\u0301"]
    return [*sentences(1200), *odd]


@pytest.fixture(scope="module")
def table(texts):
    """Return a table of these texts, in which each cell meets many others."""
    return {
        "said": texts,
        "price": [NUMBERS[n % len(NUMBERS)] for n in range(len(texts))],
        "age": [NUMBERS[n // 2 % len(NUMBERS)] for n in range(len(texts))],
        "brand": [WORDS[n % len(WORDS)] for n in range(len(texts))],
        "same": [n % 3 for n in range(len(texts))],
    }


@pytest.fixture(scope="module")
def content(texts):
    # The sign of the start may stand in a text, too, and is then counted like any other token.
    return random_model([*texts[::7], "⟦⟧ late"], covariates=COLUMNS, mean=6.0, scale=2.0)


@pytest.fixture(scope="module")
def page(browser, content, tmp_path_factory):
    """Return a page that has loaded the scripts of both exports, and is watched."""
    folder, found = tmp_path_factory.mktemp("page"), browser.new_page()
    errors = []
    found.on("pageerror", lambda error: errors.append(str(error)))
    for name, script in {"web": web.script(content, "m", 32), "onnx": for_onnx()}.items():
        (folder / f"{name}.js").write_text(script, encoding="ascii")
    tags = '<script src="web.js"></script><script src="onnx.js"></script>'
    (folder / "page.html").write_text(f"<!doctype html>{tags}", encoding="ascii")
    found.goto((folder / "page.html").as_uri())
    found.evaluate("() => { window.asked = unrolled.model(unrolled.models.m) }")
    yield found
    found.close()
    assert errors == []


def rows_of(table):
    """Return a table's columns but for the texts, row by row, as JSON; NaN is null there."""
    names = COLUMNS.names
    rows = zip(*(table[name] for name in names), strict=True)
    cells = ([None if value != value else value for value in row] for row in rows)
    return json.dumps([dict(zip(names, row, strict=True)) for row in cells])


def handed(page, data):
    """Give a page the bytes of a file under the name ``file``."""
    page.evaluate(
        "text => { window.file = Uint8Array.from(atob(text), sign => sign.charCodeAt(0)).buffer }",
        b64encode(data).decode(),
    )


def said_of(page, code, *given):
    """Return what a function returns or the error that it throws says."""
    return page.evaluate(
        f"""given => {{ try {{ return ({code})(...given) }}
        catch (error) {{ return error instanceof Error && error.message }} }}""",
        [*given],
    )


def evaluated(page, code, *given):
    """Return what a function says of strings of JSON; halves of characters get through."""
    return json.loads(page.evaluate(f"given => JSON.stringify(({code})(...given))", [*given]))


def test_thousands_of_texts_get_one_answer_and_one_interval(
    page, content, texts, table, tmp_path, eager
):
    keras = pytest.importorskip("unrolled.regressor.text_model")
    estimator = pytest.importorskip("unrolled.regressor.estimator")
    path, graph = tmp_path / "m.keras", tmp_path / "m.onnx"
    keras.TextModel.of_file(content).save(path)
    graph.write_bytes(file_of(content))
    expected = portable.load(path).predict(table, interval=0.9)
    assert expected.answers.std() > 0.3
    assert len({*(expected.highs - expected.lows).round(3)}) > 99
    in_browser = evaluated(
        page,
        """(texts, rows) => JSON.parse(texts).map((text, n) => {
          const cells = JSON.parse(rows)[n], {answer, interval} = asked.read(text, cells);
          return [answer, ...interval, asked.predict(text, cells)] })""".replace(
            "JSON.parse(rows)[n]", "(window.rows ??= JSON.parse(rows))[n]"
        ),
        json.dumps(texts), rows_of(table),
    )  # fmt: skip
    *of_web, again = np.array(in_browser).T
    np.testing.assert_array_equal(again, of_web[0])
    of_keras = estimator.TextRegressor.load(path).predict(table, interval=0.9)
    of_onnx = onnx.load(graph).predict(table, interval=0.9)
    close = CLOSE * content.config.scale
    for found in of_keras, of_onnx, (*of_web, expected.strange):
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=0, atol=close)


def test_a_browser_makes_the_same_inputs_of_a_graph(page, content, texts, table):
    """As they are, but for the order in which what is counted of a text stands."""
    data = file_of(content)
    python = onnx.Model(data)
    handed(page, data)
    for level, some in (0.9, slice(0, None, 9)), (0.5, slice(1300, None, 5)), (0.8, slice(7, 8)):
        part = {name: column[some] for name, column in table.items()}
        known, cells = python.covariates.apart(part)
        expected = python.tokenizer.inputs([*map(python.tokenizer.cut, known)], cells, level)
        found = evaluated(
            page,
            """(texts, rows, level) => Object.entries(unrolled.tokenizer(file).inputs(
            JSON.parse(texts), JSON.parse(rows), level)).map(
            ([name, {type, data, dims}]) => [name, type, [...data], dims])""",
            json.dumps(known), rows_of(part), level,
        )  # fmt: skip
        arrays = {name: np.array(flat, kind).reshape(dims) for name, kind, flat, dims in found}
        assert {name: each.dtype for name, each in arrays.items()} == {
            name: each.dtype for name, each in expected.items()
        }
        for inputs in arrays, expected:
            places = np.argsort(inputs["grams"], axis=1)
            for name in "grams", "times":
                inputs[name] = np.take_along_axis(inputs[name], places, axis=1)
        for name, array in expected.items():
            np.testing.assert_array_equal(arrays[name], array, err_msg=name)


def test_without_columns_a_graph_has_no_input_for_them(page):
    handed(page, file_of(random_model(["so late"], scores=7)))
    found = page.evaluate(
        """() => { const made = unrolled.tokenizer(file);
        return [made.scores, Object.keys(made.inputs(["so late"]))] }"""
    )
    assert found == [7, ["tokens", "pieces", "grams", "times", "level"]]


def test_a_cell_is_what_python_takes_it_for(page, texts):
    """Numbers in strings, words, booleans, and the names of numbers as categories.

    But for a number half-way between two of 15 digits, which Python rounds to the even one.
    """
    rng = np.random.default_rng(0)
    numbers = [*rng.normal(0, 1, 300), *(10.0 ** rng.uniform(-20, 13, 300)), *range(-50, 50)]
    numbers += [*rng.integers(-(10**14), 10**14, 100).tolist(), 1e14, 999999999999999.9]
    found = [value for value in (*WORDS, *NUMBERS, *map(float, numbers), *texts[1200:1500])]
    found += [f"{number:.{n % 9}g}" for n, number in enumerate(numbers)]
    found = [value for value in found if value == value]
    code = web.runtime().partition('"use strict";\n')[2].rpartition("})();")[0]
    said = evaluated(
        page,
        f"""cells => {{ {code}
        return JSON.parse(cells).map(found => {{ const value = cellFrom(found, "c");
          return [value, value === null ? null : wordOf(value)] }}) }}""",
        json.dumps(found),
    )
    for value, (read, word) in zip(found, said, strict=True):
        expected = cell(value, "c")
        assert read == expected, ascii(value)
        assert word == (None if expected is None else _word(expected)), ascii(value)


def test_columns_that_are_not_as_they_were_learnt_throw_one_sentence(page):
    whole = {"price": 3, "age": 1, "brand": "x", "same": 1}
    given = [
        None, {}, {**whole, "price": "dear"}, {k: v for k, v in whole.items() if k != "brand"},
        {**whole, "age": 2e15}, {**whole, "age": [1]}, {**whole, "brand": {}}, "price",
    ]  # fmt: skip
    said = page.evaluate(
        """given => ["predict", "read", "without"].map(method => given.map(cells => {
        try { return asked[method]("so late", cells) } catch (error) { return error.message }}))""",
        given,
    )
    no = "expected a column 'price' beside the text, got "
    most = "expected a word or a number up to 1e+15 in size, got "
    assert said == 3 * [[
        f"{no}none", f"{no}none", "column 'price': expected a number, got 'dear'",
        "expected a column 'brand' beside the text, got 'price', 'age', 'same'",
        f"column 'age': {most}2000000000000000", f"column 'age': {most}1",
        f"column 'brand': {most}[object Object]", no + "'0', '1', '2', '3', '4'",
    ]]  # fmt: skip


def test_what_is_no_file_of_ours_or_no_text_throws_one_sentence(page):
    data = file_of(random_model(["so late"], covariates=COLUMNS))
    newer = data.replace(b'"format": 1', b'"format": 2', 1)
    wrong = "expected an ONNX file of `unrolled export`, got another or a damaged one"
    read = "() => unrolled.tokenizer(file)"
    cut = data[: len(data) // 2]
    for file, part in [(b"", wrong), (b"text", wrong), (cut, wrong), (newer, "format 1, got 2")]:
        handed(page, file)
        assert part in said_of(page, read)
    handed(page, data)
    for texts, part in [
        ([], "texts: expected an array"),
        ("late", "texts: expected an array"),
        ([" "], "got nothing but white space"),
        ([5], "expected a string, got number"),
        (["late"], "expected a column 'price' beside the text, got none"),
    ]:
        assert part in said_of(page, "texts => unrolled.tokenizer(file).inputs(texts)", texts)
