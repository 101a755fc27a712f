"""A report in a browser: readable in both themes and widths, on paper, and answering as Python."""

import pytest
from web_cases import odd_texts, random_model, sentences

from unrolled.regressor.covariates import Category, Covariates, Number
from unrolled.regressor.examples import Example
from unrolled.regressor.portable import Model
from unrolled.regressor.report.gathering import Gathering
from unrolled.regressor.report.page import Told, page

#: Odd texts with halves of characters are told of before they come so far.
ODD = [text for text in odd_texts(60) if text.encode(errors="ignore").decode() == text]
TEXTS = [*sentences(60), *ODD]


@pytest.fixture(scope="module")
def model():
    columns = Number("price", 2.0, 0.5, True), Category("<b>kind", ("a", "b<"))
    return random_model(TEXTS, covariates=Covariates("said", columns))


def table(texts, price=2.5, kind="b<"):
    return {"said": texts, "price": [price] * len(texts), "<b>kind": [kind] * len(texts)}


@pytest.fixture(scope="module")
def report(model, tmp_path_factory):
    """Return the page of a model of random weights, in a file."""
    opened = Model(model)
    gathering, found = Gathering(opened), opened.predict(table(TEXTS), 0.9)
    rows = [Example(text, float(n)) for n, text in enumerate(TEXTS)]
    gathering.take(rows, found.answers, (found.highs - found.lows) / 2)
    told = Told(
        "What </title> is worth", "A footer.", {"data": "<b>.csv", "long": "x" * 200}, ["Neither."],
        [["", "MAE"], ["this model", "1"], ["", "[0, 2]"]],
        ([[{"loss": 2.0, "validation_rmse": 1.0}, {"loss": 1.0, "validation_rmse": 0.9}]], ["all"]),
    )  # fmt: skip
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(page(told, gathering.found(), model), encoding="utf-8")
    return path


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_the_page_is_readable_and_answers(browser, report, model, scheme, width):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    window = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 800})
    troubles = []
    window.on("console", lambda message: troubles.append(message.text))
    window.on("pageerror", lambda error: troubles.append(str(error)))
    window.on("request", lambda r: troubles.extend([r.url] * (not r.url.startswith("file:"))))
    window.goto(report.as_uri())
    assert window.title() == "What </title> is worth"
    assert window.evaluate("document.documentElement.scrollWidth") <= width
    assert window.locator("h2").count() == 8
    text = TEXTS[0]
    window.fill("#text", text)
    for price, kind in ((None, None), (2.5, "b<")):
        if price is not None:
            window.get_by_label("price").fill(str(price))
            window.get_by_label("<b>kind").select_option(kind)
        said = window.locator("#answer").inner_text()
        answer = float(said.partition("Answer: ")[2].split()[0].rstrip("."))
        expected = Model(model).predict(table([text], price, kind))[0]
        assert answer == pytest.approx(expected, rel=1e-3, abs=0.1)
    window.get_by_label("price").fill("dear")
    assert "column 'price': expected a number" in window.locator("#answer").inner_text()
    window.fill("#text", "  ")
    assert window.locator("#answer").inner_text() == "The answer appears here."
    found = axe.run(window).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"][:90]) for one in found] == []
    window.close()
    assert troubles == []


def test_on_paper_it_is_light_and_has_no_box(browser, report):
    window = browser.new_page(color_scheme="dark")
    window.goto(report.as_uri())
    window.emulate_media(media="print")
    assert not window.locator("#text").is_visible()
    ground = window.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(255, 255, 255)"
    window.close()
