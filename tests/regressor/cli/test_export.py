"""A model as a script for a browser: what is written where, and what is refused."""

import pytest
from cli_cases import told, write
from web_cases import random_model

from unrolled.regressor import web
from unrolled.regressor.covariates import Covariates, Number
from unrolled.regressor.portable import file


@pytest.fixture
def model(tmp_path, monkeypatch):
    """Return a function that writes a model file in a folder of its own, where commands run."""
    from unrolled.regressor.text_model import TextModel

    def model(**settings):
        path = tmp_path / "late.keras"
        TextModel.of_file(random_model(["so late", "later"], **settings)).save(path)
        return path

    monkeypatch.chdir(tmp_path)
    return model


def test_a_script_is_written_in_this_folder_under_the_models_name(run, model, tmp_path):
    path = model()
    done = run("export", path, "--to", "web")
    assert (done.code, done.err) == (0, "")
    text = (tmp_path / "late.js").read_text(encoding="ascii")
    assert text == web.script(file.read(path), "late", 16)
    assert 'unrolled.model(unrolled.models["late"])' in text.partition("(() => {")[0]
    assert done.out == f"Wrote late.js ({len(text) / 1024:.0f} KiB).\n"


def test_fewer_bits_make_a_smaller_file_in_the_place_of_the_last(run, model, tmp_path):
    path, out, sizes = model(embedding_dim=64, units=32), tmp_path / "text.js", []
    for bits in ("32", "16", "8"):
        assert run("export", path, "--to", "web", "--out", out, "--bits", bits).code == 0
        assert out.read_text() == web.script(file.read(path), "text", int(bits))
        sizes.append(out.stat().st_size)
    assert sizes[0] > sizes[1] > sizes[2]
    assert sorted(each.name for each in tmp_path.iterdir()) == ["late.keras", "text.js"]


def test_what_rounding_costs_is_told_of_texts(run, model, tmp_path):
    path, texts = model(), ["so late", "later", "so so"]
    write(tmp_path / "data.csv", [(text, 0) for text in texts])
    done = run("export", path, "data.csv", "--text", "text", "--to", "web", "--bits", "8")
    moves = web.moves(file.read(path), texts, 8)
    assert moves.min() < moves.max()
    line = f"Answers move by {moves.mean():.2g} on average, by {moves.max():.2g} at most."
    assert done.out.splitlines()[1:] == [line]


def test_of_texts_that_cannot_be_read_nothing_is_written(run, model, tmp_path):
    path = model()
    for data, part in [("no.csv", "no.csv"), ("empty.txt", "line 2: expected a text, got ''")]:
        (tmp_path / "empty.txt").write_text("so late\n\n")
        assert part in told(run("export", path, data, "--to", "web"))
    assert sorted(each.name for each in tmp_path.iterdir()) == ["empty.txt", "late.keras"]


def test_a_place_where_no_script_can_be_written_is_told_of(run, model, tmp_path):
    path = model()
    (tmp_path / "folder.js").mkdir()
    for out, part in [
        ("late.html", "--out: expected a name that ends in '.js', got 'late.html'"),
        ("missing/late.js", "--out: expected a folder at 'missing', got none"),
        ("folder.js", "is a directory"),
    ]:
        assert part in told(run("export", path, "--to", "web", "--out", out))
    assert sorted(each.name for each in tmp_path.iterdir()) == ["folder.js", "late.keras"]


def test_a_model_with_columns_beside_its_texts_is_refused(run, model, tmp_path):
    path = model(covariates=Covariates("said", (Number("price", 2.0, 0.5, True),)))
    assert "a model of texts alone, got one with 'price' beside" in told(
        run("export", path, "--to", "web")
    )
    assert [each.name for each in tmp_path.iterdir()] == ["late.keras"]
