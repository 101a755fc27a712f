"""A prediction needs NumPy, h5py and this package: nothing that takes seconds to load."""

import json
import subprocess
import sys

import numpy as np

from unrolled.regressor import portable

HEAVY = {"tensorflow", "keras", "sklearn", "scipy", "matplotlib", "pooch", "click", "tqdm"}


def test_a_new_process_answers_without_tensorflow_or_keras(saved):
    code = (
        "import json, sys; from unrolled import portable; "
        f"model = portable.load({str(saved)!r}); answer = model.predict(['so late']).tolist(); "
        "model.gates('so late'); print(json.dumps([answer, sorted(sys.modules)]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    answer, modules = json.loads(done.stdout)
    np.testing.assert_allclose(answer, portable.load(saved).predict(["so late"]), rtol=1e-6)
    loaded = {name for name in modules if name.startswith("unrolled.text.")}
    assert {name.partition(".")[0] for name in modules} & HEAVY == set()
    assert not loaded & {f"unrolled.text.{name}" for name in ("ratings", "clock", "baselines")}
