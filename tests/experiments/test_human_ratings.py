"""The experiment on rated texts gives numbers that can be checked, and no text."""

import dataclasses
import json

import numpy as np
import pytest

from unrolled.experiments import note_recipe
from unrolled.experiments.human_ratings import study as human_ratings
from unrolled.keras_models import recipe
from unrolled.text import Corpus, Splits, ratings

# Keras 3 turns TensorFlow's tensors into arrays in a way that NumPy 2 calls old.
pytestmark = [
    pytest.mark.usefixtures("eager"),
    pytest.mark.filterwarnings(
        "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
    ),
]

SMALL = dataclasses.replace(
    human_ratings.CONFIG, domains=("tweets",), seeds=(0, 1), note_domains=(), draws=3
)
MODELS = {
    *("constant", "word_ridge", "word_and_character_ridge", "vader"),
    *("recipe", "one_domain", "all_domains", "both"),
}
SUBJECTS = ["parcel", "garden", "ticket", "kettle", "violin", "ladder", "window", "saddle"]
MOODS = {"splendid": 3, "pleasant": 2, "plain": 0, "shabby": -2, "dreadful": -3}


def write(folder):
    """Write rated sentences of our own in the archive's format; the mood word decides."""
    folder.mkdir()
    truth, listed = [], []
    rng = np.random.default_rng(0)
    for number in range(160):
        mood = list(MOODS)[number % 5]
        given = np.clip(MOODS[mood] + rng.integers(-1, 2, 5), -4, 4).tolist()
        text = f"the {SUBJECTS[number % 8]} number{number} was {mood}"
        truth.append(f"{number}\t{np.mean(given)}\t{text}\r\n")
        listed.append(f"{number}\t{np.mean(given)}\t0.5\t{given}\r\n")
    (folder / "tweets_GroundTruth.txt").write_bytes("".join(truth).encode())
    (folder / "tweets_anonDataRatings.txt").write_bytes("".join(listed).encode())


@pytest.fixture(scope="module")
def made_up(eager, tmp_path_factory):
    folder = tmp_path_factory.mktemp("archive")
    write(folder / ratings.FOLDER)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNROLLED_DATA", str(folder))
        yield folder


@pytest.fixture(scope="module")
def found(made_up):
    """Return answers to the test texts by job: of the rivals their own, else the truth blurred."""
    truth = human_ratings.load(SMALL, "tweets").test.targets
    found = {}
    for number, job in enumerate(human_ratings.jobs(SMALL)):
        noise = np.random.default_rng(number).normal(0, 0.5, len(truth))
        found[job] = {"tweets": {job[0]: (truth + noise).tolist()}}
        if job[0] == "rivals":
            found[job] = human_ratings.learn(SMALL, job)
    return found


@pytest.fixture(scope="module")
def values(found):
    return human_ratings.gather(SMALL, found)


def test_the_result_holds_what_it_says(values):
    result = values["domains"]["tweets"]
    counts, scores = result["counts"], result["scores"]
    assert counts["train"] + counts["validation"] + counts["test"] == 160
    assert counts["test"] == counts["test_rated_by_two_or_more"] == 32
    assert set(scores) == set(result["intervals"]) == MODELS
    assert all(len(scores[name]) == 2 for name in ("recipe", "one_domain", "all_domains", "both"))
    # One word decides here, so counting words is enough, and people agree but for one point.
    assert scores["word_ridge"][0]["pearson"] > 0.9
    assert result["one_human"]["pearson"] > 0.9
    assert result["one_human"]["pearson"] < result["ceiling"] < 1
    assert scores["constant"][0]["pearson"] is None
    assert scores["constant"][0]["mae"] > 2 * scores["word_ridge"][0]["mae"]
    low, high = result["intervals"]["word_ridge"]["mae"]
    assert low < scores["word_ridge"][0]["mae"] < high


def test_both_is_the_mean_of_two_models_of_one_seed(values, found):
    truth = human_ratings.load(SMALL, "tweets").test.targets
    for seed, score in zip(SMALL.seeds, values["domains"]["tweets"]["scores"]["both"], strict=True):
        pair = [
            found[kind, ("tweets",), seed]["tweets"][kind] for kind in ("one_domain", "all_domains")
        ]
        assert score["mae"] == pytest.approx(np.abs(np.mean(pair, axis=0) - truth).mean())


def test_the_calibration_has_every_text_once_and_the_worst_are_the_worst(values):
    result = values["domains"]["tweets"]
    bins = result["calibration"]
    assert sum(part["texts"] for part in bins) == 32
    answers = [part["answer"] for part in bins]
    assert answers == sorted(answers)
    apart = [abs(text["answer"] - text["rating"]) for text in result["worst"]]
    assert apart == sorted(apart, reverse=True)
    assert apart[-1] >= result["scores"]["both"][0]["mae"]


@pytest.mark.parametrize("domains", [("tweets",), ("tweets", "nyt")])
def test_the_regressor_learns_from_all_but_what_it_is_measured_on(monkeypatch, domains):
    """Each domain's numbers in its own scale, each text with its domain where there are two.

    Texts of one document are of one group.
    """
    corpora = {
        name: [Corpus([f"{name} {k}"] * 2, [at, at + 2], [k, k]) for k in "abc"]
        for name, at in zip(domains, (1, -3), strict=False)
    }
    splits = {name: Splits(*parts) for name, parts in corpora.items()}
    seen = []

    class Regressor:
        def __init__(self, **settings):
            seen.append(settings)

        def fit_examples(self, data, rows):
            seen.extend([data, rows])

        def predict_examples(self, data, rows):
            return data.targets[rows] + 9

    monkeypatch.setattr("unrolled.regressor.TextRegressor", Regressor, raising=False)
    answers = human_ratings._regressed(splits, SMALL, 7)
    settings, data, rows = seen
    assert settings == {**SMALL.regressor, "random_state": 7, "verbose": 0}
    said = [" ".join(text) for text in data.texts.words(rows)]
    tag = "⟦{}⟧ {} {}" if len(domains) > 1 else "{1} {2}"
    assert said == [tag.format(name, name, part) for name in domains for part in "aabb"]
    assert data.targets[rows].tolist() == [-1, 1] * 2 * len(domains)
    assert np.unique(data.groups, return_counts=True)[1].tolist() == [2] * 3 * len(domains)
    # Beyond the scale of the ratings no answer is given.
    assert {name: {*each} for name, each in answers.items()} == {name: {4} for name in domains}


def test_the_note_runs_where_it_is_asked_to(made_up, monkeypatch):
    asked = []

    def train(train, validation, **options):
        asked.append((len(train), options))
        return (lambda texts: np.arange(len(texts), dtype=float)), []

    monkeypatch.setattr(note_recipe, "train", train)
    config = dataclasses.replace(
        SMALL, note_domains=("tweets",), seeds=(3, 4), note={"epochs": 7}, texts=20
    )
    job, *others = human_ratings.jobs(config)
    assert job == ("note", ("tweets",), 3)
    assert "note" not in {model for model, *_ in others}
    answers = human_ratings.learn(config, job)
    assert asked == [(20, {"epochs": 7, "seed": 3})]
    assert answers == {"tweets": {"note": list(range(20))}}


def test_the_result_is_json_without_a_word_of_the_texts(values):
    written = json.dumps(values, allow_nan=False)
    assert json.loads(written)["domains"]["tweets"]["ceiling"] > 0
    for word in [*SUBJECTS, *MOODS, "number1"]:
        assert word not in written


def test_a_text_of_only_unknown_words_gets_the_mean_from_the_recipe():
    known = Corpus(["good", "bad"], [3, -1], ["a", "b"])
    unknown = Corpus(["zq", "qx"], [0, 0], ["c", "d"])
    splits = Splits(known, Corpus(["so good"], [2], ["e"]), unknown)
    model = recipe.build(known.texts, known.targets, vocabulary_size=10, embedding_dim=2, units=2)
    assert human_ratings.read(model, splits).tolist() == [1, 1]


def test_without_data_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path))
    with pytest.raises(ratings.DataUnavailable, match="set UNROLLED_DATA"):
        human_ratings.EXPERIMENT.run(SMALL)


@pytest.mark.parametrize("change", [{"seeds": ()}, {"draws": 0}])
def test_a_run_of_nothing_is_refused(change):
    with pytest.raises(ValueError, match="expected at least one seed and one draw"):
        human_ratings.jobs(dataclasses.replace(SMALL, **change))
