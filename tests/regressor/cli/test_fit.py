"""What ``fit`` learns, what it says of it, and what each option changes."""

import io
import json
import os
import random
import re
import shutil
import zipfile
from contextlib import redirect_stdout
from types import SimpleNamespace

import numpy as np
import pandas
import pytest
from cli_cases import bag, told, write
from regressor_cases import planned

from unrolled.regressor import TextRegressor, covariates, portable, weighing
from unrolled.regressor import reading as readers
from unrolled.regressor.cli import comparing, fitting, main
from unrolled.regressor.learning import Learning

COLUMNS = ["--text", "text", "--target", "number"]
ASKED = [text for text, _ in bag(20, seed=3)]


def flat(said):
    """Return sentences as they are before they are broken into lines."""
    return " ".join(said.split())


def small(monkeypatch):
    """Let ``fit`` make small models."""
    sizes = {"embedding_dim": 8, "units": 4, "folds": 2}
    monkeypatch.setattr(fitting, "_regressor", lambda **given: TextRegressor(**sizes, **given))


@pytest.fixture
def fit(eager, run, tmp_path, monkeypatch):
    """Return a function that fits a small model and returns what was said, and the model."""
    small(monkeypatch)

    def fit(data, *words, stdin=b"", epochs=1):
        out = tmp_path / "model.keras"
        done = run("fit", data, *COLUMNS, "--out", out, "--epochs", epochs, *words, stdin=stdin)
        assert done.code == 0, done.err
        return done, portable.load(out)

    return fit


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Return a file of 120 texts, each with a group of three and a weight."""
    rows = [(*row, f"g{n // 3}", 1 + n % 4) for n, row in enumerate(bag(120))]
    header = ("text", "number", "group", "weight")
    return write(tmp_path_factory.mktemp("data") / "data.csv", rows, header)


@pytest.fixture(scope="module")
def plain(eager, data, tmp_path_factory):
    """Return what a small model answers that was fitted to the part that is not measured."""
    out = tmp_path_factory.mktemp("plain") / "model.keras"
    with pytest.MonkeyPatch.context() as patch:
        small(patch)
        command = ["fit", data, *COLUMNS, "--out", out, "--epochs", "1", "--apart-only"]
        assert main([str(word) for word in command]) == 0
    return portable.load(out).predict(ASKED)


def test_a_model_that_is_ahead_is_said_to_be(reading):
    assert reading.said.code == 0
    assert "\nThis model is ahead of the best baseline (words and letters, ridge).\n" in (
        reading.said.out
    )


def test_where_order_tells_nothing_the_file_is_a_ridge_and_says_so(counting):
    assert counting.said.code == 0
    assert "\nIt counts words, pairs of words and letters, a ridge regression; reading" in (
        counting.said.out
    )
    assert portable.load(counting.path).config.readers == 0
    assert counting.path.stat().st_size < 500_000


def test_every_model_has_its_line_with_intervals(reading):
    lines = reading.said.out.splitlines()
    parts = re.fullmatch(r"(\d+) texts to learn from, (\d+) to measure with\.", lines[0])
    dropped = re.fullmatch(r"(\d+) left out: the same text is in another part\.", lines[1])
    assert sum(map(int, parts.groups() + dropped.groups())) == 1000
    assert int(parts[2]) == 200
    assert "On 200 texts that no model has seen, with 95 % intervals:" in lines
    for name in ("this model", "words, ridge", "words and letters, ridge"):
        (line,) = [line for line in lines if line.startswith(name + "  ")]
        assert len(re.findall(r"  \S+", line)) == 3
        assert lines[lines.index(line) + 1].count("[") == 3
    (line,) = [line for line in lines if line.startswith("constant")]
    assert line.split()[-1] == "-"
    assert lines[lines.index(line) + 1].count("[") == 2
    assert all(len(line) <= 80 for line in lines if str(reading.path) not in line)


def test_what_was_measured_is_in_the_file_beside_the_settings(reading):
    about = portable.load(reading.path).about
    assert about["test"]["texts"] == 200
    assert 0 < about["test"]["mae"] < 1
    assert about["settings"]["epochs"] == 5
    with zipfile.ZipFile(reading.path) as archive:
        json.loads(archive.read("config.json"), parse_constant=pytest.fail)


def test_the_next_command_that_is_named_works(run, reading):
    last = reading.said.out.splitlines()[-1]
    assert last == f'Next: echo "a text of yours" | unrolled predict {reading.path}'
    assert run(*last.split(" unrolled ")[1].split(), stdin=b"a text of yours\n").code == 0


def test_a_log_has_a_line_for_each_epoch_and_no_bar(reading):
    lines = reading.said.err.splitlines()
    epochs = portable.load(reading.path).about["plan"]["epochs"]
    # The first fold is read once more: little is left to explain there.
    tried = [line for line in lines if "without dropout" in line]
    assert all(f"epoch {n} of 20: " in line for n, line in enumerate(tried, 1)), tried
    folds = [line for line in lines if line.startswith(("fold 2", "fold 3"))]
    assert all(f" of {20 if tried else 5}: " in line for line in folds), folds
    assert len(lines) == 5 + len(tried) + len(folds) + 2 * epochs
    assert "\r" not in reading.said.err
    assert lines[1].startswith("fold 1 of 3, epoch 2 of 5: loss ")
    assert all(part in lines[1] for part in (", error ", " s left"))
    assert lines[-1].startswith(f"all, epoch {epochs} of {epochs}: loss ")


TRUTH = np.arange(100.0)


@pytest.mark.parametrize(
    ("model", "rival", "part"),
    [
        (0.1, 1, "This model is ahead of the best baseline (good)."),
        (1, 0.1, "A baseline wins: good. Use that"),
        (1, 1, "Neither is clearly ahead: this model and the best baseline (good)"),
    ],
)
def test_the_verdict_is_with_the_least_squared_error(rng, model, rival, part):
    answers = {
        comparing.MODEL: TRUTH + model * rng.normal(size=100),
        "bad": TRUTH + 9 * rng.normal(size=100),
        "good": TRUTH + rival * rng.normal(size=100),
    }
    assert comparing.verdict(TRUTH, answers).startswith(part)


def test_the_verdict_counts_groups_not_texts():
    """A hundred texts of two documents are two witnesses, who disagree."""
    better = np.where(np.arange(100) < 60, 1.0, 0.9)
    answers = {comparing.MODEL: TRUTH + 1, "rival": TRUTH + better * np.where(TRUTH < 60, 1.3, 1)}
    assert comparing.verdict(TRUTH, answers).startswith("This model is ahead")
    groups = (np.arange(100) >= 60).astype(int)
    assert comparing.verdict(TRUTH, answers, groups).startswith("Neither")
    assert comparing.verdict(TRUTH, answers, np.zeros(100)).startswith("Neither")


@pytest.mark.slow
def test_one_seed_gives_one_model_and_memory_changes_nothing(fit, data, plain):
    done, again = fit(data, "--seed", "0", "--memory", "0", "--apart-only")
    assert "is kept on disk" in done.out
    np.testing.assert_array_equal(again.predict(ASKED), plain)
    _, other = fit(data, "--seed", "4", "--apart-only")
    assert (other.predict(ASKED) != plain).all()
    assert other.about["settings"]["random_state"] == 4


def test_groups_and_weights_reach_the_model(fit, data, plain, monkeypatch):
    seen = []
    whole = TextRegressor.fit_examples

    def watched(self, *given):
        seen.append(given)
        return whole(self, *given)

    monkeypatch.setattr(TextRegressor, "fit_examples", watched)
    _, weighted = fit(data, "--group", "group", "--weight", "weight", "--apart-only")
    assert (weighted.predict(ASKED) != plain).all()
    ((examples, train, *_),) = seen
    assert len(set(examples.groups)) == 40
    rest = np.setdiff1d(examples.rows, train)
    assert not set(examples.groups[train]) & set(examples.groups[rest])
    np.testing.assert_array_equal(examples.weights, 1 + np.arange(120) % 4)


def test_groups_make_the_intervals(run, data, tmp_path, monkeypatch):
    monkeypatch.setattr(fitting, "_regressor", lambda **_: Known())
    asked, scores = [], comparing.scores

    def watched(*given):
        asked.append(given[-1])
        return scores(*given)

    monkeypatch.setattr(comparing, "scores", watched)
    command = ["fit", data, *COLUMNS, "--out", tmp_path / "model.keras"]
    assert run(*command).code == run(*command, "--group", "group").code == 0
    alone, groups = asked
    assert alone is None
    assert (len(groups), len(set(groups))) == (24, 8)


def test_standard_input_in_another_kind_gives_the_same_model(fit, plain):
    records = [json.dumps({"number": number, "text": text}) for text, number in bag(120)]
    words = ["--kind", "jsonl", "--apart-only"]
    _, model = fit("-", *words, stdin="\n".join(records).encode())
    np.testing.assert_array_equal(model.predict(ASKED), plain)


def test_the_model_is_named_after_the_data_and_replaces_an_old_one(
    run, data, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(fitting, "_regressor", lambda **_: Known())
    write(tmp_path / "texts.of.mine.csv", bag(30))
    (tmp_path / "texts.keras").write_text("old")
    done = run("fit", "texts.of.mine.csv", *COLUMNS)
    assert done.out.splitlines()[-2].startswith("Saved texts.keras")
    assert (tmp_path / "texts.keras").read_text() == "new"
    done = run("fit", "-", *COLUMNS, stdin=data.read_bytes())
    assert done.out.splitlines()[-2].startswith("Saved model.keras")


class Known:
    """A regressor that learns nothing and saves at once."""

    interrupted_ = False
    model_ = SimpleNamespace(config={"about": {}, "share": 0.5}, covariates=covariates.NONE)

    def fit_examples(self, *_):
        return self

    def learn_all(self, rows):
        return True

    def predict_examples(self, examples, rows):
        return examples.targets[rows] + 0.5

    def save(self, path):
        path.write_text("new")


@pytest.fixture
def known(run, tmp_path, monkeypatch):
    """Return a function that runs ``fit`` with a model that is always half a unit off."""
    monkeypatch.setattr(fitting, "_regressor", lambda **_: Known())

    def known(rows, *words):
        data = write(tmp_path / "data.csv", rows)
        out = tmp_path / "model.keras"
        return run("fit", data, *COLUMNS, "--out", out, *words)

    return known


def test_the_baselines_of_a_large_file_learn_from_a_part_of_it(known, monkeypatch):
    monkeypatch.setattr(comparing, "MOST_TEXTS", 30)
    done = known(bag(200))
    assert done.out.startswith("160 texts to learn from, 40 to measure with.")
    assert "The baselines have learnt from 27 texts." in done.out
    assert "On 20 texts that no model has seen" in done.out
    monkeypatch.setattr(comparing, "MOST_TEXTS", 1000)
    monkeypatch.setattr(comparing, "MOST_LETTERS", 1500)
    done = known(bag(200))
    assert "The baselines have learnt from 40 texts." in done.out
    assert "On 40 texts that no model has seen" in done.out
    monkeypatch.setattr(comparing, "MOST_LETTERS", 10**6)
    assert "learnt from" not in known(bag(200)).out


def test_a_file_that_lost_rows_since_is_told_of_and_the_model_kept(known, tmp_path, monkeypatch):
    def shorten(*_):
        write(tmp_path / "data.csv", bag(30))

    monkeypatch.setattr(fitting, "_say", shorten)
    done = known(bag(60))
    assert "data.csv: expected as many rows as at first, got fewer" in told(done)
    assert (tmp_path / "model.keras").read_text() == "new"


@pytest.mark.parametrize(
    ("name", "model"), [(".hidden.csv", "hidden.keras"), ("a\udcff.csv", "a\udcff.keras")]
)
def test_an_odd_name_of_the_data_makes_a_name_for_the_model(
    run, tmp_path, monkeypatch, name, model
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(fitting, "_regressor", lambda **_: Known())
    done = run("fit", write(tmp_path / name, bag(30)), *COLUMNS)
    assert (done.code, done.err) == (0, "")
    assert (tmp_path / model).read_text() == "new"


def test_a_baseline_that_finds_nothing_to_count_is_left_out(known):
    signs = [(":-)" * (n % 7) + "?" * n, n) for n in range(1, 60)]
    done = known(signs)
    assert (done.code, done.err) == (0, "")
    assert "\nconstant" in done.out
    assert "ridge" not in done.out


def test_equal_numbers_and_the_fewest_texts_are_no_trouble(known):
    done = known([(text, 3) for text, _ in bag(40)])
    assert (done.code, done.err) == (0, "")
    assert known(bag(2)).code == 0
    assert "expected enough groups to fill 2 parts, got 1 groups" in told(known(bag(1)))


@pytest.mark.slow
def test_very_long_texts_are_noted_and_learnt_from(fit, tmp_path):
    rows = bag(40)
    rows[3] = ("six the old " * 90_000, 2.0)
    rows[4] = ("שלום 🙂👩‍👩‍👧 \u202e終電 e\u0301 \x07", 1.0)
    done, model = fit(write(tmp_path / "data.csv", rows), "--memory", "0", epochs=1)
    note, *_ = done.err.splitlines()
    assert note == "unrolled: 1 of the texts are very long, only their beginning is read"
    assert np.isfinite(model.predict([text for text, _ in rows])).all()


def test_the_minutes_reach_the_training(fit, data):
    """There is no time to learn from a single batch, so only the counter has learnt."""
    done, model = fit(data, "--minutes", "1e-9")
    assert done.err == ""
    assert "a ridge regression; there was no time to learn to read" in flat(done.out)
    assert "Saved" in done.out
    assert model.config.readers == 0
    assert np.ptp(model.predict(ASKED)) > 1


def test_without_a_reader_it_only_counts_and_says_no_more(fit, data):
    done, model = fit(data, "--readers", "0")
    assert done.err == ""
    assert "\nIt counts words, pairs of words and letters, a ridge regression.\n" in done.out
    assert "\nThen it learnt again, in the same way, from all 120 texts.\n" in done.out
    assert (model.config.readers, model.config.vocabulary_size) == (0, 3)
    assert np.ptp(model.predict(ASKED)) > 1


@pytest.mark.slow
def test_several_readers_are_trained_and_told_of(fit, data, monkeypatch):
    planned(monkeypatch, epochs=1, share=0.5)
    monkeypatch.setattr(readers, "LITTLE", 0)  # Nothing is tried without dropout.
    done, model = fit(data, "--readers", "2", epochs=1)
    assert model.config.readers == 2
    told = [line.partition(", epoch")[0] for line in done.err.splitlines()]
    names = ["fold 1 of 2", "fold 2 of 2", "whole", "all"]
    assert told == [f"{name}, reader {n}" for name in names for n in (1, 2)]
    assert "Its answer is 50% reading, by a BiLSTM, and 50% counting." in done.out


def test_it_learns_from_all_texts_after_it_was_measured(fit, data, monkeypatch):
    """Unless it is told not to; what was measured is in the file either way."""
    learnt, model = [], Learning.model

    def watched(self, name, rows):
        learnt.append(len(rows))
        return model(self, name, rows)

    monkeypatch.setattr(Learning, "model", watched)
    done, everything = fit(data)
    assert "\nThen it learnt again, in the same way, from all 120 texts.\n" in done.out
    done, apart = fit(data, "--apart-only")
    assert "learnt again" not in done.out
    assert learnt == [96, 120, 96]
    assert (apart.predict(ASKED) != everything.predict(ASKED)).any()
    assert everything.about["test"] == apart.about["test"]
    assert (everything.about["texts"], apart.about.get("texts")) == (120, None)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("share", "says"),
    [
        (0, "a ridge regression; reading the texts in order does not help beyond chance here, and"),
        (1, "It reads the texts in order, by a BiLSTM; counting words does not help beyond chance"),
    ],
)
def test_what_was_left_out_is_told(fit, data, monkeypatch, share, says):
    planned(monkeypatch, epochs=1, share=share)
    done, model = fit(data, "--apart-only")
    assert says in flat(done.out)
    assert (model.config.readers, model.config.words == 0) == (share, share == 1)


def test_a_checkpoint_of_other_data_is_refused(run, fit, data, tmp_path):
    folder = tmp_path / "state"
    fit(data, "--checkpoint", folder, epochs=1)
    other = write(tmp_path / "other.csv", bag(60))
    command = [*COLUMNS, "--out", tmp_path / "new.keras"]
    done = run("fit", other, *command, "--checkpoint", folder, "--epochs", "1")
    assert done.code == 2
    assert f"expected {folder} to be empty or to hold a run of the same data" in done.err
    for state in folder.glob("*.npz"):
        state.write_bytes(state.read_bytes()[:-200])
    command = ["fit", data, *COLUMNS, "--out", tmp_path / "new.keras"]
    done = run(*command, "--checkpoint", folder, "--epochs", "1")
    assert done.code == 2
    assert "to be a checkpoint of this run" in done.err
    assert done.err.count("\n") == 1
    assert not (tmp_path / "new.keras").exists()


@pytest.mark.parametrize("folder", ["data.csv", "/proc/state", "data.csv/state"])
def test_a_checkpoint_that_cannot_be_kept_is_told_of(run, data, tmp_path, folder):
    shutil.copy(data, tmp_path / "data.csv")
    command = ["fit", data, *COLUMNS, "--out", tmp_path / "new.keras"]
    done = run(*command, "--checkpoint", tmp_path / folder)
    assert done.code == 2
    assert done.err.count("\n") == 1
    assert os.listdir(tmp_path) == ["data.csv"]


@pytest.mark.parametrize("size", [1e-7, 1.0, 1e5, 1e17])
def test_columns_do_not_touch_however_large_the_numbers(known, size):
    done = known([(text, size * number) for text, number in bag(60)])
    assert (done.code, done.err) == (0, "")
    head, *rows = done.out.partition("intervals:\n")[2].partition("\n\n")[0].splitlines()
    names, intervals = rows[::2], rows[1::2]
    assert [re.split(r" {2,}", row)[0] for row in names] == ["this model", *comparing.RIVALS]
    for row in names:
        assert len(re.split(r" {2,}", row)) == 4, row
    for row in intervals:
        assert re.fullmatch(r"( {2,}\[\S+, \S+\]){2,3}", row), row
    assert max(map(len, rows)) <= 80
    assert head.split() == ["MAE", "RMSE", "Pearson", "r"]


def test_the_model_with_what_was_measured_is_saved_before_it_is_shown(known, tmp_path, monkeypatch):
    def fail(message):
        assert (tmp_path / "model.keras").read_text() == "new"
        if "no model has seen" in message:
            assert Known.model_.config["about"]["test"]["texts"] == 12
            Known.model_.config["about"].clear()
            raise OSError("the terminal is gone")

    saved = []
    monkeypatch.setattr(Known, "save", lambda self, path: saved.append(path.write_text("new")))
    monkeypatch.setattr(fitting, "_say", lambda *_: None)
    monkeypatch.setattr(fitting, "say", fail)
    assert "the terminal is gone" in told(known(bag(60)))
    assert len(saved) == 2


def test_without_quotes_every_line_of_a_tsv_is_a_row(run, known, reading, tmp_path):
    rows = [f"{text}\t{number}" for text, number in bag(90)]
    rows[0] = f'"{rows[0]}'
    rows[4] = rows[4].replace("\t", '"\t')
    data = tmp_path / "data.tsv"
    data.write_text("text\tnumber\n" + "\n".join(rows) + "\n")
    out = ["--out", tmp_path / "model.keras"]
    assert "line 2: expected a row of one line" in told(run("fit", data, *COLUMNS, *out))
    refused = told(run("predict", reading.path, data, *COLUMNS[:2]))
    assert "data.tsv, line 2: expected a row of one line" in refused
    assert run("fit", data, *COLUMNS, *out, "--no-quotes").out.startswith("72 texts to learn from")
    answers = run("predict", reading.path, data, *COLUMNS[:2], "--no-quotes")
    assert (answers.code, answers.out.count("\n")) == (0, 90)
    assert run("evaluate", reading.path, data, *COLUMNS, "--no-quotes").out.startswith("90 texts")


def test_numbers_that_rounding_makes_alike_are_told_of(known):
    done = known([(text, 1_700_000_000_000_000_000 + n) for n, (text, _) in enumerate(bag(60))])
    assert done.code == 0
    assert done.err.startswith("unrolled: ")
    assert "column 'number': expected numbers that differ by far more than the 256" in done.err
    assert done.err.count("\n") == 1


def test_texts_of_weight_0_are_said_to_be_left_out_for_that(fit, tmp_path):
    rows = [(*row, 0 if n < 7 else 1e-46) for n, row in enumerate(bag(80))]
    data = write(tmp_path / "data.csv", rows, ("text", "number", "weight"))
    done, _ = fit(data, "--weight", "weight")
    assert "\n7 left out: they have the weight 0.\n" in done.out
    assert "another part" not in done.out


# Columns beside the texts, and texts that only teach.


def sized(count, seed=0):
    """Return rows of a text, its number, a size at times, a kind, and twice nothing to learn."""
    drawn = random.Random(seed)
    rows = []
    for place, (text, number) in enumerate(bag(count)):
        size, kind = drawn.gauss(10, 2), drawn.choice("ab")
        said = "" if place % 9 == 0 else f"{size:.3f}"
        rows.append((text, number + size + 4 * (kind == "a"), said, kind, "same", place))
    return rows


HEADER = ("text", "number", "size", "kind", "same", "id")
BESIDE = [word for name in ("size", "kind", "same") for word in ("--column", name)]


@pytest.fixture(scope="module")
def priced(eager, tmp_path_factory):
    """Return a model of columns beside the texts, and what was said of it."""
    folder = tmp_path_factory.mktemp("columns")
    data, out = write(folder / "data.csv", sized(200), HEADER), folder / "model.keras"
    command = ["fit", data, *COLUMNS, *BESIDE, "--out", out, "--readers", "0"]
    said = io.StringIO()
    with redirect_stdout(said):
        assert main([str(word) for word in command]) == 0
    return data, out, said.getvalue()


@pytest.mark.slow
def test_columns_are_told_of_that_do_not_help(run, tmp_path, monkeypatch):
    """Where reading is all, and learns what there is to learn without them."""
    planned(monkeypatch, epochs=1, share=1.0)
    monkeypatch.setattr(weighing, "gains", lambda *_: False)
    data, out = write(tmp_path / "data.csv", sized(100), HEADER), tmp_path / "model.keras"
    short = ("--epochs", "1", "--apart-only")
    done = run("fit", data, *COLUMNS, *BESIDE, "--out", out, *short)
    told = "and is left out. The same is true of the columns 'size', 'kind'."
    assert told in flat(done.out)
    assert not portable.load(out).counting.beside.any()


def test_columns_beside_the_texts_are_learnt_and_told_of(run, priced):
    data, path, said = priced
    assert "To that it adds what it has learnt of the columns 'size', 'kind'." in flat(said)
    assert "Nothing is learnt of the column 'same': all rows have the same there, or each" in flat(
        said
    )
    lines = [re.split("  +", line) for line in said.splitlines() if re.search(r"  \d", line)]
    found = {line[0]: float(line[1].split()[0]) for line in lines}
    assert found["this model"] < 0.8 * found["words and letters, ridge"]
    assert found["this model"] < found["columns, ridge"] < found["constant"]
    assert found["all of these, ridge"] < 0.8 * found["words and letters, ridge"]
    done = run("evaluate", path, data, *COLUMNS, "--json")
    assert json.loads(done.out)["metrics"]["pearson"] > 0.95


def test_a_model_of_columns_predicts_from_a_table_with_them(run, priced, tmp_path):
    data, path, _ = priced
    done = run("predict", path, data, "--text", "text", "--interval", "80")
    assert done.code == 0
    first, second = (float(line.split()[0]) for line in done.out.splitlines()[:2])
    rows = sized(2)
    parquet = tmp_path / "new.parquet"
    pandas.DataFrame(
        {
            "text": [text for text, *_ in rows],
            "size": [None, float(rows[1][2])],
            "kind": [row[3] for row in rows],
            "same": [None, "new"],
        }
    ).to_parquet(parquet)
    found = list(map(float, run("predict", path, parquet, "--text", "text").out.split()))
    assert found == pytest.approx([first, second], abs=1e-5)
    lines = "".join(
        json.dumps({"text": text, "size": size, "kind": "new", "same": None}) + "\n"
        for text, size in (("six", None), ("six", 12), ("six", "12"))
    )
    said = run("predict", path, "-", "--kind", "jsonl", "--text", "text", stdin=lines.encode())
    missing, new, written = map(float, said.out.split())
    assert new == written != missing


@pytest.mark.parametrize(
    ("words", "stdin", "says"),
    [
        ([], b"six\n", "--text: expected a table with 'size', 'kind', 'same' beside the texts"),
        (["-", "--text", "text"], b"text,size,kind\nsix,1,a\n", "expected a column 'same', got"),
        (
            ["-", "--text", "text"],
            b"text,size,kind,same\nsix,1,a,a\nsix,dear,a,a\n",
            "standard input, line 3, column 'size': expected a number, got 'dear'",
        ),
        (
            ["-", "--text", "text", "--kind", "jsonl"],
            b'{"text": "six", "size": [1], "kind": "a", "same": 1}',
            "standard input, line 1, column 'size': expected a word or a number up to 1e+15 in",
        ),
    ],
)
def test_a_table_without_what_was_learnt_from_is_refused(run, priced, words, stdin, says):
    done = run("predict", priced[1], *words, stdin=stdin)
    assert done.code == 2
    assert says in done.err
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--column", "number"], "--column: expected each once, beside those of texts and numbers"),
        (["--column", "text"], "--column: expected each once, beside those of texts and numbers"),
        (["--column", "size", "--column", "size"], "--column: expected each once, beside those"),
        (["--column", "none"], "expected a column 'none', got 'text', 'number', 'size'"),
        (["--column", "empty"], "column 'empty': expected something in one of 32 rows at least"),
    ],
)
def test_columns_that_cannot_be_learnt_from_are_told_of(run, tmp_path, words, says):
    rows = [(*row, "") for row in sized(40)]
    data = write(tmp_path / "data.csv", rows, (*HEADER, "empty"))
    done = run("fit", data, *COLUMNS, *words, "--readers", "0", "--out", tmp_path / "m.keras")
    assert done.code == 2
    assert says in done.err
    assert not (tmp_path / "m.keras").exists()


def listed(path, rows):
    """Write a list of words that only teaches, as TSV."""
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(f"{text}\t{number}\n" for text, number in [("text", "number"), *rows])
    return path


def test_a_word_list_teaches_and_is_not_measured(run, tmp_path):
    """Of 40 texts few words are learnt; the list says what each is worth."""
    rows = bag(240)
    names = sorted({word for text, _ in rows for word in text.split()})
    table = np.array([[word in text.split() for word in names] for text, _ in rows], float)
    worth = np.linalg.lstsq(table, np.array([number for _, number in rows]), rcond=None)[0]
    data = write(tmp_path / "data.csv", rows[:40])
    also = listed(tmp_path / "words.tsv", zip(names, worth, strict=True))
    later = write(tmp_path / "later.csv", rows[40:])
    found = []
    for words in ([], ["--also", also]):
        out = tmp_path / "model.keras"
        done = run("fit", data, *COLUMNS, *words, "--readers", "0", "--out", out)
        assert done.code == 0
        found.append(
            json.loads(run("evaluate", out, later, *COLUMNS, "--json").out)["metrics"]["rmse"]
        )
    assert "\n60 more texts that only teach.\n" in done.out
    assert found[1] < 0.9 * found[0]


def test_a_word_list_with_texts_to_measure_in_it_is_told_of(run, tmp_path):
    rows = bag(60)
    data, out = write(tmp_path / "data.csv", rows), tmp_path / "model.keras"
    plain = run("fit", data, *COLUMNS, "--readers", "0", "--out", out)
    also = listed(tmp_path / "words.tsv", rows[:30])
    done = run("fit", data, *COLUMNS, "--readers", "0", "--out", out, "--also", also)
    assert done.code == 0
    (left,) = re.findall(r"\n(\d+) left out of measuring: they are among those", done.out)
    assert f"\nOn {12 - int(left)} texts that no model has seen" in done.out
    assert "\nOn 12 texts that no model has seen" in plain.out
    also = listed(tmp_path / "words.tsv", rows)
    done = run("fit", data, *COLUMNS, "--readers", "0", "--out", out, "--also", also)
    assert done.code == 2
    assert "--also: expected texts to measure with that are not in it, got all 12" in done.err


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("word\tworth\nsix\t6\n", "words.tsv: expected a column 'text', got 'word', 'worth'"),
        ("text\tnumber\n \t6\n", "words.tsv, line 2: expected a text, got ' '"),
        ("text\tnumber\nsix\tsix\n", "words.tsv, line 2, column 'number': expected a number"),
        ("text\tnumber\n", "words.tsv: expected at least one row, got none"),
    ],
)
def test_a_word_list_that_is_none_is_refused(run, tmp_path, content, says):
    (tmp_path / "words.tsv").write_text(content)
    data, out = write(tmp_path / "data.csv", bag(20)), tmp_path / "model.keras"
    words = ["--also", tmp_path / "words.tsv", "--out", out]
    done = run("fit", data, *COLUMNS, "--readers", "0", *words)
    assert done.code == 2
    assert says in done.err
    assert not out.exists()
