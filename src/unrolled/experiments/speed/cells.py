"""How fast are the cells? Ours beside Keras, PyTorch and the bare matrix products, in one run.

All contestants take turns on the same arrays, and the medians are printed with their ratio to
the bare products: the matrix products that a forward (and backward) pass cannot do without.
A ratio from one run can be compared on a noisy machine; a time alone cannot.
"""

import argparse
import dataclasses
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from unrolled.activations import Array
from unrolled.cells import gru, lstm, rnn
from unrolled.experiments.experiment import Experiment
from unrolled.experiments.timing import medians
from unrolled.extras import is_there
from unrolled.figures.tables import table as markdown
from unrolled.libraries import layouts
from unrolled.unroll import unroll, unroll_backward, unroll_fast

# (N, T, D, H), small to large; the first is a single text of 150 words.
SHAPES = ((1, 150, 256, 256), (16, 32, 256, 256), (32, 150, 256, 256), (256, 32, 64, 64))
CELLS = {"rnn": rnn, "lstm": lstm, "gru": gru}
WAYS = ("forward", "forward and backward")
# The columns of a table.
NAMES = ("bare products", "ours, readable", "ours, fast", "Keras graph", "Keras XLA", "PyTorch")
Contestant = Callable[[], Any]
Shape = tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class Config:
    """Which cells are timed, at which shapes (N, T, D, H), and how many turns count."""

    cells: tuple[str, ...] = ("rnn", "gru", "lstm")
    shapes: tuple[Shape, ...] = SHAPES
    repeats: int = 15


CONFIG = Config()
#: One turn at one tiny shape.
QUICK = Config(("lstm",), shapes=((2, 3, 4, 5),), repeats=1)
#: A cell, one of :data:`WAYS`, and a shape.
Job = tuple[str, str, Shape]


def bare_products(params: Any, x: Array, backward: bool) -> Contestant:
    """Return the matrix products of a pass over x (N, T, D), and nothing else."""
    W, U, _ = params
    batch, steps, features = x.shape
    rows = np.ascontiguousarray(x.swapaxes(0, 1)).reshape(-1, features)
    h = np.zeros((batch, len(U)), x.dtype)
    states = np.zeros((steps * batch, len(U)), x.dtype)

    def run() -> None:
        gates = rows @ W
        for _ in range(steps):
            h @ U
        if backward:
            for t in range(steps):
                gates[t * batch : (t + 1) * batch] @ U.T
            rows.T @ gates
            states.T @ gates
            gates @ W.T

    return run


def ours(cell: Any, params: Any, x: Array, backward: bool) -> dict[str, Contestant]:
    """Return our readable loop and our fast one, which has no backward pass."""
    if not backward:
        return {
            "ours, readable": lambda: unroll(cell, params, x),
            "ours, fast": lambda: unroll_fast(cell, params, x),
        }
    ones = np.ones((*x.shape[:2], len(params.recurrent_kernel)), x.dtype)

    def both_ways() -> None:
        unroll_backward(cell, params, unroll(cell, params, x), d_outputs=ones)

    return {"ours, readable": both_ways}


def keras_layers(cell: Any, params: Any, x: Array, backward: bool) -> dict[str, Contestant]:
    """Return Keras's layer compiled to a graph, without and with XLA."""
    import keras
    import tensorflow as tf

    names = {rnn: "SimpleRNN", lstm: "LSTM", gru: "GRU"}
    layer = getattr(keras.layers, names[cell])(len(params.recurrent_kernel), return_sequences=True)
    layer.build(x.shape)
    layer.set_weights(layouts.to_keras(params))
    inputs = tf.constant(x)

    def forward(a: Any) -> Any:
        return layer(a)

    def both_ways(a: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(a)
            total = tf.reduce_sum(layer(a))
        return tape.gradient(total, [a, *(w.value for w in layer.trainable_variables)])

    contestants: dict[str, Contestant] = {}
    for label, xla in (("Keras graph", False), ("Keras XLA", True)):
        act = both_ways if backward else forward
        compiled = tf.function(act, autograph=False, jit_compile=xla)
        contestants[label] = partial(_to_numpy, compiled, inputs)
    return contestants


def _to_numpy(compiled: Callable[[Any], Any], inputs: Any) -> Any:
    """Run a compiled function and wait for its arrays."""
    import tensorflow as tf

    return tf.nest.map_structure(lambda tensor: tensor.numpy(), compiled(inputs))


def torch_module(cell: Any, params: Any, x: Array, backward: bool) -> dict[str, Contestant]:
    """Return PyTorch's module, or nothing where PyTorch is not installed."""
    if not is_there("torch"):
        return {}
    import torch

    names = {rnn: "RNN", lstm: "LSTM", gru: "GRU"}
    features, units = params.kernel.shape[0], len(params.recurrent_kernel)
    module = getattr(torch.nn, names[cell])(features, units, batch_first=True)
    weights = layouts.to_torch([params])
    module.load_state_dict({key: torch.from_numpy(a) for key, a in weights.items()})
    inputs = torch.from_numpy(x).requires_grad_(backward)

    def forward() -> None:
        with torch.no_grad():
            module(inputs)

    def both_ways() -> None:
        module(inputs)[0].sum().backward()

    return {"PyTorch": both_ways if backward else forward}


def compare(
    cell: Any, shape: Shape, backward: bool, repeats: int, seed: int = 0
) -> dict[str, float]:
    """Return each contestant's median seconds over ``repeats`` turns, taken one after another."""
    batch, steps, features, units = shape
    rng = np.random.default_rng(seed)
    params = cell.init(rng, features, units, np.float32)
    x = rng.normal(0, 1, (batch, steps, features)).astype(np.float32)
    contestants: dict[str, Contestant] = {
        "bare products": bare_products(params, x, backward),
        **ours(cell, params, x, backward),
        **keras_layers(cell, params, x, backward),
        **torch_module(cell, params, x, backward),
    }
    return medians(contestants, repeats)


def gather(config: Config, found: dict[Job, dict[str, float]]) -> dict[str, Any]:
    """Return rows of ``shape`` and ``seconds`` (see :func:`compare`) by cell and by way."""
    return {
        cell: {
            way: [{"shape": shape, "seconds": found[cell, way, shape]} for shape in config.shapes]
            for way in WAYS
        }
        for cell in config.cells
    }


def jobs(config: Config) -> list[Job]:
    """Return every row of every table."""
    return [(cell, way, shape) for cell in config.cells for way in WAYS for shape in config.shapes]


def _compared(config: Config, job: Job) -> dict[str, float]:
    cell, way, shape = job
    return compare(CELLS[cell], shape, way != "forward", config.repeats)


EXPERIMENT = Experiment(
    "cell-speed", CONFIG, QUICK, jobs, _compared, gather,
    # Who takes part; PyTorch is not installed everywhere.
    steady=lambda values: {
        cell: {way: sorted({*rows[0]["seconds"]} - {"PyTorch"}) for way, rows in ways.items()}
        for cell, ways in values.items()
    },
    workers=1,
)  # fmt: skip


def table(found: Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]]) -> str:
    """Return the milliseconds of the bare products, and each median's ratio to theirs.

    >>> seconds = {"ours, fast": 0.0012, "bare products": 0.001}
    >>> print(table({"rnn": {"forward": [{"shape": (1, 2, 3, 4), "seconds": seconds}]}}))
    | cell | N×T×D×H | bare products, ms | ours, fast |
    |---|---|---|---|
    | RNN, forward | 1×2×3×4 | 1.00 | 1.20 |
    """
    rows = [
        (f"{cell.upper()}, {way}" * (row is each[0]), row["shape"], row["seconds"])
        for cell, ways in found.items()
        for way, each in ways.items()
        for row in each
    ]
    names = [name for name in NAMES[1:] if any(name in seconds for *_, seconds in rows)]
    lines = []
    for what, shape, seconds in rows:
        bare = seconds[NAMES[0]]
        cells = [what, "×".join(map(str, shape)), f"{1e3 * bare:.2f}"]
        cells += [f"{seconds[name] / bare:.2f}" if name in seconds else "–" for name in names]
        lines.append(cells)
    return markdown(["cell", "N×T×D×H", f"{NAMES[0]}, ms", *names], lines)


def main(arguments: list[str] | None = None) -> int:
    """Print the table: every shape, forward, then forward and backward."""
    parser = argparse.ArgumentParser(prog="unrolled.experiments.speed.cells", description=__doc__)
    parser.add_argument("--cell", choices=CELLS, default="lstm")
    parser.add_argument("--repeats", type=int, default=15, help="turns that count (default 15)")
    parser.add_argument("--quick", action="store_true", help="one turn at one tiny shape")
    options = parser.parse_args(arguments)
    if options.repeats < 1:
        parser.error(f"expected at least 1 repeat, got {options.repeats}")
    config = Config((options.cell,), repeats=options.repeats)
    if options.quick:
        config = dataclasses.replace(QUICK, cells=config.cells)
    print(f"{options.cell}, float32, {os.cpu_count()} cores, median of {config.repeats} turns")
    print("\n" + table(EXPERIMENT.run(config, tell=partial(print, file=sys.stderr, flush=True))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
