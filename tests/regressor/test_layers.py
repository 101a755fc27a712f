"""The network reads as the book's own cells do, and padding or company changes no answer."""

import keras
import numpy as np
import pytest

from unrolled.cells import lstm
from unrolled.libraries.layouts import from_keras
from unrolled.regressor.encoding import Batch, Encoded
from unrolled.regressor.examples import tokenize
from unrolled.regressor.layers import Counter, Doubts, Reader, WordVectors
from unrolled.regressor.pieces import Pieces
from unrolled.regressor.text_model import of_batches
from unrolled.unroll import bidirectional

TEXTS = [
    "it is ten to six", "six to ten", "so", "soooo late :-)", "it was late, so late, so very late",
    "zzz never seen", "ten", "⟦⟧",
]  # fmt: skip
ROWS = np.arange(len(TEXTS))
SIZES = {"embedding_dim": 5, "units": 3, "dropout": 0.4}


@pytest.fixture(scope="module")
def encoded():
    texts = tokenize(TEXTS)
    return Encoded(texts, Pieces.fit(texts.counts(ROWS[:5]), min_count=1))


@pytest.fixture(scope="module")
def size(encoded):
    return len(encoded.pieces)


@pytest.fixture(scope="module")
def reader(size):
    """Return a reader whose weights are large enough to tell one answer from another."""
    keras.utils.set_random_seed(0)
    reader = Reader(size, **SIZES)
    reader.build()
    rng = np.random.default_rng(0)
    reader.set_weights([rng.normal(scale=0.7, size=w.shape) for w in reader.get_weights()])
    return reader


def read(reader, batch, **options):
    return np.asarray(reader(tuple(batch), **options))[:, 0]


def vectors_by_hand(table, encoded, row):
    rows = []
    for token in encoded.texts.of(row):
        ids = encoded.flat[encoded.starts[token] : encoded.starts[token + 1]]
        rows.append(table[ids].sum(axis=0) / np.sqrt(len(ids)))
    return np.array(rows)


def test_a_word_vector_is_the_sum_of_its_pieces_over_the_root_of_their_number(encoded, size):
    layer = WordVectors(size, 4)
    layer.build()
    found = np.asarray(layer(*encoded.batch(ROWS)))
    for row in ROWS:
        expected = vectors_by_hand(layer.get_weights()[0], encoded, row)
        np.testing.assert_allclose(found[row, : len(expected)], expected, atol=1e-6)


def test_it_reads_as_the_cells_of_the_package_do(encoded, reader):
    """The same numbers in NumPy, text by text: two LSTMs, the mean and the highest, a sum."""
    there, back = from_keras(lstm, reader.both_ways.get_weights(), bidirectional=True)
    kernel, bias = reader.readout.get_weights()
    answers = read(reader, encoded.batch(ROWS))
    for row in ROWS:
        x = vectors_by_hand(reader.vectors.get_weights()[0], encoded, row)[None]
        (h,) = bidirectional(lstm, there, back, x).outputs
        expected = np.concatenate([h.mean(axis=0), h.max(axis=0)]) @ kernel + bias
        np.testing.assert_allclose(answers[row], expected[0], atol=1e-5)
    assert np.ptp(answers) > 0.5


@pytest.mark.parametrize("more", [1, 7])
def test_padding_changes_nothing(encoded, reader, more):
    batch = encoded.batch(ROWS)
    longer = batch._replace(words=np.pad(batch.words, ((0, 0), (0, more))))
    np.testing.assert_allclose(read(reader, longer), read(reader, batch), atol=1e-6)


def test_company_changes_nothing(encoded, reader):
    together = read(reader, encoded.batch(ROWS))
    alone = [read(reader, encoded.batch(np.array([row])))[0] for row in ROWS]
    np.testing.assert_allclose(together, alone, atol=1e-6)


def test_the_order_of_a_batch_changes_nothing(encoded, reader):
    order = np.random.default_rng(0).permutation(ROWS)
    mixed = read(reader, encoded.batch(order))
    np.testing.assert_allclose(mixed, read(reader, encoded.batch(ROWS))[order], atol=1e-6)


def test_the_order_of_words_changes_the_answer(encoded, reader):
    batch = encoded.batch(np.array([1]))
    turned = batch._replace(words=batch.words[:, ::-1])
    assert abs(read(reader, batch) - read(reader, turned)) > 1e-3


def test_dropout_is_for_training_alone(encoded, reader, size):
    batch = encoded.batch(ROWS)
    plain = read(reader, batch)
    np.testing.assert_array_equal(read(reader, batch), plain)
    np.testing.assert_array_equal(read(reader, batch, training=False), plain)
    one, other = (read(reader, batch, training=True) for _ in range(2))
    assert not np.allclose(one, plain, atol=1e-3)
    assert not np.allclose(one, other, atol=1e-3)
    without = Reader(size, **{**SIZES, "dropout": 0.0})
    without.build()
    without.set_weights(reader.get_weights())
    np.testing.assert_allclose(read(without, batch, training=True), plain, atol=1e-6)


@pytest.mark.parametrize("silent", ["drop_vectors", "drop_pooled"])
def test_both_word_vectors_and_what_is_pooled_are_dropped(encoded, reader, silent, monkeypatch):
    monkeypatch.setattr(getattr(reader, silent), "rate", 0)
    one, other = (read(reader, encoded.batch(ROWS), training=True) for _ in range(2))
    assert not np.allclose(one, other, atol=1e-3)


@pytest.mark.slow
def test_what_stands_for_padding_is_neither_read_nor_learnt(encoded, size):
    keras.utils.set_random_seed(0)
    reader = Reader(size, **SIZES)
    model = of_batches(reader)
    model.compile("adam", "mse", jit_compile=False)
    batch, targets = encoded.batch(ROWS), np.linspace(-1, 1, len(ROWS))
    before = reader.vectors.get_weights()[0]
    for _ in range(3):
        model.train_on_batch(tuple(batch), targets)
    table = reader.vectors.get_weights()[0]
    np.testing.assert_array_equal(table[0], before[0])
    learnt = np.flatnonzero((table != before).any(axis=1))
    assert learnt.tolist() == sorted(set(batch.pieces.tolist()) - {0})
    answers = read(reader, batch)
    table[0] = 100
    reader.vectors.set_weights([table])
    np.testing.assert_array_equal(read(reader, batch), answers)


@pytest.mark.parametrize(
    ("layer", "shapes"), [(Counter(7, 3), [(7, 2), (1,), (3,)]), (Doubts(3, 9), [(4,), (9,)])]
)
def test_what_is_learnt_elsewhere_is_held_and_learns_nothing(layer, shapes):
    layer.build()
    assert [weight.shape for weight in layer.weights] == shapes
    assert not any(np.any(weight) for weight in layer.get_weights())
    assert layer.trainable_weights == []


def test_start_alone_has_an_answer(reader):
    batch = Batch(*(np.array(a, np.int32) for a in ([[1]], [0, 2], [0, 1])))
    assert np.isfinite(read(reader, batch)).all()
