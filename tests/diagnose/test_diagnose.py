"""``diagnose`` finds the fault of each broken model, none in a sound one, and changes nothing."""

from __future__ import annotations

import random
import re
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

sys.path.insert(0, str(Path(__file__).parent))
import patients
from patients import BROKEN, SOUND, Patient, compiled, sums

from unrolled.diagnose import CHECKS, HEADINGS, PAGE, diagnose
from unrolled.diagnose.case import Case

BOOK = Path(__file__).parents[2] / "book"
#: Those that train a copy or other models take seconds: they run where they are asked for.
SLOW = {"nan", "by-heart", "data"}
QUICK = [kind for kind in HEADINGS if kind not in SLOW]

pytestmark = pytest.mark.filterwarnings("ignore:Layer .* does not support masking")


def faults(patient, only=None):
    return [fault.kind for fault in diagnose(*patient, only=only, tell=None).faults]


@pytest.fixture(autouse=True)
def the_same_weights():
    """Let each patient be the same, whichever tests went before: layers draw when they are made."""
    keras.utils.set_random_seed(0)


@pytest.fixture
def gpu(monkeypatch):
    """Let Keras see a GPU that is not there."""
    monkeypatch.setattr(keras.distribution, "list_devices", lambda kind=None: ["gpu:0"])


@pytest.mark.parametrize("kind", HEADINGS)
def test_each_fault_is_found_in_the_model_that_has_it(kind, gpu):
    assert kind in faults(BROKEN[kind](), [*dict.fromkeys([*QUICK, kind])])


@pytest.mark.slow
@pytest.mark.parametrize("kind", HEADINGS)
def test_the_fault_is_gone_once_it_is_cured(kind, gpu):
    assert kind not in faults(BROKEN[kind](cured=True), [kind])


@pytest.mark.slow
@pytest.mark.parametrize("name", SOUND)
def test_nothing_is_found_in_a_sound_model(name):
    assert not faults(SOUND[name]())


def dropout_left_on():
    rows = layers.Input((5, 1))
    state = layers.Dropout(0.5)(layers.LSTM(3)(rows), training=True)
    return Patient(keras.Model(rows, layers.Dense(1)(state)), *sums())


def padded_rows_of_one_length(mask=False):
    stack = [layers.Input((8,)), layers.Embedding(5, 3, mask_zero=mask), layers.GRU(3)]
    return Patient(compiled([*stack, layers.Dense(1)]), *patients.words())


class Half(keras.Model):
    """A model of one's own that takes the last step of both directions."""

    def __init__(self):
        """Make its layers."""
        super().__init__()
        self.both = layers.Bidirectional(layers.GRU(2, return_sequences=True))
        self.say = layers.Dense(1)

    def call(self, x):
        return self.say(self.both(x)[:, -1])


def half_of_a_model_of_ones_own():
    model = Half()
    model.compile("adam", "mse", jit_compile=False)
    model(X)
    return Patient(model, X, Y)


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (dropout_left_on, "seed"),
        (padded_rows_of_one_length, "batch"),
        (half_of_a_model_of_ones_own, "half-read"),
    ],
)
def test_a_fault_is_found_in_another_form(make, kind):
    assert faults(make(), [kind]) == [kind]


def test_a_mask_over_rows_of_one_length_is_no_fault():
    assert not faults(padded_rows_of_one_length(mask=True), ["batch", "mask-lost"])


def test_there_is_a_check_a_patient_and_a_heading_for_each_kind():
    assert [*CHECKS] == [*HEADINGS] == [*BROKEN]


def test_the_page_has_each_heading_under_the_anchor_that_a_finding_names():
    page = (BOOK / PAGE).with_suffix(".md").read_text(encoding="utf-8")
    found = re.findall(r"^\(fault-([a-z-]+)\)=\n### (.*)$", page, re.M)
    assert {kind: title.replace("`", "") for kind, title in found} == HEADINGS
    assert len(found) == len(HEADINGS)
    table = page.split("```{caption}")[0]
    assert re.findall(r"\(#fault-([a-z-]+)\)", table) == [*HEADINGS]


def everything(model):
    """Return all numbers that a model holds, its flags, and the state of random numbers."""
    variables = [*model.variables, *model.metrics_variables, *model.optimizer.variables]
    numbers = [np.asarray(keras.ops.convert_to_numpy(v)).tobytes() for v in variables]
    names = [type(layer).__name__ + str(layer.trainable) for layer in model._flatten_layers()]
    kept = model.optimizer, model.loss, str(model.get_compile_config())
    return numbers, names, kept, random.getstate(), str(np.random.get_state())  # noqa: NPY002


class Own(keras.Model):
    """A model of one's own, which Keras cannot copy."""

    def __init__(self):
        """Make its layers."""
        super().__init__()
        self.read, self.drop, self.say = layers.GRU(3), layers.Dropout(0.2), layers.Dense(1)

    def call(self, x, training=False):
        return self.say(self.drop(self.read(x), training=training))


def own():
    keras.utils.set_random_seed(0)
    model = Own()
    model.compile(keras.optimizers.Adam(0.02), "mse", metrics=["mae"], jit_compile=False)
    return patients.learnt(Patient(model, *sums()), 5)


def dropped():
    stack = [layers.Input((5, 1)), layers.LSTM(3), layers.Dropout(0.3), layers.Dense(1)]
    return patients.learnt(Patient(compiled(stack, 0.02, metrics=["mae"]), *sums()), 5)


def kept_state():
    return patients.learnt(patients.stateful_order(cured=True), 3, size=4)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "stops"), [(own, False), (own, True), (dropped, False), (kept_state, True)]
)
def test_the_model_is_left_as_it_was_to_the_bit(make, stops, monkeypatch):
    patient = make()
    model = patient.model
    model.layers[-1].trainable = False
    before = everything(model)
    if stops:

        def pressed(case):
            case.training  # noqa: B018 - what was trained has to be put back.
            raise KeyboardInterrupt

        monkeypatch.setitem(CHECKS, "shifted", pressed)
        with pytest.raises(KeyboardInterrupt):
            diagnose(*patient, only=["seed", "shifted"], tell=None)
    else:
        diagnose(*patient, only=["seed", "half-read", "mask-lost", "by-heart"], tell=None)
    assert everything(model) == before


@pytest.mark.slow
def test_training_goes_on_as_if_nothing_had_been_asked():
    first, second = dropped(), dropped()
    diagnose(*first, only=["by-heart", "seed"], tell=None)
    losses = []
    for patient in (first, second):
        keras.utils.set_random_seed(1)
        losses.append([patient.model.train_on_batch(*patient[1:]) for _ in range(3)])
    assert losses[0] == losses[1]
    for a, b in zip(first.model.get_weights(), second.model.get_weights(), strict=True):
        assert (a == b).all()


def test_it_prints_each_finding_within_75_columns(capsys):
    diagnose(*BROKEN["steps"](), only=["steps", "shape"])
    lines = capsys.readouterr().out.splitlines()
    assert [line[:24].split()[:2] for line in lines if "/2" in line] == [
        ["1/2", "steps"],
        ["2/2", "shape"],
    ]
    assert f"{PAGE}#fault-steps" in lines[2]
    assert lines[-1] == "1 of 2 checks found something"
    assert max(map(len, lines)) <= 75
    told = []
    found = diagnose(*BROKEN["steps"](), only=["steps"], tell=told.append)
    assert str(found.faults[0]).splitlines()[0] in told[0]
    assert not capsys.readouterr().out


def test_the_same_rows_are_drawn_for_the_same_seed():
    x, y = sums(n=400)
    model = compiled([layers.Input((5, 1)), layers.LSTM(3), layers.Dense(1)])
    said = [diagnose(model, x, y, only=["baseline"], seed=s, tell=None) for s in (0, 0, 1)]
    assert said[0] == said[1] != said[2]


X, Y = sums(n=12)
MODEL = compiled([layers.Input((5, 1)), layers.LSTM(2), layers.Dense(1)])


def holed():
    x = X.copy()
    x[3, 1] = np.nan
    return x


def two_inputs():
    a, b = layers.Input((5, 1)), layers.Input((5, 1))
    return keras.Model([a, b], layers.Dense(1)(layers.LSTM(2)(a + b)))


def two_outputs():
    a = layers.Input((5, 1))
    state = layers.LSTM(2)(a)
    return keras.Model(a, [layers.Dense(1)(state), layers.Dense(1)(state)])


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        (("model", X, Y), TypeError, "expected a keras.Model, got str"),
        ((two_inputs(), X, Y), ValueError, "one array of inputs, got 2"),
        ((two_outputs(), X, Y), ValueError, "one array of outputs, got 2"),
        ((MODEL, {"a": X}, Y), TypeError, "x: expected one array of rows, got dict"),
        ((MODEL, (row for row in X), Y), TypeError, "x: expected one array of rows, got generator"),
        ((MODEL, X, {"a": Y}), TypeError, "y: expected one array of targets, got dict"),
        ((MODEL, X[:0], Y[:0]), ValueError, "at least one number"),
        ((MODEL, X[:1], Y[:1]), ValueError, "at least 8 rows, got 1"),
        ((MODEL, X, Y[:5]), ValueError, "equal lengths, got 12 and 5"),
        ((MODEL, holed(), Y), ValueError, "x: expected finite numbers, got nan at index 3, 1, 0"),
        ((MODEL, X, np.where(Y < 0, np.inf, Y)), ValueError, "y: expected finite numbers"),
        ((MODEL, X[:, :, 0].astype(str), Y), TypeError, "x: expected real numbers"),
        ((MODEL, X.astype(object) + 1j, Y), TypeError, "x: expected real numbers"),
        ((MODEL, [[1.0, 2.0], [1.0]] * 6, Y), ValueError, "rows of one length"),
        ((MODEL, X[:, :4], Y), ValueError, "shape \\(n, 5, 1\\), as the model takes"),
        ((MODEL, X[:, :, 0], Y), ValueError, "as the model takes"),
        ((MODEL, np.array([*"abcdefghijkl"]), Y), ValueError, "the model takes numbers"),
        ((MODEL, X, np.ones((12, 2, 3))), ValueError, "y: expected shape"),
        ((MODEL, X, ["a"] * 12), TypeError, "y: expected real numbers"),
        ((Own(), X, Y), ValueError, "called or trained once"),
    ],
)
def test_bad_input_is_named(arguments, error, says):
    with pytest.raises(error, match=says):
        diagnose(*arguments, tell=None)


@pytest.mark.parametrize(
    ("only", "error"), [("nan", TypeError), ([], ValueError), (["flu"], ValueError)]
)
def test_only_takes_kinds(only, error):
    with pytest.raises(error, match="only: expected"):
        diagnose(MODEL, X, Y, only=only, tell=None)
    with pytest.raises(TypeError, match="seed"):
        diagnose(MODEL, X, Y, seed=0.5, tell=None)


def test_a_model_that_was_not_compiled_is_judged_by_its_targets():
    model = keras.Sequential([layers.Input((5, 1)), layers.LSTM(2), layers.Dense(1)])
    (finding,) = diagnose(model, *sums(), only=["baseline"], tell=None).findings
    assert "mean_squared_error" in finding.said
    assert "not compiled" in finding.said
    classes = (sums()[1] > 0).astype(int)
    model = keras.Sequential([layers.Input((5, 1)), layers.LSTM(2), layers.Dense(3)])
    (finding,) = diagnose(model, sums()[0], classes, only=["baseline"], tell=None).findings
    assert "Sparse" in finding.said


@pytest.mark.parametrize("from_logits", [False, True])
@pytest.mark.parametrize("kind", ["binary", "categorical", "sparse_categorical"])
def test_the_best_constant_of_classes_is_their_entropy(kind, from_logits):
    x, y = sums(n=60)
    y = np.arange(60) % 3 % (2 if kind == "binary" else 3)
    share = np.bincount(y) / 60
    end = {"binary": "sigmoid"}.get(kind, "softmax")
    units = 1 if kind == "binary" else 3
    name = "".join(part.title() for part in kind.split("_")) + "Crossentropy"
    loss = getattr(keras.losses, name)(from_logits=from_logits)
    last = layers.Dense(units, None if from_logits else end)
    model = compiled([layers.Input((5, 1)), layers.LSTM(2), last], loss=loss)
    targets = np.eye(3)[y] if kind == "categorical" else y
    case = Case(model, x, targets, "floats", 0)
    assert case.guess == pytest.approx(-(share * np.log(share)).sum(), rel=1e-4)
    expected = model.evaluate(x, targets, verbose=0, batch_size=60)
    assert case.loss == pytest.approx(expected, rel=1e-4)
