"""Whatever Keras is set to, a model is trained, saved and read as ever, and Keras left as found."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from regressor_cases import planned

from unrolled.regressor import TextRegressor, load
from unrolled.regressor.ensemble import Training
from unrolled.regressor.own_keras import KERAS
from unrolled.text import clock

pytestmark = pytest.mark.usefixtures("eager")
SPOKEN = clock.load(train=60, validation=10, test=10)
ASKED = SPOKEN.test.texts
SETTINGS = [
    {"floatx": "float64"},
    {"floatx": "float16"},
    {"dtype_policy": "float64"},
    {"dtype_policy": "mixed_float16"},
    {"dtype_policy": "mixed_bfloat16"},
    {"floatx": "float64", "dtype_policy": "bfloat16", "epsilon": 1e-2},
    {"max_steps_per_epoch": 1, "max_epochs": 1},
]


def settings():
    names = [*KERAS, "max_epochs", "max_steps_per_epoch"]  # The last two are Keras's fit's alone.
    found = {name: getattr(keras.config, name)() for name in names}
    return {**found, "dtype_policy": found["dtype_policy"].name}


@pytest.fixture
def keras_set():
    """Return a function that sets Keras as somebody else may; undo it afterwards."""
    before = settings()

    def keras_set(changes):
        for name, value in changes.items():
            getattr(keras.config, f"set_{name}")(value)
        return settings()

    yield keras_set
    keras_set(before)


def fit():
    """Return a model that reads and counts, and has learnt from several batches an epoch."""
    sizes = {"embedding_dim": 4, "units": 3, "epochs": 1, "batch_size": 16, "folds": 2}
    with pytest.MonkeyPatch.context() as patch:
        planned(patch, epochs=1, share=0.5)
        return TextRegressor(**sizes, verbose=0).fit(SPOKEN.train.texts, SPOKEN.train.targets)


@pytest.fixture(scope="module")
def plain(eager, tmp_path_factory):
    """Return the answers and the file of a model for which Keras was as it is out of the box."""
    model, path = fit(), tmp_path_factory.mktemp("plain") / "model.keras"
    model.save(path)
    return model.predict(ASKED), path


@pytest.mark.slow
@pytest.mark.parametrize("changes", SETTINGS, ids=str)
def test_a_model_is_the_same_whatever_keras_is_set_to(plain, keras_set, tmp_path, changes):
    answers, path = plain
    found = keras_set(changes)
    model = fit()
    assert {str(np.asarray(w).dtype) for w in model.model_.weights} == {"float32"}
    np.testing.assert_array_equal(model.predict(ASKED), answers)
    model.save(tmp_path / "model.keras")
    assert settings() == found
    for again in load(tmp_path / "model.keras"), TextRegressor.load(path):
        np.testing.assert_allclose(again.predict(ASKED), answers, rtol=1e-5)
    for strings in model.model_, keras.models.load_model(tmp_path / "model.keras"):
        spoken = strings(tf.constant(ASKED))
        assert spoken.dtype == "float64"
        np.testing.assert_allclose(np.asarray(spoken)[:, 0], answers, rtol=1e-5)
    assert settings() == found


@pytest.mark.slow
@pytest.mark.parametrize("again", [False, True])
def test_keras_is_left_as_it_was_found_by_a_training_that_fails(keras_set, monkeypatch, again):
    planned(monkeypatch, share=0.5, epochs=1)
    model = fit()
    found = keras_set({"floatx": "float64", "dtype_policy": "mixed_float16", "epsilon": 1e-3})

    def fail(*_, **__):
        assert settings().items() >= KERAS.items()
        raise OSError("disk full")

    monkeypatch.setattr(Training, "train", fail)
    with pytest.raises(OSError, match="disk full"):
        model.learn_all(np.arange(60)) if again else fit()
    assert settings() == found
