"""A prediction needs NumPy and this package: nothing that takes seconds to load."""

import json
import subprocess
import sys

import numpy as np
import pytest

from unrolled import regressor
from unrolled.regressor import portable

#: What the whole tool has beside NumPy.
HEAVY = {"tensorflow", "keras", "sklearn", "scipy", "matplotlib", "pooch", "click", "tqdm", "h5py"}


def test_a_new_process_answers_without_tensorflow_or_keras(saved):
    code = (
        "import json, sys; from unrolled.regressor import load; "
        f"model = load({str(saved)!r}); answer = model.predict(['so late']).tolist(); "
        "model.gates('so late'); model.predict(['so late'], 0.9); "
        "print(json.dumps([answer, sorted(sys.modules)]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    answer, modules = json.loads(done.stdout)
    np.testing.assert_allclose(answer, portable.load(saved).predict(["so late"]), rtol=1e-6)
    loaded = {name for name in modules if name.startswith("unrolled.text.")}
    assert {name.partition(".")[0] for name in modules} & HEAVY == set()
    assert {"numpy.random", "numpy.ma"}.isdisjoint(modules)
    assert not loaded & {f"unrolled.text.{name}" for name in ("ratings", "clock", "baselines")}


@pytest.mark.slow
def test_the_regressor_itself_is_loaded_when_it_is_asked_for_and_not_before():
    """``from unrolled.regressor import load`` and even the room's own import stay light."""
    code = (
        "import sys; import unrolled.regressor; light = 'numpy' not in sys.modules; "
        "from unrolled.regressor import load, ModelFileError; "
        f"loaded = sorted({HEAVY!r} & {{name.partition('.')[0] for name in sys.modules}}); "
        "from unrolled.regressor import TextRegressor; "
        "print(light, loaded, TextRegressor.__name__, 'keras' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True [] TextRegressor True"


def test_what_the_room_does_not_have_is_named():
    with pytest.raises(AttributeError, match=r"unrolled\.regressor' has no attribute 'read'"):
        regressor.read  # noqa: B018
    assert {"TextRegressor", "load"} <= set(regressor.__all__)
    assert all(getattr(regressor, name) for name in regressor.__all__)
