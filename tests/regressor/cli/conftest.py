"""Commands run in this process, on files that are made here."""

import contextlib
import io
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from cli_cases import Done, bag, order, write

from unrolled.regressor.cli import main


@pytest.fixture
def run(capsys, monkeypatch):
    """Return a function that runs a command and returns what it left behind."""

    def run(*words, stdin=b""):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capsys.readouterr()
        code = main([str(word) for word in words])
        return Done(code, *capsys.readouterr())

    return run


class Fitted(NamedTuple):
    """A model on disk, what it was fitted to, and what the command said."""

    path: Path
    data: Path
    said: Done


def fitted(folder, rows, *words):
    data, path = write(folder / "data.csv", rows), folder / "model.keras"
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        command = ["fit", data, "--text", "text", "--target", "number", "--out", path, *words]
        code = main([str(word) for word in command])
    return Fitted(path, data, Done(code, out.getvalue(), err.getvalue()))


@pytest.fixture(scope="session")
def reading(tmp_path_factory):
    """Return a model of texts whose order matters."""
    return fitted(tmp_path_factory.mktemp("reading"), order(1000), "--epochs", "5")


@pytest.fixture
def plain(tmp_path):
    """Return a function that writes a model of two words, asked for so many texts."""
    from unrolled.regressor.counting import Grams
    from unrolled.regressor.covariates import Covariates
    from unrolled.regressor.intervals import NONE
    from unrolled.regressor.pieces import RESERVED, Pieces
    from unrolled.regressor.text_model import TextModel

    def plain(asked):
        grams, path = Grams(["six", "ten"], []), tmp_path / "plain.keras"
        sizes = {"words": 2, "letters": 0, "vocabulary_size": 3, "embedding_dim": 1, "units": 1}
        config = {**sizes, "scores": asked, "readers": 0, "share": 0.0, "max_length": 9}
        weights = (
            [np.array([[1, 6], [1, 10]]), np.zeros(1), np.zeros(0)],
            [NONE.weights, np.arange(asked)],
        )
        TextModel.of(config, Pieces(list(RESERVED)), grams, Covariates(), weights).save(path)
        return path

    return plain


@pytest.fixture(scope="session")
def counting(tmp_path_factory):
    """Return a model of texts whose order does not matter."""
    return fitted(tmp_path_factory.mktemp("counting"), bag(400), "--epochs", "1")
