"""A model for a page: trained, written as a script; and the one that reads the time."""

import gzip
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unrolled.equations.writing import literal
from unrolled.experiments.experiment import Values
from unrolled.regressor import web
from unrolled.regressor.portable import Model
from unrolled.regressor.portable.file import ModelFile, read
from unrolled.text import Corpus, clock

Numbers = NDArray[np.float64]
#: Sentences whose answers the result keeps.
TOLD = ("ten to six", "six to ten", "half past seven")


def trained(
    known: Corpus, settings: dict[str, Any], weights: Numbers | None = None, also: Any = None
) -> tuple[ModelFile, dict[str, Any]]:
    """Return what the file of a trained model holds, and its plan."""
    from unrolled.regressor import TextRegressor

    model = TextRegressor(verbose=0, **settings)
    model.fit(known.texts, known.targets, weights, known.groups, also)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        return read(path), model.plan_._asdict()


def written(name: str, content: ModelFile, bits: Any) -> Values:
    """Return a model as the script that a page loads, with its size in bytes, also compressed."""
    kept = literal(web.data(content, bits))
    script = f"((window.unrolled ??= {{}}).models ??= {{}})[{literal(name)}] = {kept};\n"
    return {
        "script": script,
        "bytes": len(script.encode()),
        "gzipped": len(gzip.compress(script.encode(), mtime=0)),
    }


def tell_time(config: Any) -> Values:
    """Train the model that reads the time; errors are in minutes."""
    train, validation, test = config.sentences
    splits = clock.load(train, validation, test, config.sentence_seed)
    weights = np.where(clock.bare(splits.train), config.bare, 1.0)
    content, plan = trained(splits.train, config.clock, weights)
    rounded = web.rounded(content, config.bits)
    found = {
        name: np.abs(Model(each).predict(splits.test.texts) - splits.test.targets)
        for name, each in (("before", content), ("after", rounded))
    }
    told = Model(rounded).predict(list(TOLD))
    return {
        **written("clock", content, config.bits),
        "plan": plan,
        "counts": {"train": len(splits.train), "test": len(splits.test)},
        "errors": {
            name: {
                "mae": float(off.mean()),
                "median": float(np.median(off)),
                "within_a_minute": float((off <= 1).mean()),
            }
            for name, off in found.items()
        },
        "told": dict(zip(TOLD, map(float, told), strict=True)),
        "learnt": [one for one in TOLD if one in splits.train.texts],
    }
