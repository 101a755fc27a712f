"""What every test shares: quiet libraries and one seed that can be changed from outside."""

import importlib.util
import os
import signal
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, settings

# These run under nox -s mutants alone, beside a tool that the tests do not need.
collect_ignore = ["mutation"]

# TensorFlow reads this once, at import: its start-up notices are not ours to test.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# No test hangs on how fast the machine is.
settings.register_profile("steady", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")
# One failing example is enough to notice a changed line; a small one is for people.
settings.register_profile("mutants", phases=[Phase.explicit, Phase.generate])


#: What takes long to make: a browser, the whole book as it was read, a model that reads.
SLOW = {"browser", "built", "reading"}


def pytest_collection_modifyitems(items):
    """Call slow whatever asks for one of these."""
    for item in items:
        if SLOW.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("slow")


def pytest_addoption(parser):
    parser.addoption("--seed", type=int, default=0, help="seed of the random arrays in tests")


@pytest.fixture(scope="session", autouse=True)
def ctrl_c_is_heard():
    """Undo what a shell does to all that it starts in the background: there Ctrl-C is ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="module")
def eager():
    """Let TensorFlow run step by step: for a few texts, tracing a graph takes longer."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture
def graph(eager):
    """Let TensorFlow trace its graphs as it does for everybody, in a module that is eager."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(False)
    yield
    tf.config.run_functions_eagerly(True)


@pytest.fixture
def rng(request):
    """Return a seeded generator; ``pytest --seed N`` draws other arrays."""
    return np.random.default_rng(request.config.getoption("--seed"))


@pytest.fixture
def broken(monkeypatch):
    """Return a function that lets a library, which is there, fail to load."""

    def broken(library, message="libcudart.so.12: cannot open shared object file"):
        class Finder:
            def find_spec(self, name, path=None, target=None):
                if name.partition(".")[0] == library:
                    return importlib.util.spec_from_loader(name, self)
                return None

            def create_module(self, spec):
                return None

            def exec_module(self, module):
                raise ImportError(message)

        for name in [name for name in sys.modules if name.partition(".")[0] == library]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.setattr(sys, "meta_path", [Finder(), *sys.meta_path])

    return broken
