"""What users of text models ask again and again, each answered by a run.

The page *From text to tensors* gives the same answers in words.
"""

import importlib.util
import json

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.cells import lstm
from unrolled.text import OOV, PAD, Vocabulary, clock, pad
from unrolled.unroll import bidirectional, unroll

# Keras 3 turns TensorFlow's tensors into arrays in a way that NumPy 2 calls old.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
)

ROWS = [[2, 3, 4], [5, 6], [7, 2, 5, 3, 6]]
IDS, WIDTH, UNITS = 8, 4, 3


def model_of(*, mask_zero):
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.layers.Embedding(IDS, WIDTH, mask_zero=mask_zero),
            keras.layers.Bidirectional(keras.layers.LSTM(UNITS)),
            keras.layers.Dense(1),
        ]
    )


@pytest.mark.parametrize("seed", range(3))
def test_why_does_it_not_learn_unmasked_padding_drowns_what_was_read(seed):
    """Two sequences end in states that padding brings together, and a mask keeps apart."""
    rng = np.random.default_rng(seed)
    params, words = lstm.init(rng, WIDTH, UNITS), rng.standard_normal((2, 6, WIDTH))
    filler = rng.standard_normal(WIDTH)

    def apart(padding, masked):
        x = np.concatenate([words, np.broadcast_to(filler, (2, padding, WIDTH))], axis=1)
        first, second = unroll(lstm, params, x, lengths=[6, 6] if masked else None).last
        return np.abs(first - second).max()

    steps = [0, 20, 60, 180]
    unmasked = [apart(k, masked=False) for k in steps]
    assert unmasked[3] < unmasked[2] < unmasked[1] < unmasked[0]
    assert unmasked[3] < unmasked[0] / 100
    assert [apart(k, masked=True) for k in steps] == [unmasked[0]] * 4


@pytest.mark.slow
@pytest.mark.parametrize("side", ["pre", "post"])
@pytest.mark.parametrize("mask_zero", [True, False])
def test_how_can_i_prove_that_padding_is_masked(side, mask_zero):
    """A text has the same answer alone and padded, in both directions, if and only if masked."""
    model = model_of(mask_zero=mask_zero)
    alone = np.concatenate([np.asarray(model(np.array([row]))) for row in ROWS])
    padded = np.asarray(model(pad(ROWS, 30, side=side).ids))
    moved = np.abs(padded - alone).max(axis=1)
    assert (moved < 1e-6).all() if mask_zero else (moved > 1e-4).all()


@pytest.mark.parametrize("mask_zero", [True, False])
def test_training_touches_the_row_of_padding_only_where_nothing_is_masked(mask_zero):
    model = model_of(mask_zero=mask_zero)
    model.compile(keras.optimizers.SGD(1.0), "mse", run_eagerly=True)
    ids = pad(ROWS).ids
    model.build(ids.shape)
    before = model.layers[0].get_weights()[0]
    model.fit(ids, np.array([1.0, 2.0, 3.0]), epochs=1, verbose=0)
    changed = (model.layers[0].get_weights()[0] != before).any(axis=1)
    assert changed[PAD] != mask_zero
    assert changed[2:].all()
    assert not changed[OOV]  # No row has it, so it keeps its first values.


def test_a_row_of_padding_alone_is_zeros_here_and_in_keras(rng):
    """On a processor nothing fails; what an empty text says is lost in silence."""
    layer = keras.layers.Bidirectional(keras.layers.LSTM(UNITS))
    x = rng.standard_normal((2, 5, WIDTH)).astype("float32")
    mask = pad([[], [2, 3]], 5).mask
    theirs = np.asarray(layer(x, mask=mask))
    weights = layer.get_weights()
    sides = lstm.Params(*weights[:3]), lstm.Params(*weights[3:])
    ours = bidirectional(lstm, *sides, x, mask=mask).last
    assert not theirs[0].any()
    assert not ours[0].any()
    assert theirs[1].any()
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6)


def test_the_tokenizer_is_gone_and_its_successor_reserves_two_ids():
    assert importlib.util.find_spec("keras.preprocessing.text") is None
    layer = keras.layers.TextVectorization(max_tokens=5)
    layer.adapt(["ten to six", "six to ten", "ten past ten"])
    assert [str(word) for word in layer.get_vocabulary()] == ["", "[UNK]", "ten", "to", "six"]
    assert np.asarray(layer(["past ten", "six"])).tolist() == [[OOV, 2], [4, PAD]]


def test_an_embedding_needs_as_many_rows_as_there_are_ids():
    ids = np.array([[IDS - 1, PAD]])
    assert keras.layers.Embedding(IDS, WIDTH)(ids).shape == (1, 2, WIDTH)
    with pytest.raises(Exception, match=rf"{IDS - 1} is not in \[0, {IDS - 1}\)"):
        keras.layers.Embedding(IDS - 1, WIDTH)(ids)


@given(st.lists(st.text("ab cé!", max_size=12), min_size=1, max_size=5))
def test_new_text_is_read_with_the_words_of_training_which_a_file_can_keep(texts):
    known = Vocabulary.fit(["a b c", "ab ba ca", "é"])
    again = Vocabulary(json.loads(json.dumps(known.words)))
    assert again.encode(texts) == known.encode(texts)


def test_a_vocabulary_fitted_on_the_new_text_reads_other_words():
    known = Vocabulary.fit(clock.load(200, 10, 10).train.texts)
    new = ["let us meet at ten to six"]
    assert known.decode(known.encode(new)) == new
    (read,) = known.decode(Vocabulary.fit(new).encode(new))
    said = zip(read.split(), new[0].split(), strict=True)
    assert sum(word == meant for word, meant in said) <= 1


@given(st.lists(st.integers(1, 99), min_size=1, max_size=9), st.integers(1, 9))
def test_pad_sequences_keeps_the_last_ids_unless_told_otherwise(row, length):
    theirs = keras.utils.pad_sequences([row], length)
    np.testing.assert_array_equal(theirs, pad([row], length, side="pre", truncate="pre").ids)
    assert theirs[0, max(length - len(row), 0) :].tolist() == row[-length:]
