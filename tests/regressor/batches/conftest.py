"""Small models of random weights, and files for them."""

import contextlib
import io
from typing import NamedTuple

import pytest
from regressor_cases import untrained

from unrolled.regressor.cli import main
from unrolled.regressor.covariates import Category, Covariates, Number
from unrolled.text import clock

SIZES = {"embedding_dim": 4, "units": 3, "readers": 1, "share": 0.5, "max_length": 40}


class Done(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


@pytest.fixture(scope="session")
def texts():
    """Return sentences, all different."""
    return clock.load(train=300, validation=10, test=10).train.texts


@pytest.fixture(scope="session")
def models(tmp_path_factory, texts):
    """Return the paths of three models: of texts, of other weights, and of texts beside columns."""
    folder = tmp_path_factory.mktemp("models")
    columns = Number("price", 2.0, 0.5, True), Category("kind", ("a", "b"))
    untrained(texts, mean=1.0, scale=2.0, **SIZES).save(folder / "model.keras")
    untrained(texts, mean=9.0, scale=2.0, **SIZES).save(folder / "other.keras")
    beside = untrained(texts, covariates=Covariates("said", columns), **SIZES)
    beside.save(folder / "beside.keras")
    return [folder / f"{name}.keras" for name in ("model", "other", "beside")]


@pytest.fixture(scope="session")
def model(models):
    """Return the path of a model of texts."""
    return models[0]


@pytest.fixture
def run():
    """Return a function that runs a command in this process."""

    def run(*words):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main([str(word) for word in words])
        return Done(code, out.getvalue(), err.getvalue())

    return run
