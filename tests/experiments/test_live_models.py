"""The models of the live pictures: small, as recorded, and with nothing private in them."""

import dataclasses
import gzip
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from web_cases import recorded_model

from unrolled.experiments import named, results
from unrolled.experiments.live_models import rater as rating
from unrolled.experiments.live_models import study
from unrolled.regressor.pieces import tokens
from unrolled.regressor.portable import Model
from unrolled.text import baselines, clock, ratings

RECORDED = Path(__file__).parents[2] / "book" / "results"
MOST = {"clock": 100 * 1024, "rater": 300 * 1024}


@pytest.fixture(scope="module")
def made():
    return results.read(RECORDED, "live-models")


@pytest.mark.parametrize("name", MOST)
def test_a_model_is_as_small_as_a_page_wants_it(made, name):
    script = (RECORDED / f"{name}-model.js").read_bytes()
    values = made["values"][name]
    assert len(script) == values["bytes"] <= MOST[name]
    assert abs(len(gzip.compress(script)) - values["gzipped"]) < 100
    assert "script" not in values


def test_a_script_that_was_not_recorded_is_refused(tmp_path):
    shutil.copytree(RECORDED, tmp_path / "results")
    script = tmp_path / "results" / "clock-model.js"
    script.write_bytes(script.read_bytes().replace(b"A", b"B", 1))
    with pytest.raises(results.StaleResultError, match=r"clock-model.js: expected the script"):
        results.read(tmp_path / "results", "live-models")
    script.unlink()
    with pytest.raises(results.StaleResultError, match=r"clock-model.js"):
        results.read(tmp_path / "results", "live-models")


def test_the_recorded_clock_errs_as_recorded_and_is_right_to_a_minute(made):
    values, config = made["values"]["clock"], named("live-models").config
    splits, model = (
        clock.load(*config.sentences, seed=config.sentence_seed),
        Model(recorded_model("clock")),
    )
    off = np.abs(model.predict(splits.test.texts) - splits.test.targets)
    assert abs(off.mean() - values["errors"]["after"]["mae"]) < 1e-2
    assert off.mean() < 1
    assert values["errors"]["before"]["mae"] < 1
    true = {"ten to six": 350, "six to ten": 594, "half past seven": 450}
    for sentence, answer in zip(true, model.predict([*true]), strict=True):
        assert round(answer) == true[sentence]


def test_names_and_numbers_are_kept_of_the_public_word_list_alone():
    rater, (words, _) = recorded_model("rater"), baselines.vader_words()
    listed = "\n".join([*words, *(" ".join(tokens(word)) for word in words)]).lower()
    for name in (*rater.grams.words, *rater.grams.letters, *rater.pieces.names):
        if re.search(r"\d|@\w", name):
            assert name in listed or name.strip("<>") in listed


def test_what_is_counted_stands_in_several_texts_or_in_the_word_list():
    config, rater = study.CONFIG, recorded_model("rater")
    try:
        rated = rating.rated_texts(config)
    except ratings.DataUnavailable as error:
        pytest.skip(str(error))
    counts = rater.grams.counts([[*tokens(text)] for text in rated.known.texts])
    often = np.bincount(counts.columns, minlength=len(rater.grams))
    names = [*rater.grams.words, *rater.grams.letters]
    rare = {name for name, count in zip(names, often, strict=True) if count < config.least}
    listed = [" ".join(tokens(word)).lower() for word in rated.words]
    assert rare <= {*listed, *" ".join(listed).split()}


def test_what_is_private_is_taken_out():
    assert rating.public("@ann_b: 10 of 10 to @ann!") == ": of to !"


def test_scripts_are_written_beside_the_result(tmp_path):
    # Which ratings were read is written, too, and they need not be here.
    experiment = dataclasses.replace(named("live-models"), ratings=lambda config: ())
    values = {name: {"script": f"{name}();", "bytes": 8, "mae": 1.0} for name in ("clock", "rater")}
    path = results.write(tmp_path, experiment, values, values, 1.0)
    written = json.loads(path.read_text(encoding="utf-8"))
    assert {each.name for each in tmp_path.iterdir()} == {
        "live-models.json", "clock-model.js", "rater-model.js",
    }  # fmt: skip
    assert written["values"]["clock"] == written["quick"]["clock"] == {"bytes": 8, "mae": 1.0}
    assert values["clock"]["script"]
    assert (tmp_path / "clock-model.js").read_text(encoding="utf-8") == "clock();"
