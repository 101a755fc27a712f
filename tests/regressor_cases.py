"""What the tests of the text regressor share."""

from collections import Counter

import numpy as np

from unrolled.regressor import weighing
from unrolled.regressor.counting import Grams
from unrolled.regressor.pieces import Pieces, tokens


def planned(patch, **found):
    """Let the folds find this, where something was read, and what is not said as they do."""
    plan = weighing.plan

    def instead(*given):
        return plan(*given)._replace(**found) if given[-1] else plan(*given)

    patch.setattr(weighing, "plan", instead)
    patch.setattr(weighing, "promises", lambda *_: True)


def untrained(texts, counted=2000, covariates=None, **settings):
    """Return a Keras model of random weights that knows the pieces of some texts.

    It counts so many words and pairs of words, and as many runs of letters, at most.
    """
    from unrolled.regressor.covariates import NONE
    from unrolled.regressor.text_model import TextModel

    rng = np.random.default_rng(0)
    counts = Counter(token for text in texts for token in tokens(text))
    vocabulary = Pieces.fit(counts, vocabulary_size=5000, min_count=1)
    grams = Grams.fit([list(tokens(text)) for text in texts], most=counted)
    model = TextModel(
        words=len(grams.words), letters=len(grams.letters), scores=30,
        beside=(covariates or NONE).width,
        vocabulary_size=len(vocabulary), **settings,
    )  # fmt: skip
    model.build()
    model.vocabulary, model.grams, model.covariates = vocabulary, grams, covariates or NONE
    for weight in model.weights:
        weight.assign(rng.normal(0, 0.5, weight.shape).astype(np.float32))
    model.counter.table.assign(np.abs(model.counter.get_weights()[0]))
    model.doubt.ratios.assign(np.sort(np.abs(model.doubt.get_weights()[1])))
    return model
