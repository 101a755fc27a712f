"""The awkward cases that every claim about the cells is tested on."""

import numpy as np

from unrolled.cells import gru, lstm, peephole, rnn
from unrolled.cells.after import lru, min_gru, min_lstm, selective, slstm

CELLS = {
    "rnn": (rnn, {}),
    "lstm": (lstm, {}),
    "gru-reset-after": (gru, {"reset_after": True}),
    "gru-reset-before": (gru, {"reset_after": False}),
}
# Peepholes show that the loop takes any cell with the shared names; Keras has no such layer.
WITH_KERNELS = {**CELLS, "peephole": (peephole, {})}
# Those whose steps can be scanned, and with them all that came after the LSTM.
SCANNED = {
    "min-gru": (min_gru, {}),
    "min-lstm": (min_lstm, {}),
    "lru": (lru, {}),
    "selective": (selective, {}),
}
AFTER = {**SCANNED, "slstm": (slstm, {})}
OURS = {**WITH_KERNELS, **AFTER}
MASKS = ["none", "ragged", "one row all masked", "holes", "pre-padded"]


def make_mask(kind, batch, steps, rng):
    """Return a boolean mask (N, T) of the given kind, or None."""
    if kind == "none":
        return None
    if kind == "holes":
        return rng.random((batch, steps)) < 0.6
    lengths = rng.integers(1, steps + 1, batch)
    if kind == "one row all masked":
        lengths[rng.integers(batch)] = 0
    mask = np.arange(steps) < lengths[:, None]
    return mask[:, ::-1] if kind == "pre-padded" else mask


def random_params(module, rng, features, units, options):
    """Return parameters of which every number, the biases too, is random."""
    fresh = module.init(rng, features, units, **options)
    return module.Params(*(rng.normal(0, 0.7, a.shape) for a in fresh))


def random_state(module, rng, batch, units, dtype=np.float64):
    """Return a state (N, H) of random numbers; a normaliser, a sum of weights, is above 0."""
    fields = module.State._fields
    state = module.State(*(rng.normal(0, 1, (batch, units)).astype(dtype) for _ in fields))
    return state._replace(n=abs(state.n) + 0.5) if "n" in fields else state
