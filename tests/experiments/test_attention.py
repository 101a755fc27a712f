"""The translator: writing step by step is the pass at once, and padding is outside all of it."""

import jax
import numpy as np
import pytest

from unrolled.experiments.attention import learning, sentences, study, translator
from unrolled.experiments.attention.sentences import END, START


@pytest.fixture(params=["attention", "fixed state"])
def model(request, rng):
    """Return a small translator of either kind, with random weights."""
    drawn = study.fresh(0, 3, 4 if request.param == "attention" else None)
    return jax.tree.map(lambda a: a + rng.normal(0, 0.5, a.shape), drawn)


@pytest.fixture
def pairs():
    return sentences.draw(3, "test", 5, (1, 2))


def stepwise(model, pairs, signs):
    """Return NumPy's log-probabilities (N, K, V), each step fed with the sign before it."""
    memory, state = translator.encode(model, pairs.ids, pairs.lengths)
    before, found = np.full(len(pairs.ids), START), []
    for column in signs.T:
        state, log_p, _ = translator.step(model, memory, state, before)
        found.append(log_p)
        before = column
    return np.stack(found, axis=1)


@pytest.mark.slow
def test_step_by_step_is_the_pass_at_once(model, pairs):
    """NumPy's steps are JAX's scan: fed with the right signs, and with their own."""
    with jax.enable_x64(True):
        at_pass = jax.jit(learning.forced)
        at_once = at_pass(model, pairs)
        most = pairs.signs.shape[1]  # One shape is compiled once.
        own = learning.alone(model, pairs.ids, pairs.lengths, most=most)
        own = np.asarray(own, np.int32)
        again = at_pass(model, pairs._replace(signs=own))
    log_p = stepwise(model, pairs, pairs.signs)
    np.testing.assert_allclose(log_p, at_once, rtol=0, atol=1e-10)
    np.testing.assert_allclose(np.exp(log_p).sum(-1), 1, rtol=0, atol=1e-12)
    mine = stepwise(model, pairs, own)
    np.testing.assert_allclose(mine, again, rtol=0, atol=1e-10)
    np.testing.assert_array_equal(mine.argmax(-1), own)


def test_padding_is_outside_state_attention_and_loss(model, pairs, rng):
    """Other words after the end of a sentence, and other signs after that of an answer: no bit."""
    other = pairs.ids.copy()
    padding = np.arange(other.shape[1]) >= pairs.lengths[:, None]
    other[padding] = 7
    log_p = stepwise(model, pairs, pairs.signs)
    changed = stepwise(model, pairs._replace(ids=other), pairs.signs)
    assert padding.any()
    np.testing.assert_array_equal(log_p, changed)

    after = np.cumsum(pairs.signs == END, axis=1) > 1
    told = translator.loss(log_p, pairs.signs, END)
    assert after.any()
    moved = np.where(after[..., None], np.nan, log_p)
    assert translator.loss(moved, np.where(after, 3, pairs.signs), END) == told
    right = np.take_along_axis(log_p, pairs.signs[..., None], -1)[..., 0]
    assert np.isclose(told, -right[~after].mean(), rtol=0, atol=1e-12)


@pytest.mark.slow
def test_gradients_at_padding_are_zero(model, pairs):
    """The words' vectors of a sentence alone: a word that stands in padding only has no slope."""
    with jax.enable_x64(True):
        ids = np.where(np.arange(pairs.ids.shape[1]) < pairs.lengths[:, None], 2, 7)

        def lost(model):
            made = pairs._replace(ids=ids)
            return translator.loss(learning.forced(model, made), pairs.signs, END)

        slopes = jax.jit(jax.grad(lost))(model)
    assert not slopes.words[7].any()
    assert slopes.words[2].all()


@pytest.mark.slow
def test_a_member_ends_where_it_would_end_beside_another():
    """Whoever is trained beside it: the same losses, and the same weights."""
    pool, settings = sentences.draw(0, "train", 16, (1,)), {"steps": 3, "batch": 4, "clip": 1.0}
    drawn = [study.fresh(seed, 2, 2) for seed in (0, 1)]
    both = jax.tree.map(lambda *a: np.stack(a).astype("f4"), *drawn)
    last = jax.tree.map(lambda a: a[[1, 1]], both)
    models, losses = learning.train(both, pool, [0, 1], [0.01, 0.02], **settings)
    alone, lost = learning.train(last, pool, [1, 1], [0.01, 0.02], **settings)
    np.testing.assert_allclose(losses[1], lost[1], rtol=0, atol=1e-5)
    for one, other in zip(jax.tree.leaves(models), jax.tree.leaves(alone), strict=True):
        np.testing.assert_allclose(one[1], other[1], rtol=0, atol=1e-4)


def test_what_is_tested_is_never_trained():
    train, test = (set(sentences.phrases(part)) for part in ("train", "test"))
    assert not train & test
    assert len(train) == 4 * len(test)


def test_budgets_are_equal():
    """The kind without attention is the size that comes nearest."""
    units, asked = study.sizes(study.CONFIG, "attention")
    budget = study.count(units, asked)
    fixed, _ = study.sizes(study.CONFIG, "fixed state")
    off = {n: abs(study.count(n, None) - budget) for n in range(fixed - 2, fixed + 3)}
    assert min(off, key=off.get) == fixed
    assert off[fixed] < 0.03 * budget


def test_a_script_keeps_a_model(rng):
    model = study.fresh(0, 2, 3)
    again = study.restored(study.script(model)["script"])
    for one, other in zip(jax.tree.leaves(model), jax.tree.leaves(again), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=np.abs(one).max() / 6e4)


def test_answers_are_scored_by_hand():
    assert study._share("5:50 7:30", "5:50 7:35") == 0.5
    assert study._share("", "5:50") == 0
    assert study._share("5:50 1:00", "5:50") == 1
