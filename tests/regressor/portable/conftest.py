"""Model files that Keras wrote, and a way to spoil them."""

import json
import zipfile

import numpy as np
import pytest
from regressor_cases import untrained

from unrolled.regressor.covariates import Category, Covariates, Number
from unrolled.regressor.portable import file
from unrolled.regressor.portable.names import CONFIG, WEIGHTS
from unrolled.text import clock

SIGNS = [
    *map(chr, range(33, 0x250)),
    *"абвгд אבג ابت कखग 日本語 한국 :) :-( !!! 😀👍🏽❤️ \u200d \u0301 \n \t \0 ",
]


@pytest.fixture(scope="session")
def texts():
    """Return a few thousand texts: sentences, and noise of many scripts."""
    rng = np.random.default_rng(0)
    sentences = clock.load(train=1500, validation=10, test=10).train.texts
    noise = ["x" + "".join(rng.choice(SIGNS, rng.integers(1, 60))) for _ in range(1500)]
    return [*sentences, *noise]


@pytest.fixture(scope="session")
def both(tmp_path_factory, texts):
    """Return a function that makes a model of random weights and the path of its file."""
    folder = tmp_path_factory.mktemp("models")

    def both(name, **settings):
        model = untrained(texts[::10], mean=1.0, scale=2.0, **settings)
        model.save(folder / name)
        return model, folder / name

    return both


@pytest.fixture(scope="session")
def saved(both):
    """Return the path of a small model of two readers, as Keras wrote it."""
    about = {"settings": {"units": 5}, "metrics": {"mae": 1.5}}
    sizes = {"embedding_dim": 6, "units": 5, "readers": 2, "max_length": 40}
    return both("small.keras", share=0.5, about=about, **sizes)[1]


@pytest.fixture(scope="session")
def counting(both):
    """Return a model that has no reader, and the path of its file."""
    sizes = {"embedding_dim": 6, "units": 5, "max_length": 40}
    return both("counting.keras", readers=0, share=0.0, **sizes)


@pytest.fixture(scope="session")
def reading(both):
    """Return a model that has nothing to count, and the path of its file."""
    sizes = {"embedding_dim": 6, "units": 5, "max_length": 40}
    return both("reading.keras", counted=0, readers=1, share=1.0, **sizes)


@pytest.fixture(scope="session")
def beside(both):
    """Return a model with covariates, and the path of its file."""
    columns = Number("price", 2.0, 0.5, True), Category("kind", ("a", "b"))
    sizes = {"embedding_dim": 6, "units": 5, "readers": 1, "share": 0.5, "max_length": 40}
    return both("beside.keras", covariates=Covariates("said", columns), **sizes)


@pytest.fixture(scope="session")
def parts(saved):
    """Return the members of the small model's file by name."""
    with zipfile.ZipFile(saved) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def write(parts, tmp_path):
    """Return a function that writes a model file with some members replaced, or None left out."""

    def write(changed, **how):
        path = tmp_path / "changed.keras"
        with zipfile.ZipFile(path, "w", **how) as archive:
            for name, data in {**parts, **changed}.items():
                if data is not None:
                    archive.writestr(name, data)
        return path

    return write


@pytest.fixture
def configured(parts, write):
    """Return a function that writes a model file with a changed config.

    Names with a dot lead into the config of the model itself.
    """

    def configured(changes):
        config = json.loads(parts[CONFIG])
        for name, value in changes.items():
            place = config["config"] if name.startswith("config.") else config
            name = name.removeprefix("config.")
            place.pop(name, None)
            if value is not ...:
                place[name] = value
        return write({CONFIG: json.dumps(config)})

    return configured


@pytest.fixture
def weighted(saved, write):
    """Return a function that writes a model file whose weights a function has changed.

    It is given the arrays of the counter, those of the doubts, and those of each reader.
    """

    def weighted(change):
        arrays = [[each.copy() for each in part] for part in file.read(saved).weights.parts]
        change(*arrays)
        data = b"".join(each.tobytes() for part in arrays for each in part)
        return write({f"assets/{WEIGHTS}": data})

    return weighted
