"""Networks that read an endless text in windows, each from the state that the last one left."""

from collections.abc import Sequence
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.experiments.training import Network, init_network, rule, stack
from unrolled.unroll import unroll_scan

Ids = NDArray[np.int64]
Floats = NDArray[np.floating[Any]]


class Learnt(NamedTuple):
    """S networks after each stage, and the mean loss of each stage, (S, stages), in bits."""

    networks: list[Network]
    bits: Floats


def starts(init: Any, seeds: Sequence[int], letters: int, units: int) -> Network:
    """Return one untrained network for each seed, side by side, that reads and writes letters."""
    each = (
        init_network(init, np.random.default_rng([seed, 0]), letters, units, letters)
        for seed in seeds
    )
    return stack(each)


def learn(
    cell: Any,
    networks: Network,
    texts: Ids,
    rates: Floats | Sequence[float],
    *,
    window: int,
    carry: bool,
    stages: int = 1,
    clip: float = 1.0,
) -> Learnt:
    """Train S networks on their texts (S, N, letters), one window after the other, by Adam.

    Each letter but the first is asked for after all before it: the input of a step is the true
    letter, and its target the next one. The gradient ends where a window begins. With ``carry``
    the state does not: row n of a window goes on from row n of the one before. Without, each
    window starts from zeros. The step shrinks to nothing along a quarter of a cosine.

    Parameters
    ----------
    cell, networks
        A module of :mod:`unrolled.cells`, and S starts.
    texts
        Ids; what is left after the last whole window of the last whole stage is not read.
    rates
        Learning rates (S,).
    window, carry
        Letters between two updates, and whether the state is handed on.
    stages
        After how many equal parts the networks are looked at.
    clip
        The norm to which a longer gradient is shortened :cite:p:`pascanu2013`.

    Raises
    ------
    ValueError
        If a text is shorter than one window for each stage.

    """
    updates = (texts.shape[-1] - 1) // window // stages * stages
    if not updates:
        raise ValueError(f"expected {stages * window + 1} letters or more, got {texts.shape[-1]}")
    inputs, targets = (
        texts[..., at : at + updates * window]
        .reshape(*texts.shape[:2], updates, window)
        .transpose(2, 0, 1, 3)
        for at in (0, 1)
    )
    begin, run = _training(cell, carry)
    scale = np.cos(np.linspace(0, np.pi / 2, updates, endpoint=False))
    steps = np.outer(scale, rates).astype(np.float32)
    state, kept, bits = begin(networks, inputs[0]), [], []
    for part in np.split(np.arange(updates), stages):
        networks, state, losses = run(
            networks, state, inputs[part], targets[part], steps[part], clip
        )
        kept.append(networks)
        bits.append(np.asarray(losses).mean(axis=0) / np.log(2))
    return Learnt(kept, np.array(bits).T)


def told(cell: Any, networks: Network, ids: Ids, window: int | None = None) -> NDArray[np.float32]:
    """Return the bits that S networks pay for each letter of ids (N, T) but the first.

    They come as (S, N, T − 1), in one pass from a state of zeros. With a ``window`` the state is
    put back to zeros after every so many letters; T − 1 has to be a multiple of it.
    """
    inputs, targets = ids[:, :-1], ids[:, 1:]
    shape = targets.shape
    if window is not None:
        inputs, targets = (one.reshape(-1, window) for one in (inputs, targets))
    found = np.asarray(_reading(cell)(networks, inputs, targets))
    return np.asarray(found.reshape(len(found), *shape) / np.log(2), np.float32)


def _read(cell: Any, network: Network, state: Any, inputs: Any, targets: Any) -> Any:
    """Return the loss at each letter, in nats, and the state after the last."""
    import jax
    import optax

    entropy = optax.softmax_cross_entropy_with_integer_labels
    x = jax.nn.one_hot(inputs, len(network.bias))
    run = unroll_scan(cell, network.cell, x, initial_state=state)
    logits = run.outputs @ network.kernel + network.bias
    return entropy(logits, targets), run.state


@cache
def _reading(cell: Any) -> Any:
    import jax

    def read(network: Network, inputs: Any, targets: Any) -> Any:
        return _read(cell, network, None, inputs, targets)[0]

    return jax.jit(jax.vmap(read, in_axes=(0, None, None)))


@cache
def _training(cell: Any, carry: bool) -> tuple[Any, Any]:
    """Return two compiled functions: what there is before the first window, and some updates."""
    import jax
    import optax

    def lost(network: Network, state: Any, inputs: Any, targets: Any) -> Any:
        losses, after = _read(cell, network, state, inputs, targets)
        return losses.mean(), after

    def update(network: Network, kept: Any, inputs: Any, targets: Any, rate: Any, clip: Any) -> Any:
        adam, state = kept
        (loss, after), gradient = jax.value_and_grad(lost, has_aux=True)(
            network, state, inputs, targets
        )
        changes, adam = rule(clip).update(gradient, adam)
        network = optax.apply_updates(network, jax.tree.map(lambda g: -rate * g, changes))
        return network, (adam, after if carry else state), loss

    def begin(network: Network, inputs: Any) -> Any:
        return rule(1.0).init(network), cell.zero_state(network.cell, len(inputs))

    def run(networks: Network, kept: Any, inputs: Any, targets: Any, rates: Any, clip: Any) -> Any:
        def step(now: Any, batch: Any) -> Any:
            *now, loss = jax.vmap(partial(update, clip=clip))(*now, *batch)
            return tuple(now), loss

        (networks, kept), losses = jax.lax.scan(step, (networks, kept), (inputs, targets, rates))
        return networks, kept, losses

    return jax.jit(jax.vmap(begin)), jax.jit(run)
