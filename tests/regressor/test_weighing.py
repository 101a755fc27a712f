"""Out-of-fold answers choose a penalty, epochs and shares, and no fold hears what it is asked."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from unrolled.regressor import folding, ridges, weighing
from unrolled.regressor.examples import Example, collect
from unrolled.regressor.folding import Task
from unrolled.regressor.weighing import Plan, Teaching

NO = np.zeros(0, np.intp)
RNG = np.random.default_rng(0)
WORDS = np.array(["so", "late", "soon", "never", "once", "again", "word", "more", "it", "is"])


def nothing(n):
    """Return covariates of n texts without any."""
    return np.zeros((n, 0), np.float32)


def made(n=60, groups=None, noise=0.3, seed=0):
    """Return examples of random words, and what is to be learnt from them: a sum over the words."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=len(WORDS))
    picked = rng.integers(len(WORDS), size=(n, 5))
    targets = values[picked].sum(axis=1) + noise * rng.normal(size=n)
    names = groups or [None] * n
    texts = [" ".join(WORDS[row]) for row in picked]
    data = collect(map(Example, texts, targets.tolist(), names))
    targets = ((targets - targets.mean()) / targets.std()).astype(np.float32)
    return data, Task(data.texts, targets, np.ones(n), data.groups, nothing(n))


@given(
    groups=st.lists(st.integers(0, 9), min_size=10, max_size=40),
    number=st.integers(2, 6),
    seed=st.integers(0, 9),
)
def test_each_text_is_asked_once_of_those_that_learnt_from_other_groups(groups, number, seed):
    data = collect([Example(f"text {n}", 0.0, f"g{g}") for n, g in enumerate(groups)])
    if len(set(groups)) < 2:
        with pytest.raises(ValueError, match="enough groups to fill 2 parts, got 1 groups of"):
            folding.folds(data, data.rows, NO, number, seed)
        return
    folds = folding.folds(data, data.rows, NO, number, seed)
    assert len(folds) == min(number, len(set(groups)))
    assert sorted(np.concatenate([asked for _, asked in folds])) == [*range(len(groups))]
    for known, asked in folds:
        assert sorted([*known, *asked]) == [*range(len(groups))]
        assert not {*data.groups[known]} & {*data.groups[asked]}


@given(
    texts=st.lists(st.integers(0, 5), min_size=6, max_size=30),
    grouped=st.booleans(),
    seed=st.integers(0, 9),
)
def test_a_text_that_is_asked_is_not_learnt_from(texts, grouped, seed):
    """However often it stands there; without groups no row of it is left out."""
    names = [f"g{n % 7}" if grouped else None for n in range(len(texts))]
    data = collect([Example(f"text {t}", 0.0, g) for t, g in zip(texts, names, strict=True)])
    homes = {n % 7 for n, t in enumerate(texts) if t not in texts[:n]}
    if len(set(texts)) == 1 or (grouped and len(homes) == 1):
        with pytest.raises(ValueError, match="of them distinct"):
            folding.folds(data, data.rows, NO, 4, seed)
        return
    try:
        folds = folding.folds(data, data.rows, NO, 4, seed)
    except ValueError:  # All groups in which a text is first are in one fold.
        assume(False)
    for known, asked in folds:
        assert not {*data.texts.keys[known]} & {*data.texts.keys[asked]}
        assert not {*data.groups[known]} & {*data.groups[asked]}
        assert len(known)
    if not grouped:
        assert sorted(np.concatenate([asked for _, asked in folds])) == [*range(len(texts))]


@pytest.mark.parametrize(
    ("bound", "number"), [("LARGE_TEXTS", 5), ("LARGE_TOKENS", 5), ("__name__", 1)]
)
def test_of_many_texts_or_in_one_fold_a_tenth_is_asked(monkeypatch, bound, number):
    data, _ = made(100)
    monkeypatch.setattr(folding, bound, 99)
    ((known, asked),) = folding.folds(data, data.rows, NO, number, 0)
    assert len(asked) == pytest.approx(10, abs=2)
    assert len(known) + len(asked) == pytest.approx(100, abs=3)


@pytest.mark.parametrize("seed", range(4))
def test_penalty_and_length_of_letters_are_better_than_those_near_them(seed):
    data, task = made(noise=2)
    folds = folding.folds(data, data.rows, NO, 3, seed)
    (alpha, weight, letters), (answers, _), _ = ridges.counting(task, folds, NO, 0)
    assert (alpha, weight) == (2.0 ** round(np.log2(alpha)), 0)
    assert letters == pytest.approx(2.0 ** (round(2 * np.log2(letters)) / 2))
    assert 0.25 <= letters <= 4

    def asked(alpha, letters):
        found = np.full(60, np.nan)
        for known, rows in folds:
            ridge = ridges.learn(task, known, alpha, 0, letters)
            found[rows] = ridge.answers(task.texts.words(rows))
        return found

    np.testing.assert_allclose(answers, asked(alpha, letters), rtol=1e-5)
    near = [(alpha * n, letters) for n in (0.5, 1, 2)]
    near += [(alpha, letters * n) for n in (0.5**0.5, 2**0.5) if 0.25 <= letters * n <= 4]
    errors = [weighing.error(task, asked(*each), np.full(60, True)) for each in near]
    assert min(errors) == errors[1]


def test_no_answer_to_a_fold_depends_on_its_targets():
    data, task = made()
    folds = folding.folds(data, data.rows, NO, 3, 0)
    before = ridges.learn(task, folds[0][0], 1.0, 0).answers(task.texts.words(folds[0][1]))
    targets = task.targets.copy()
    targets[folds[0][1]] = 99
    after = ridges.learn(task._replace(targets=targets), folds[0][0], 1.0, 0)
    np.testing.assert_array_equal(after.answers(task.texts.words(folds[0][1])), before)


TRUTH = RNG.normal(size=400).astype(np.float32)
TASK = Task(None, TRUTH, np.linspace(0.5, 1.5, 400), np.arange(400), nothing(400))


def off(size, seed):
    """Return answers that are off by normal errors of a size."""
    return (TRUTH + size * np.random.default_rng(seed).normal(size=400)).astype(np.float32)


def test_what_both_do_is_shared_by_the_least_squared_error():
    counted, read = off(0.5, 1), [off(2, 2), off(0.6, 3), off(1.2, 4)]
    found = weighing.plan(TASK, Teaching(8.0, 0.3, 1.4), counted, read)
    assert found[:4] == (8.0, 0.3, 1.4, 2)
    shares = np.linspace(0, 1, 1001)
    both = [s * read[1] + (1 - s) * counted for s in shares]
    errors = [weighing.error(TASK, each, np.full(400, True)) for each in both]
    assert found.share == pytest.approx(shares[np.argmin(errors)], abs=1e-3)


@pytest.mark.parametrize("better", [1, 200])
def test_fewer_epochs_are_read_only_where_that_is_better_beyond_chance(better):
    """What is better for one text alone may be so by chance."""
    last = off(0.5, 2)
    last[:better] += 4
    found = weighing.plan(TASK, Teaching(8.0, 0.3), off(9, 1), [off(0.5, 2), last])
    assert found.epochs == (1 if better == 200 else 2)


@pytest.mark.parametrize(
    ("counted", "read", "expected"),
    [
        (off(0.3, 1), off(9, 2), (0, 0)),  # Noise.
        (off(0.3, 1), off(0.3, 1), (0, 0)),  # The same.
        (off(9, 1), off(0.3, 2), (1, 1)),
        (off(9, 1), np.zeros(400, np.float32), (0, 0)),  # Better than counting, and not learnt.
        (off(0.3, 1), np.full(400, np.nan, np.float32), (0, 0)),  # Out of hand.
    ],
    ids=["reading is noise", "both are the same", "counting is noise", "both are", "no number"],
)
def test_a_part_that_does_not_help_is_left_out(counted, read, expected):
    found = weighing.plan(TASK, Teaching(1.0, 0.0), counted, [read])
    assert (found.epochs, found.share) == expected


def test_the_first_fold_gives_hope_unless_reading_adds_nothing_there():
    rows = np.arange(100, 220)
    hopeful = weighing.promises(TASK, off(1, 1), [off(9, 2), off(1, 2)], rows)
    assert hopeful is True
    assert weighing.promises(TASK, off(0.3, 1), [off(9, 2)], rows) is False
    elsewhere = np.where(np.isin(np.arange(400), rows), off(9, 2), off(0.01, 2))
    assert weighing.promises(TASK, off(0.3, 1), [elsewhere], rows) is False


@pytest.mark.parametrize("sure", [0.0, weighing.SURE])
def test_another_way_to_read_is_better_by_what_both_parts_say_on_the_fold(sure):
    rows, wild = np.arange(100, 220), np.full(400, np.nan, np.float32)
    counted, one, other = off(9, 1), [off(1, 2)], [off(0.3, 3)]
    assert weighing.gains(TASK, counted, one, other, rows, sure) is True
    assert weighing.gains(TASK, counted, other, one, rows, sure) is False
    assert weighing.gains(TASK, counted, [wild], other, rows, sure) is True
    assert weighing.gains(TASK, counted, other, [wild], rows, sure) is False
    assert weighing.gains(TASK, counted, [wild], [wild], rows, sure) is False


def test_reading_suffices_where_counting_adds_nothing_on_the_fold():
    rows = np.arange(100, 220)
    assert weighing.suffices(TASK, off(9, 1), [off(0.3, 2)], rows) is True
    assert weighing.suffices(TASK, off(0.5, 1), [off(0.6, 3)], rows) is False
    assert weighing.suffices(TASK, off(0.3, 1), [off(9, 2)], rows) is False
    elsewhere = np.where(np.isin(np.arange(400), rows), off(0.3, 2), off(9, 2))
    assert weighing.suffices(TASK, off(9, 1), [elsewhere], rows) is True


def test_without_what_was_read_counting_is_all():
    assert weighing.plan(TASK, Teaching(2.0, 0.1), off(1, 1), []) == Plan(2.0, 0.1, 1, 0, 0)


def test_what_helps_by_chance_is_rarely_taken_for_help():
    """And as rarely where the texts of a group are all alike."""
    helped = 0
    for seed in range(400):
        rng = np.random.default_rng(seed)
        one, other = (np.repeat(rng.normal(size=20), 20).astype(np.float32) for _ in range(2))
        groups = np.repeat(np.arange(20), 20)
        task = Task(None, np.zeros(400, np.float32), np.ones(400), groups, nothing(400))
        helped += weighing.helps(task, one, other, np.full(400, True))
    assert 5 < helped < 45
    alike = task._replace(groups=np.zeros(400, int))
    assert not weighing.helps(alike, 0 * one, one, np.full(400, True))


def test_of_very_many_texts_some_are_drawn_by_the_seed(monkeypatch):
    data, task = made()
    monkeypatch.setattr(ridges, "MOST_TEXTS", 25)
    one, same, other = (ridges.learn(task, data.rows, 1.0, seed) for seed in (1, 1, 2))
    drawn = np.sort(np.random.default_rng(1).permutation(data.rows)[:25])
    monkeypatch.undo()
    by_hand = ridges.learn(task, drawn, 1.0, 5)
    for ridge in (same, by_hand):
        np.testing.assert_array_equal(ridge.table, one.table)
    assert not np.array_equal(other.table, one.table)
    monkeypatch.setattr(ridges, "MOST_TOKENS", 60)
    assert len(ridges._thinned(task.texts, data.rows, 0)) == 10


def worded(also, weight=1.0):
    """Return examples in which words are told before any text, and what is to be learnt."""
    rng = np.random.default_rng(0)
    values = {f"word{n}": rng.normal() for n in range(200)}
    names = list(values)
    texts = [" ".join(rng.choice(names, 4)) for _ in range(60)]
    targets = [sum(values[word] for word in text.split()) for text in texts]
    texts, targets = [*texts, *also], [*targets, *(values.get(w, 0) for w in also)]
    data = collect(
        Example(text, float(target)) for text, target in zip(texts, targets, strict=True)
    )
    scaled = (np.array(targets) / np.std(targets)).astype(np.float32)
    weights = np.full(len(texts), weight)
    return data, Task(data.texts, scaled, weights, data.groups, nothing(len(texts)))


def test_a_list_of_words_that_helps_is_given_a_weight_and_noise_is_given_none():
    rows = np.arange(60)
    for words, taught in (([f"word{n}" for n in range(200)], True), (["xyzzy"] * 9, False)):
        data, task = worded(words)
        also = data.rows[60:]
        folds = folding.folds(data, rows, also, 4, 0)
        plain, (plain_answers, _), _ = ridges.counting(task, folds, NO, 0)
        found, (answers, _), _ = ridges.counting(task, folds, also, 0)
        assert plain.also == 0
        assert (found.also > 0) == taught
        assert np.isnan(answers[also]).all()
        asked = ~np.isnan(answers)
        by_weight = {0.0: plain_answers}
        best = round(np.log2(plain.alpha)), round(2 * np.log2(plain.letters))
        for weight in ridges.WEIGHTS:
            of_lists = ridges.Ridges(task, folding.with_more(folds, also), 0)
            weights = folding.weighted(task, also, weight).weights
            by_weight[weight], _ = of_lists.answers(weights, *best)
        np.testing.assert_array_equal(by_weight[found.also][asked], answers[asked])
        errors = {weight: weighing.error(task, each) for weight, each in by_weight.items()}
        assert errors[found.also] == min(errors.values())


def test_what_is_told_is_never_asked():
    texts = [f"text {n}" for n in range(30)]
    data = collect([Example(text, 0.0) for text in [*texts, *texts[:10]]])
    rows, also = data.rows[:30], data.rows[30:]
    folds = folding.folds(data, rows, also, 3, 0)
    assert sorted(np.concatenate([asked for _, asked in folds])) == [*range(10, 30)]
    for known, asked in folding.with_more(folds, also):
        assert {*also} <= {*known}
        assert not {*data.texts.keys[known]} & {*data.texts.keys[asked]}


def test_a_weight_is_of_what_only_teaches():
    _, task = worded(["word1", "word2"], weight=2.0)
    found = folding.weighted(task, np.array([60, 61]), 0.3).weights
    assert found.tolist() == [2.0] * 60 + [0.6] * 2
    assert task.weights.tolist() == [2.0] * 62


def test_covariates_are_learnt_beside_the_words_and_each_fold_has_its_own_weights():
    data, task = made(90)
    beside = np.random.default_rng(3).normal(size=(90, 2)).astype(np.float32)
    task = task._replace(targets=task.targets + 2 * beside[:, 0], beside=beside)
    folds = folding.folds(data, data.rows, NO, 3, 0)
    teaching, (answers, weights), _ = ridges.counting(task, folds, NO, 0)
    assert [len(each) for each in weights] == [2, 2, 2]
    np.testing.assert_allclose(weights, [[2, 0]] * 3, atol=0.2)
    for (known, asked), of_fold in zip(folds, weights, strict=True):
        ridge = ridges.learn(task, known, teaching.alpha, 0, teaching.letters)
        np.testing.assert_array_equal(ridge.beside, of_fold)
        expected = ridge.answers(task.texts.words(asked)) + beside[asked] @ of_fold
        np.testing.assert_allclose(answers[asked], expected, rtol=1e-5)
        left = task.less(of_fold).targets
        np.testing.assert_allclose(left, task.targets - beside @ of_fold, rtol=1e-6)
    alone = ridges.beside_alone(task, folds)
    known, asked = folds[0]
    design = np.column_stack([np.ones(len(known)), beside[known]])
    slopes = np.linalg.solve(design.T @ design + np.diag([0, 1, 1]), design.T @ task.targets[known])
    np.testing.assert_allclose(alone[asked], slopes[0] + beside[asked] @ slopes[1:], atol=0.05)
