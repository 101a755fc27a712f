"""Kernels that are forks of one process are like any other, and find their libraries loaded."""

from __future__ import annotations

import json
import os

import pytest
from jupyter_cache.executors import utils
from nbclient.exceptions import DeadKernelError
from nbformat import v4
from warm_kernels import Manager, Server

SEEN = """
import importlib.util, json, os, sys
loaded = {"keras", "scipy.stats"} <= set(sys.modules)
beside = importlib.util.find_spec("warm_kernels") is not None
seen = [os.getpid(), os.getcwd(), os.environ["WHERE"], loaded, sys.stdin.read(), beside]
print(json.dumps(seen))
"""
TRAINED = """
import keras, numpy, subprocess
model = keras.Sequential([keras.Input((3, 2)), keras.layers.LSTM(2)])
model.compile("adam", "mse")
model.fit(numpy.ones((4, 3, 2)), numpy.ones((4, 2)), verbose=0)
done = subprocess.run("exit 3", shell=True).returncode
print(done)
"""


@pytest.fixture(scope="module")
def run():
    """Return a function that runs cells in a kernel of their own and returns what they print."""

    def executed(folder, *cells):
        notebook = v4.new_notebook(cells=[v4.new_code_cell(cell) for cell in cells])
        how = {"cwd": str(folder), "timeout": None, "allow_errors": False}
        found = utils.single_nb_execution(notebook, **how, kernel_manager_class=Manager)
        if found.err:
            raise found.err
        outputs = [output for cell in notebook.cells for output in cell.outputs]
        return "".join(output.text for output in outputs if output.name == "stdout")

    with Server() as Manager.server:
        yield executed


@pytest.mark.slow
def test_a_kernel_is_a_process_of_its_own_where_the_page_is(run, tmp_path, monkeypatch):
    monkeypatch.setenv("WHERE", "here")
    pid, folder, where, loaded, typed, beside = json.loads(run(tmp_path, SEEN))
    assert (folder, where, loaded, typed, beside) == (str(tmp_path), "here", True, "", False)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)  # It has ended with its page.


@pytest.mark.slow
def test_kernels_train_one_after_the_other_and_know_nothing_of_each_other(run, tmp_path):
    assert run(tmp_path, TRAINED) == "3\n"
    assert run(tmp_path, "print('keras' in globals(), 'model' in globals())") == "False False\n"
    assert run(tmp_path, TRAINED) == "3\n"


@pytest.mark.slow
def test_a_kernel_that_dies_ends_its_page_and_no_other(run, tmp_path):
    with pytest.raises(DeadKernelError):
        run(tmp_path, "import os\nos._exit(1)")
    assert run(tmp_path, "print(1)") == "1\n"
