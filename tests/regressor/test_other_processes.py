"""Whatever is a model, or holds one, can be copied and sent to another process."""

import copy
import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import joblib
import numpy as np
import pytest
from regressor_cases import planned

from unrolled.regressor import TextRegressor, load
from unrolled.regressor.ensemble import Training
from unrolled.regressor.layers import Counter, Doubts, Reader, WordVectors
from unrolled.regressor.training import Hyperparameters, Trainee
from unrolled.text import baselines, clock

pytestmark = pytest.mark.usefixtures("eager")
SPOKEN = clock.load(train=60, validation=10, test=10)
ASKED = SPOKEN.test.texts


def by_joblib(model, folder):
    joblib.dump(model, folder / "model.joblib")
    return joblib.load(folder / "model.joblib")


WAYS = {
    "pickle": lambda model, _: pickle.loads(pickle.dumps(model)),
    "old pickle": lambda model, _: pickle.loads(pickle.dumps(model, protocol=2)),
    "copy": lambda model, _: copy.copy(model),
    "deepcopy": lambda model, _: copy.deepcopy(model),
    "joblib": by_joblib,
}


@pytest.fixture(scope="module")
def trained(eager, tmp_path_factory):
    """Return every model of this package by name, each with a ``predict``."""
    texts, numbers = SPOKEN.train.texts, SPOKEN.train.targets
    sizes = {"embedding_dim": 4, "units": 3, "epochs": 1, "folds": 2, "verbose": 0}
    with pytest.MonkeyPatch.context() as patch:
        planned(patch, epochs=1, share=0.5)
        whole = TextRegressor(**sizes, readers=2).fit(texts, numbers)
    counting = TextRegressor(**sizes, readers=0).fit(texts, numbers)
    path = tmp_path_factory.mktemp("model") / "model.keras"
    whole.save(path)
    ridge = baselines.word_and_character_ridge(texts, numbers)
    return {"regressor": whole, "counting": counting, "portable": load(path), "ridge": ridge}


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ["regressor", "counting", "portable", "ridge"])
def test_a_copy_answers_as_the_model_does(trained, name, way, tmp_path):
    model = trained[name]
    answers = model.predict(ASKED)
    again = WAYS[way](model, tmp_path)
    assert again is not model
    np.testing.assert_array_equal(again.predict(ASKED), answers)
    np.testing.assert_array_equal(model.predict(ASKED), answers)


def test_a_copy_of_the_portable_model_is_whole(trained):
    model = trained["portable"]
    again = pickle.loads(pickle.dumps(model))
    assert (again.about, again.config) == (model.about, model.config)
    text = ASKED[0]
    for one, other in zip(again.predict(ASKED, 0.8), model.predict(ASKED, 0.8), strict=True):
        np.testing.assert_array_equal(one, other)
    for name, values in model.gates(text).values.items():
        np.testing.assert_array_equal(again.gates(text).values[name], values)
    with ThreadPoolExecutor(2) as pool:  # It has a lock of its own.
        found = list(pool.map(again.predict, [ASKED] * 4))
    np.testing.assert_array_equal(found, [model.predict(ASKED)] * 4)


def test_what_is_pickled_is_the_model_and_nothing_that_was_read(trained):
    model = trained["portable"]
    before = pickle.dumps(model)
    model.predict([f"a word that nobody knows {n}" for n in range(99)])
    assert pickle.dumps(model) == before


@pytest.mark.slow
def test_a_new_process_answers(trained):
    """Spawned, it has nothing but what it is sent."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as pool:
        found = {name: pool.submit(model.predict, ASKED) for name, model in trained.items()}
        for name, answers in found.items():
            np.testing.assert_allclose(
                answers.result(), trained[name].predict(ASKED), rtol=1e-5, err_msg=name
            )


@pytest.mark.parametrize("is_built", [True, False])
@pytest.mark.parametrize(
    "make",
    [
        lambda: Reader(20, 4, 3, 0.1),
        lambda: Counter(20, 2),
        lambda: Doubts(3, 20),
        lambda: WordVectors(20, 4),
    ],
)
def test_a_part_of_a_model_is_copied_with_its_weights(make, is_built):
    part = make()
    if is_built:
        part.build()
        part.set_weights([w + np.arange(w.size).reshape(w.shape) for w in part.get_weights()])
    for again in copy.deepcopy(part), pickle.loads(pickle.dumps(part)):
        assert again.get_config() == part.get_config()
        assert again.built == part.built
        for one, other in zip(again.get_weights(), part.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)


def test_a_keras_model_copied_deeply_shares_no_weight(trained):
    model = trained["regressor"].model_
    again = copy.deepcopy(model)
    again.counter.bias.assign([7.0])
    assert model.counter.bias.numpy() != 7
    assert again.get_config() == model.get_config()
    again.config["about"]["settings"]["units"] = 99
    assert model.config["about"]["settings"]["units"] == 3


@pytest.mark.slow
def test_a_reader_in_training_goes_on_elsewhere_as_it_would_have_here(trained, monkeypatch):
    seen = []
    monkeypatch.setattr(Training, "train", lambda *given: seen.append(given[2]) or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        TextRegressor(units=3, folds=2, verbose=0).fit(SPOKEN.train.texts, SPOKEN.train.targets)
    here = Trainee(seen[0], Hyperparameters(4, 3, 0.25, 3, 16, 3e-3, 3, 0))
    here.go_on()
    there = pickle.loads(pickle.dumps(here))
    for trainee in here, there:
        trainee.go_on()
    assert len(here.history) == len(there.history) == 2
    for one, other in zip(here.network.variables, there.network.variables, strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(here.read, there.read)
