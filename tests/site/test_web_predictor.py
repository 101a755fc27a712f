"""A trained model in a browser answers as `portable` does, whatever it is asked."""

from __future__ import annotations

import json
import re
import unicodedata

import numpy as np
import pytest
from web_cases import long_texts, names_of_the_script, odd_texts, random_model, sentences

from unrolled.regressor import pieces, web
from unrolled.regressor.pieces import RESERVED, START, Pieces, tokens
from unrolled.regressor.portable import Model

#: In minutes: a thousandth of the unit of the sentences' targets.
CLOSE = 1e-3
KINDS = {
    "both": {},
    "reading": {"counted": 0, "readers": 1, "share": 1.0},
    "counting": {"readers": 0, "share": 0.0},
}


@pytest.fixture(scope="module")
def texts():
    """Return 2,000 texts, of which every second is odd."""
    odd = [*odd_texts(900), *long_texts(), *odd_texts(100 - len(long_texts()), 400, seed=1)]
    assert len(odd) == 1000
    return [*sentences(1000), *odd]


@pytest.fixture(scope="module")
def contents(texts):
    found = {kind: random_model(texts[::7], **settings) for kind, settings in KINDS.items()}
    # What is only counted has no pieces.
    return found | {"counting": found["counting"]._replace(pieces=Pieces(list(RESERVED)))}


@pytest.fixture(scope="module")
def page(browser, contents, tmp_path_factory):
    """Return a page on a disk that has loaded all models by script tags, and is watched."""
    folder, found = tmp_path_factory.mktemp("page"), browser.new_page()
    tags = ["<!doctype html>"]  # It does not say in which encoding it is.
    for kind, content in contents.items():
        for bits in (8, 16, 32):
            name = f"{kind}{bits}"
            (folder / f"{name}.js").write_text(web.script(content, name, bits), encoding="ascii")
            tags.append(f'<script src="{name}.js"></script>')
    (folder / "page.html").write_text("\n".join(tags), encoding="ascii")
    errors = []
    found.on("pageerror", lambda error: errors.append(str(error)))
    found.on("console", lambda message: errors.append(message.text))
    found.on("request", lambda request: errors.extend([request.url] * ("file:" not in request.url)))
    found.goto((folder / "page.html").as_uri())
    found.evaluate(
        "() => { window.asked = {}; for (const name in unrolled.models) "
        "asked[name] = unrolled.model(unrolled.models[name]); }"
    )
    yield found
    found.close()
    assert errors == []


def ask(page, name, method, texts):
    """Return what a method of a model gives for each text; halves of characters get through."""
    return json.loads(
        page.evaluate(
            "([name, method, texts]) => JSON.stringify(JSON.parse(texts).map(asked[name][method]), "
            "(_, value) => ArrayBuffer.isView(value) ? [...value] : value)",
            [name, method, json.dumps(texts)],
        )
    )


@pytest.mark.parametrize("bits", [8, 16, 32])
@pytest.mark.parametrize("kind", KINDS)
def test_a_browser_answers_2000_texts_as_python_does(page, contents, texts, kind, bits):
    answers = Model(web.rounded(contents[kind], bits)).predict(texts)
    assert answers.std() > 10
    found = np.array(ask(page, f"{kind}{bits}", "predict", texts))
    off = np.abs(found - answers)
    assert off.max() <= CLOSE, ascii(texts[int(off.argmax())])[:200]


def test_what_is_read_are_the_tokens_the_answer_and_the_gates_of_python(page, contents, texts):
    content = web.rounded(contents["both"], 16)
    model = Model(content)
    some = texts[::13]
    for text, found in zip(some, ask(page, "both16", "read", some), strict=True):
        gates = model.gates(text)
        assert [START, *found["tokens"]] == gates.tokens
        assert found["answer"] == pytest.approx(model.predict([text])[0], abs=CLOSE)
        for token, known in zip(found["tokens"], found["known"], strict=True):
            assert known == (content.pieces.knows(token) or content.grams.knows(token))
        for token, whole in zip(found["tokens"], found["whole"], strict=True):
            learnt = pieces.pieces_of(token)[0] in content.pieces.names
            assert whole == (learnt or content.grams.knows(token))
        assert set(found["gates"]) == set(gates.values)
        for name, values in gates.values.items():
            np.testing.assert_allclose(found["gates"][name], values, rtol=0, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_intervals_are_those_of_python(page, contents, texts, kind):
    some = [*texts[::13], "\u4e00\u4e01"]  # Nothing is known of the last.
    found = [each["interval"] for each in ask(page, f"{kind}16", "read", some)]
    expected = Model(web.rounded(contents[kind], 16)).predict(some, interval=0.9)
    assert len({*(expected.highs - expected.lows).round(3)}) > 9
    np.testing.assert_allclose(found, np.stack(expected[1:3], axis=1), rtol=0, atol=CLOSE)


@pytest.mark.parametrize("constant", [-1000, 1000])
def test_an_interval_is_finite_however_large_the_doubt(page, constant):
    content = random_model(["ten to six"])
    doubt = content.weights.doubt._replace(weights=np.array([constant, 0, 0, 0], np.float32))
    content = content._replace(weights=content.weights._replace(doubt=doubt))
    expected = Model(content).predict(["ten"], interval=0.9)
    found = page.evaluate("data => unrolled.model(data).read('ten').interval", web.data(content))
    np.testing.assert_allclose(found, np.ravel(expected[1:3]), rtol=1e-6, atol=CLOSE)


def test_a_model_that_was_asked_too_little_has_no_intervals(page):
    data = web.data(random_model(["ten to six"], scores=8))
    assert page.evaluate("data => unrolled.model(data).read('ten').interval", data) is None


def test_a_model_that_only_counts_has_no_gates(page):
    (found,) = ask(page, "counting16", "read", ["Ten to xyzzy"])
    assert (found["tokens"], found["gates"]) == (["Ten", "to", "xyzzy"], {})
    assert found["known"] == [True, True, False]


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_token_a_text_is_answered_as_its_other_tokens_are(page, contents, kind):
    model = Model(web.rounded(contents[kind], 16))
    texts = ["ten to six", "Meet me at ten to six, not at six to ten", "six", "word " * 60]
    for text, found in zip(texts, ask(page, f"{kind}16", "without", texts), strict=True):
        cut = [START, *tokens(text)][: contents[kind].config.max_length]
        rests = [[*cut[:n], *cut[n + 1 :]] for n in range(1, len(cut))]
        expected = model._together(*model._parts(rests), np.zeros(len(rests), np.float32))
        np.testing.assert_allclose(found, expected, rtol=0, atol=CLOSE)


def test_what_is_no_text_throws_one_sentence(page):
    asked = ["", " \n\u2028\x1f", None, 5, ["ten"], {}, True]
    said = page.evaluate(
        """asked => ["predict", "read", "without"].map(method => asked.map(text => {
        try { return unrolled.model(unrolled.models.both8)[method](text) }
        catch (error) { return error instanceof Error && error.message }}))""",
        asked,
    )
    empty = "text: expected a text, got nothing but white space"
    kinds = ["null", "number", "object", "object", "boolean"]
    assert said == 3 * [[empty, empty, *(f"text: expected a string, got {k}" for k in kinds)]]


def test_what_is_no_model_throws_one_sentence(page):
    said = page.evaluate(
        """() => [{...unrolled.models.both8, format: 3}, undefined, null].map(data => {
        try { return unrolled.model(data) } catch (error) { return error.message }})"""
    )
    assert said == [f"expected a model of format 1 or 2, got {kind}"
                    for kind in ("3", "undefined", "undefined")]  # fmt: skip


def test_weights_that_are_too_large_throw_one_sentence(page):
    said = page.evaluate(
        """() => {
        const model = unrolled.model({...unrolled.models.both8, bias: 1e9, scale: 1e308});
        return ["predict", "read", "without"].map(method => {
        try { return model[method]("ten to six") } catch (error) { return error.message }})}"""
    )
    assert said == 3 * ["expected a model whose answers are finite, got Infinity"]


def test_a_thousand_inputs_give_a_finite_number_or_the_documented_error(page):
    """Random units of strings, not characters: halves of them, marks, markup, NUL, nothing."""
    found = page.evaluate(
        """() => {
        let seed = 1;
        const draw = most => (seed = seed * 48271 % 2147483647) % most;
        const parts = ["", " ", "\\0", "<b onload=alert(1)>", "${1}", "__proto__", "e\\u0301",
          "\\u{1f468}\\u200d\\u{1f469}", "\\u05d0\\u202e", "constructor", "late", "ten to six "];
        const wrong = [];
        for (let n = 0; n < 1000; n++) {
          let text = "";
          for (let k = draw(n % 10 ? 30 : 3000); k > 0; k--)
            text += draw(2) ? parts[draw(parts.length)] : String.fromCharCode(draw(65536));
          try {
            const answer = asked[n % 2 ? "both16" : "both8"].predict(text);
            if (!Number.isFinite(answer)) wrong.push([text, answer]);
          } catch (error) {
            if (/\\S/.test(text) || !/^text: expected a text/.test(error.message))
              wrong.push([text, String(error)]);
          }
        }
        return [wrong, Object.keys(Object.prototype)] }"""
    )
    assert found == [[], []]


def test_a_browser_sees_each_sign_as_python_does(page):
    """All code points: but for those that the older of the two Unicodes does not have."""
    code = names_of_the_script("WORD, SPACE, MARK, JOINING, isMark, isUpper")
    found = page.evaluate(
        f"""() => {{ const of = (() => {{ {code} }})();
        const tests = [of.isMark, of.isUpper, ...[`[${{of.WORD}}]`, `[${{of.SPACE}}]`, of.MARK,
          "\\\\p{{Cn}}"].map(one => s => new RegExp(`^${{one}}$`, "u").test(s))];
        return tests.map(test => {{ const all = [];
          for (let code = 0; code < 0x110000; code++)
            all.push(test(String.fromCodePoint(code)) ? 1 : 0);
          return all.join(""); }}) }}"""
    )
    changed = page.evaluate(
        """() => { const all = {};
        for (let code = 0; code < 0x110000; code++) {
          const s = String.fromCodePoint(code), forms = [s.toLowerCase(), s.normalize("NFKC")];
          if (code >> 11 !== 27 && forms.some(form => form !== s)) all[code] = forms;
        }
        return all }"""
    )
    word, marks = re.compile(r"\w"), set(pieces._MARKS)
    compared = 0
    for code in range(0x110000):
        sign = chr(code)
        kind = unicodedata.category(sign)
        if kind in ("Cn", "Cs") or found[5][code] == "1":
            continue
        compared += 1
        first = unicodedata.normalize("NFKD", sign)[0]
        expected = (
            unicodedata.combining(first) > 0, sign.isupper(), bool(word.match(sign)),
            sign.isspace(), sign in marks,
        )  # fmt: skip
        seen = tuple(each[code] == "1" for each in found[:5])
        assert seen == expected, f"U+{code:04X}"
        forms = [sign.lower(), unicodedata.normalize("NFKC", sign)]
        assert changed.get(str(code), [sign, sign]) == forms, f"U+{code:04X}"
    assert compared > 140_000


def test_text_is_cut_as_python_cuts_it(page):
    """Where a mark, a joiner or the end of a part of 512 signs falls is no matter."""
    code = names_of_the_script("tokens, piecesOf")
    texts = [*odd_texts(1500, 60, seed=2), *odd_texts(150, 1500, seed=3), *long_texts()]
    found = page.evaluate(
        f"""texts => {{ const of = (() => {{ {code} }})();
        return JSON.stringify(JSON.parse(texts).map(
          text => [...of.tokens(text)].map(token => [token, of.piecesOf(token)]))) }}""",
        json.dumps(texts),
    )
    for text, each in zip(texts, json.loads(found), strict=True):
        expected = [[token, pieces.pieces_of(token)] for token in tokens(text)]
        assert each == expected, ascii(text)[:300]
