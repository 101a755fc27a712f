"""The experiment on rated texts gives numbers that can be checked, and no text."""

import dataclasses
import json

import numpy as np
import pytest

from unrolled.experiments.human_ratings import models
from unrolled.experiments.human_ratings import study as human_ratings
from unrolled.keras_models import recipe
from unrolled.regressor.intervals import Intervals
from unrolled.regressor.pieces import tagged
from unrolled.regressor.weighing import Plan
from unrolled.text import Corpus, Splits, baselines, metrics, ratings

# Keras 3 turns TensorFlow's tensors into arrays in a way that NumPy 2 calls old.
pytestmark = [
    pytest.mark.usefixtures("eager"),
    pytest.mark.filterwarnings(
        "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
    ),
]

SMALL = dataclasses.replace(
    human_ratings.CONFIG, domains=("tweets",), seeds=(0, 1), slow_domains=(), draws=3
)
RIVALS = {"constant", "word_ridge", "word_and_character_ridge", "vader", "vader_ridge", "ridge_all"}
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
        found[job] = {"tweets": {"answers": (truth + noise).tolist(), "plan": {"share": 0.5}}}
        if job[0] in RIVALS:
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
    assert set(scores) == set(result["intervals"]) == {*models.KINDS} - {*SMALL.slow}
    assert {kind: len(each) for kind, each in scores.items() if len(each) > 1} == dict.fromkeys(
        SMALL.thorough, 2
    )
    assert result["told"]["fit"] == {"plan": {"share": 0.5}}
    assert not RIVALS & {*result["told"]}
    # One word decides here, so counting words is enough, and people agree but for one point.
    assert scores["word_ridge"][0]["pearson"] > 0.9
    assert result["one_human"]["pearson"] > 0.9
    assert result["one_human"]["pearson"] < result["ceiling"] < 1
    assert scores["constant"][0]["pearson"] is None
    assert scores["constant"][0]["mae"] > 2 * scores["word_ridge"][0]["mae"]
    low, high = result["intervals"]["word_ridge"]["mae"]
    assert low < scores["word_ridge"][0]["mae"] < high


def test_a_gain_is_of_the_same_texts_and_its_error_is_what_other_documents_would_do():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=400)
    groups = np.repeat(np.arange(100), 4).astype(str)
    test = Corpus(["so"] * 400, truth, list(groups))
    noise, others = rng.normal(size=(2, 400))
    found = {
        "fit": [truth + noise, truth + 0.9 * noise],
        "counts": [truth + 1.1 * noise],
        "fit_both": [truth + others],
    }
    gains = {(g["first"], g["second"]): g for g in human_ratings.gains(test, found, 0.6)}
    assert set(gains) == {("fit", "counts"), ("fit_both", "one_human")}
    r = [np.corrcoef(truth, answers)[0, 1] for answers in (*found["fit"], *found["counts"])]
    gain = gains["fit", "counts"]
    assert gain["gain"] == pytest.approx((r[0] + r[1]) / 2 - r[2])
    # The same texts, and the same noise: far surer than each by itself.
    assert 0.2 < gain["gain"] / gain["error"] / 10 < 5
    human = gains["fit_both", "one_human"]
    assert human["gain"] == pytest.approx(np.corrcoef(truth, found["fit_both"][0])[0, 1] - 0.6)
    alone = metrics.resampled(truth, found["fit_both"][0], groups=groups)["pearson"].std()
    assert human["error"] == pytest.approx(alone)
    assert human["error"] > 2 * gain["error"]


def test_the_calibration_has_every_text_once_and_the_worst_are_the_worst(values):
    result = values["domains"]["tweets"]
    bins = result["calibration"]
    assert sum(part["texts"] for part in bins) == 32
    answers = [part["answer"] for part in bins]
    assert answers == sorted(answers)
    apart = [abs(text["answer"] - text["rating"]) for text in result["worst"]]
    assert apart == sorted(apart, reverse=True)
    assert apart[-1] >= result["scores"]["fit"][0]["mae"]


SEEN = []


class Regressor:
    """It keeps what it is given, and answers what it is told to."""

    def __init__(self, **settings):  # noqa: D107
        SEEN.append(settings)
        self.plan_ = Plan(alpha=1.0, also=0.3, letters=2.0, epochs=2, share=0.5)
        self.report_ = {"out_of_fold": {"counting": {"pearson": 0.5, "mae": 1.0}}}

    def fit(self, X, y, groups, also=None):
        SEEN.append((X, np.array(y), groups, also))
        return self

    def predict(self, X, interval=None):
        texts = X["text"] if isinstance(X, dict) else X
        answers = np.arange(len(texts)) % 3.0
        if interval is None:
            return answers
        return Intervals(answers, answers - 1, answers + 1, np.zeros(len(texts), bool))


@pytest.fixture
def seen(monkeypatch):
    monkeypatch.setattr("unrolled.regressor.TextRegressor", Regressor, raising=False)
    SEEN.clear()
    return SEEN


def corpora(*names):
    """Return for each domain two texts of each of three documents, one document in each part."""
    each = {
        name: [Corpus([f"{name} {k}"] * 2, [at, at + 2], [k, k]) for k in "abc"]
        for name, at in zip(names, (1, -3), strict=False)
    }
    return {name: Splits(*parts) for name, parts in each.items()}


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("counts", {"readers": 0}),
        ("fit", {"epochs": 9}),
        ("fit_words", {"epochs": 9}),
        ("fit_both", {"epochs": 9, "text": "text", "columns": ("score",)}),
    ],
)
def test_the_regressor_learns_from_all_but_what_it_is_measured_on(
    seen, monkeypatch, kind, settings
):
    monkeypatch.setattr(human_ratings, "load", lambda config, name: corpora("tweets")["tweets"])
    config = dataclasses.replace(SMALL, regressor={"epochs": 9})
    found = models.KINDS[kind](corpora("tweets"), config, 7)["tweets"]
    given, (X, y, groups, also) = seen
    assert given == {**settings, "random_state": 7, "verbose": 0}
    texts = X["text"] if "columns" in settings else X
    assert texts == ["tweets a", "tweets a", "tweets b", "tweets b"]
    assert (y.tolist(), groups) == ([1, 3, 1, 3], [*"aabb"])
    assert (also is not None) == (kind in ("fit_words", "fit_both"))
    if "columns" in settings:
        np.testing.assert_array_equal(X["score"], baselines.vader_scores(texts))
    assert found["answers"].tolist() == [0, 1]
    plan = {"alpha": 1.0, "also": 0.3, "epochs": 2, "share": 0.5, "taught": 0.0, "left": False}
    assert found["plan"] == plan
    assert found["out_of_fold"] == {"counting": 0.5}
    if kind == "fit":  # Of ratings 1 and 3 the first alone is within one of the answers 0 and 1.
        assert found["held"] == {
            "tweets": {
                "inside": 1, "texts": 2, "width": 2.0, "strange": 0,
                "by_length": [[1, 1], [0, 1], [0, 0]], "by_answer": [[1, 1], [0, 1], [0, 0]],
            }
        }  # fmt: skip


def test_of_several_domains_each_has_its_own_scale_and_its_tag(seen):
    splits = corpora("tweets", "nyt")
    found = models.KINDS["fit_all"](splits, SMALL, 7)
    _, (texts, y, groups, also) = seen
    names = ("tweets", "nyt")
    assert texts == [tagged(f"{name} {part}", name) for name in names for part in "aabb"]
    assert y.tolist() == [-1, 1] * 4
    assert groups == [f"{name} {part}" for name in names for part in "aabb"]
    assert also is None
    assert {n: told["answers"].tolist() for n, told in found.items()} == {
        "tweets": [2, 3], "nyt": [-2, -1],
    }  # fmt: skip


def test_vaders_score_beside_the_texts_helps_the_ridge_where_they_say_nothing():
    texts = [f"{word} w{n}" for n, word in enumerate(["good", "bad"] * 20)]
    parts = [
        Corpus(
            texts[a:b], [1 if "good" in t else -1 for t in texts[a:b]], list(map(str, range(a, b)))
        )
        for a, b in ((0, 10), (10, 20))
    ]
    asked = Corpus(["great", "awful"], [1, -1], ["x", "y"])
    splits = {"tweets": Splits(*parts, asked)}
    plain, beside = (
        models.KINDS[kind](splits, SMALL, 0)["tweets"]["answers"]
        for kind in ("word_and_character_ridge", "vader_ridge")
    )
    assert np.ptp(plain) < 0.3
    assert beside[0] - beside[1] > 1


def test_a_slow_model_runs_where_it_is_asked_to(made_up, monkeypatch):
    asked = []

    def train(texts, targets, validation, **options):
        asked.append((len(texts), options))
        return None, []

    monkeypatch.setattr(recipe, "train", train)
    monkeypatch.setattr(models, "read", lambda trained, split: np.arange(3.0))
    config = dataclasses.replace(
        SMALL, slow_domains=("tweets",), seeds=(3, 4), recipe={"epochs": 7}, texts=20
    )
    jobs = human_ratings.jobs(config)
    assert [job for job in jobs if job[0] == "recipe"] == [("recipe", ("tweets",), 3)]
    assert "recipe" not in {kind for kind, *_ in human_ratings.jobs(SMALL)}
    assert [job[2] for job in jobs if job[0] == "fit"] == [3, 4]
    costs = [human_ratings.cost(config, job) for job in jobs]
    assert costs == sorted(costs, reverse=True)
    answers = human_ratings.learn(config, ("recipe", ("tweets",), 3))
    assert asked == [(20, {"epochs": 7, "seed": 3, "verbose": 0})]
    assert answers == {"tweets": {"answers": [0, 1, 2]}}


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
    assert models.read(model, splits).tolist() == [1, 1]


def test_without_data_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path))
    with pytest.raises(ratings.DataUnavailable, match="set UNROLLED_DATA"):
        human_ratings.EXPERIMENT.run(SMALL)


@pytest.mark.parametrize("change", [{"seeds": ()}, {"draws": 0}])
def test_a_run_of_nothing_is_refused(change):
    with pytest.raises(ValueError, match="expected at least one seed and one draw"):
        human_ratings.jobs(dataclasses.replace(SMALL, **change))
