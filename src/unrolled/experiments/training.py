"""Many small networks trained side by side: a cell under ``jax.lax.scan``, ``jax.vmap`` over it.

Small networks leave a machine idle: a step of one is over before Python has asked for the next.
Here S members, which differ in their seeds and learning rates, take every step together.
Each has its own data, its own norm to clip and its own Adam, so one that is trained alone ends
where it ends among others. JAX is loaded when it is first needed.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, partial
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.activations import Array
from unrolled.cells.shared import glorot_uniform
from unrolled.tasks import Sequences
from unrolled.unroll import unroll_scan

#: The mean squared error, or the cross-entropy in nats.
Loss = Literal["squared", "entropy"]


class Both(NamedTuple):
    """Two cells' parameters: one reads from the first step to the last, one the other way."""

    forward: Any
    backward: Any


class Network(NamedTuple):
    """A cell's parameters and a linear readout of h; of S members with S as the first axis.

    Where ``cell`` is :class:`Both`, h is that of two cells side by side and 2H stands for H.
    ``kernel`` (H, K) and ``bias`` (K,) are the readout; without them h[0] is the answer.
    ``embedding`` (V, D) has a row for each id, where the inputs are ids.
    """

    cell: Any
    kernel: Any = None
    bias: Any = None
    embedding: Any = None


class Stage(NamedTuple):
    """Some steps of training: the networks after them, and (S, steps) of each step.

    ``losses`` are of fresh sequences, ``norms`` the global norms of the gradients before they are
    clipped, ``moves`` the global norms of the changes of the weights.
    """

    networks: Network
    losses: Array
    norms: Array
    moves: Array


def init_network(
    init: Callable[[np.random.Generator, int, int], Any],
    rng: np.random.Generator,
    features: int,
    units: int,
    outputs: int,
    vocabulary: int = 0,
) -> Network:
    """Draw one network: the cell by ``init``, the readout and the embedding as Keras does.

    >>> from unrolled.cells import rnn
    >>> init_network(rnn.init, np.random.default_rng(0), 2, 3, 1, vocabulary=9).embedding.shape
    (9, 2)
    """
    cell = init(rng, features, units)
    width = units * (2 if isinstance(cell, Both) else 1)
    kernel = glorot_uniform(rng, width, outputs, np.float64)
    embedding = rng.uniform(-0.05, 0.05, (vocabulary, features)) if vocabulary else None
    return Network(cell, kernel, np.zeros(outputs), embedding)


def both_ways(
    init: Callable[[np.random.Generator, int, int], Any],
) -> Callable[[np.random.Generator, int, int], Both]:
    """Let a network read in both directions, with a cell for each that ``init`` draws.

    >>> from unrolled.cells import rnn
    >>> network = init_network(both_ways(rnn.init), np.random.default_rng(0), 2, 3, 1)
    >>> network.cell.backward.kernel.shape, network.kernel.shape
    ((2, 3), (6, 1))
    """

    def drawn(rng: np.random.Generator, features: int, units: int) -> Both:
        return Both(init(rng, features, units), init(rng, features, units))

    return drawn


def stack(each: Iterable[Network], dtype: str = "float32") -> Network:
    """Return one network with the members of ``each`` on the first axis.

    >>> stack([Network((np.zeros(3),)), Network((np.ones(3),))]).cell[0].shape
    (2, 3)
    """
    import jax

    return jax.tree.map(lambda *arrays: np.stack(arrays).astype(dtype), *each)  # type: ignore[no-any-return]


def where(better: NDArray[np.bool_], new: Network, old: Network) -> Network:
    """Return S members: of ``new`` where ``better`` (S,) says so, and of ``old`` elsewhere.

    >>> one, other = (stack([Network((np.full(1, k),))] * 2) for k in (0.0, 1.0))
    >>> where(np.array([True, False]), one, other).cell[0].tolist()
    [[0.0], [1.0]]
    """
    import jax

    def chosen(a: Array, b: Array) -> Array:
        return np.where(better.reshape(-1, *[1] * (np.ndim(a) - 1)), a, b)

    return jax.tree.map(chosen, new, old)  # type: ignore[no-any-return]


def train(
    cell: Any,
    networks: Network,
    draw: Callable[[np.random.Generator, int], Sequences],
    rngs: Sequence[np.random.Generator],
    rates: ArrayLike,
    *,
    loss: Loss,
    steps: int,
    every: int,
    batch: int,
    clip: float = 1.0,
    adam: bool = True,
) -> Iterator[Stage]:
    """Train S networks on fresh sequences and yield after ``every`` so many steps.

    Targets (N, K) are asked for at the end of each sequence, targets (N, T, K) at every step.
    A gradient with an entry that is not finite counts as zero.

    Parameters
    ----------
    cell, networks
        A module of :mod:`unrolled.cells`, or one with the same names, or one whose
        ``read(params, x, lengths, every)`` takes whole sequences; and S starts, whose
        precision, float32 or float64, is that of the training.
    draw
        Makes so many sequences, all of one shape.
    rngs
        S generators; members that share one share its sequences.
    rates
        Learning rates: one for all, (S,), or (steps, S).
    loss, steps, every, batch
        What is lowered, how many steps are taken, after how many a stage ends, and N.
    clip
        The global norm to which a longer gradient is shortened :cite:p:`pascanu2013`.
    adam
        Whether to go by Adam :cite:p:`kingma2015` or by plain gradient descent.

    Raises
    ------
    ValueError
        If ``steps`` is no multiple of ``every``.

    """
    import jax

    if steps % every:
        raise ValueError(f"expected steps to be a multiple of every, got {steps} and {every}")
    dtype = _precision(networks)
    rates = np.broadcast_to(rates, (steps, len(rngs))).astype(dtype)
    begin, run = _training(cell, loss, adam)
    state = None
    for done in range(0, steps, every):
        drawn = [_drawn(draw, rngs, batch, dtype) for _ in range(every)]
        batches = Sequences(*(np.stack(arrays) for arrays in zip(*drawn, strict=True)))
        with jax.enable_x64(dtype == np.float64):
            state = begin(networks) if state is None else state
            networks, state, told = run(networks, state, batches, rates[done : done + every], clip)
        yield Stage(networks, *(np.asarray(each).T for each in told))


def evaluate(cell: Any, networks: Network, sequences: Sequences, loss: Loss) -> tuple[Array, Array]:
    """Return what S networks answer to the same N sequences, and the losses (S,).

    Answers are (S, N, K), or (S, N, T, K) where the targets ask for one at every step.
    """
    import jax

    dtype = _precision(networks)
    with jax.enable_x64(dtype == np.float64):
        outputs, losses = _evaluation(cell, loss)(networks, _cast(sequences, dtype))
        return np.asarray(outputs), np.asarray(losses)


def _precision(networks: Network) -> Any:
    cell = networks.cell
    return (cell.forward if isinstance(cell, Both) else cell).kernel.dtype


def _drawn(
    draw: Callable[[np.random.Generator, int], Sequences],
    rngs: Sequence[np.random.Generator],
    batch: int,
    dtype: Any,
) -> Sequences:
    """Return one batch for each member, the members first."""
    fresh = {rng: _cast(draw(rng, batch), dtype) for rng in dict.fromkeys(rngs)}
    each = [fresh[rng] for rng in rngs]
    return Sequences(*(np.stack(arrays) for arrays in zip(*each, strict=True)))


def _cast(sequences: Sequences, dtype: Any) -> Sequences:
    """Return sequences in the precision of training; ids stay integers."""
    x, targets, lengths = sequences
    ids: NDArray[Any] = x.astype(dtype if x.ndim == 3 else np.int32)
    return Sequences(ids, targets.astype(dtype), lengths.astype(np.int32))


def answered(cell: Any, loss: Loss, network: Network, sequences: Sequences) -> tuple[Array, Array]:
    """Return one network's outputs (N, [T,] K) and its loss, as arrays of JAX."""
    import optax

    x, targets, lengths = sequences
    if network.embedding is not None:
        x = network.embedding[x]
    h = _read(cell, network.cell, x, lengths, every=targets.ndim == 3)
    outputs = h[..., :1] if network.kernel is None else h @ network.kernel + network.bias
    of_each = optax.squared_error if loss == "squared" else optax.softmax_cross_entropy
    return outputs, of_each(outputs, targets).mean()


def _read(cell: Any, params: Any, x: Any, lengths: Any, every: bool) -> Any:
    """Return h after the last step (N, H), or after ``every`` one (N, T, H); 2H for both ways."""
    import jax.numpy as jnp

    if hasattr(cell, "read"):  # No step and no loop: it reads the whole at once.
        return cell.read(params, x, lengths, every)
    if not isinstance(params, Both):
        run = unroll_scan(cell, params, x, lengths=lengths)
        return run.outputs if every else run.last
    runs = [
        unroll_scan(cell, one, x, lengths=lengths, reverse=reverse, masked_outputs="zero")
        for one, reverse in ((params.forward, False), (params.backward, True))
    ]
    return jnp.concatenate([run.outputs if every else run.last for run in runs], axis=-1)


@cache
def _evaluation(cell: Any, loss: Loss) -> Any:
    import jax

    return jax.jit(jax.vmap(partial(answered, cell, loss), in_axes=(0, None)))


def rule(clip: float, adam: bool = True) -> Any:
    """Return the rule by which a gradient becomes a step of size 1, as optax has it.

    A gradient longer than ``clip`` is shortened, and an entry that is not finite counts as 0.
    """
    import optax

    made = optax.scale_by_adam(eps=1e-7) if adam else optax.identity()  # Keras's epsilon
    # As one vector: fewer things to compile.
    return optax.flatten(optax.chain(optax.clip_by_global_norm(clip), optax.zero_nans(), made))


@cache
def _training(cell: Any, loss: Loss, adam: bool) -> tuple[Any, Any]:
    """Return two compiled functions: the optimizer's first state, and some steps of training."""
    import jax
    import optax

    def lost(network: Network, batch: Sequences) -> Array:
        return answered(cell, loss, network, batch)[1]

    def update(network: Network, state: Any, batch: Sequences, rate: float, clip: float) -> Any:
        value, gradient = jax.value_and_grad(lost)(network, batch)
        changes, state = rule(clip, adam).update(gradient, state)
        changes = jax.tree.map(lambda change: -rate * change, changes)
        told = value, optax.tree.norm(gradient), optax.tree.norm(changes)
        return optax.apply_updates(network, changes), state, told

    def run(networks: Network, state: Any, batches: Sequences, rates: Array, clip: float) -> Any:
        def step(carry: Any, now: Any) -> Any:
            *carry, told = jax.vmap(update, in_axes=(0, 0, 0, 0, None))(*carry, *now, clip)
            return carry, told

        (networks, state), told = jax.lax.scan(step, [networks, state], (batches, rates))
        return networks, state, told

    return jax.jit(jax.vmap(rule(1.0, adam).init)), jax.jit(run)
