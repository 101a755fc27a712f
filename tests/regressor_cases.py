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


EPOCHS = 4
#: What both sides run: five steps an epoch, of 32 texts each, the last of them of 29.
MADE = """
import numpy as np
from unrolled.regressor.counting import Counted
from unrolled.regressor.encoding import Encoded
from unrolled.regressor.examples import tokenize
from unrolled.regressor.pieces import Pieces
from unrolled.regressor.training import Hyperparameters, Trainee, TrainingData
from unrolled.text import clock

def trainee():
    part = clock.load(train=200, validation=10, test=10).train
    texts, rows = tokenize(part.texts), np.arange(200)
    pieces = Pieces.fit(texts.counts(rows))
    targets = np.asarray(part.targets, np.float32)
    targets = (targets - targets.mean()) / targets.std()
    weights = np.linspace(0.5, 1.5, 200)
    data = TrainingData(Encoded(texts, pieces), targets, weights, rows[:157], rows[157:])
    return Trainee(data, Hyperparameters(6, 4, 0.0, 5, 32, 0.05, 9, 0))
"""


def made():
    found = {}
    exec(MADE, found)
    return found["trainee"]()


def alone_and_made_by_others(*files):
    """Return what one process made, when it is what stands in the others' checkpoints."""
    alone = made()
    for _ in range(EPOCHS):
        alone.go_on()
    ours = alone._arrays()
    with np.load(files[0]) as first:
        for file in files:
            with np.load(file) as each:
                assert [*each.files] == [*first.files]
                for name in set(first.files) - {"history"}:
                    np.testing.assert_array_equal(each[name], first[name])
        for name in ours:
            np.testing.assert_allclose(first[name], ours[name], rtol=1e-4, atol=1e-5)
    return alone
