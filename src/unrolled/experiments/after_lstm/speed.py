"""How long does a sequence take, by its length: the loop, the scan, the LSTM and attention.

All have the same batch, features and units, and take turns on the same array, in float32. What is
compiled is compiled before its first turn that counts. The same on a graphics processor is a study
of its own, for not every machine has one.
"""

import dataclasses
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from unrolled.activations import Array
from unrolled.cells import lstm
from unrolled.cells.after import min_gru
from unrolled.experiments.experiment import DeviceUnavailable, Experiment
from unrolled.experiments.timing import medians
from unrolled.extras import is_there
from unrolled.unroll import unroll, unroll_associative, unroll_parallel, unroll_scan

NUMPY = {"loop, NumPy": unroll, "blocked scan, NumPy": unroll_parallel}
COMPILED = {
    "loop, JAX": (min_gru, unroll_scan),
    "scan, JAX": (min_gru, unroll_associative),
    "LSTM, JAX": (lstm, unroll_scan),
}
ATTENTION = "attention, JAX"
WAYS = ("forward", "forward and backward")


@dataclasses.dataclass(frozen=True)
class Config:
    """What is timed.

    Parameters
    ----------
    lengths
        Of the sequences, T.
    batch, features, units
        N, D and H. For attention H is the width of queries, keys and values.
    repeats
        Turns that count.
    device
        The kind of device, as JAX names it.

    """

    lengths: tuple[int, ...] = (16, 64, 256, 1024, 4096)
    batch: int = 1
    features: int = 64
    units: int = 64
    repeats: int = 9
    device: str = "cpu"


CONFIG = Config()
ON_GPU = Config(lengths=(16, 64, 256, 1024, 4096, 16_384), device="gpu")
QUICK = Config(lengths=(4,), features=2, units=2, repeats=1)
#: One of :data:`WAYS`, and a length.
Job = tuple[str, int]


def jobs(config: Config) -> list[Job]:
    """Return each length in each way, the longest first."""
    return [(way, length) for way in WAYS for length in sorted(config.lengths, reverse=True)]


def work(config: Config, job: Job) -> dict[str, Any]:
    """Return the device's name and the contestants' median seconds.

    Raises ``DeviceUnavailable`` where JAX finds no such device.
    """
    import jax

    way, length = job
    try:
        device = jax.devices(config.device)[0]
    except RuntimeError as error:
        raise DeviceUnavailable(f"expected a {config.device.upper()}, got none: {error}") from error
    rng = np.random.default_rng(length)
    x = rng.normal(0, 1, (config.batch, length, config.features)).astype("f4")
    with jax.default_device(device):
        contestants = compiled(config, x, way != "forward")
        if config.device == "cpu" and way == "forward":
            params = min_gru.init(rng, config.features, config.units, np.float32)
            contestants |= {name: partial(run, min_gru, params, x) for name, run in NUMPY.items()}
        if config.device == "gpu":
            contestants |= cudnn(config, x, way != "forward")
        return {"device": device.device_kind, "seconds": medians(contestants, config.repeats)}


def attention(params: Any, x: Any) -> Any:
    """Return what one head of attention answers to x (N, T, D): (N, T, H) :cite:p:`vaswani2017`."""
    import jax
    from jax import numpy as jnp

    query, key, value = (x @ kernel for kernel in params)
    weights = jax.nn.softmax(query @ jnp.swapaxes(key, 1, 2) / query.shape[-1] ** 0.5, axis=-1)
    return weights @ value


def compiled(config: Config, x: Array, backward: bool) -> dict[str, Callable[[], Any]]:
    """Return JAX's contestants, compiled on their first call."""
    import jax

    rng, sizes = np.random.default_rng(0), (config.features, config.units)

    def ready(run: Callable[[Any, Any], Any], params: Any) -> Callable[[], Any]:
        act = jax.grad(lambda p, x: run(p, x).sum()) if backward else run
        fast, given = jax.jit(act), (jax.device_put(params), jax.device_put(x))
        return lambda: jax.block_until_ready(fast(*given))

    found = {
        name: ready(
            lambda p, x, cell=cell, run=run: run(cell, p, x).outputs,  # type: ignore[misc]
            cell.init(rng, *sizes, np.float32),
        )
        for name, (cell, run) in COMPILED.items()
    }
    kernels = rng.normal(0, 0.1, (3, *sizes)).astype("f4")
    return found | {ATTENTION: ready(attention, tuple(kernels))}


def cudnn(config: Config, x: Array, backward: bool) -> dict[str, Callable[[], Any]]:
    """Return cuDNN's LSTM as PyTorch calls it, or nothing where there is none."""
    if not is_there("torch"):
        return {}
    import torch

    if not torch.cuda.is_available():
        return {}
    layer = torch.nn.LSTM(config.features, config.units, batch_first=True).to("cuda")
    inputs = torch.from_numpy(x).to("cuda")

    def run() -> None:
        with torch.set_grad_enabled(backward):
            outputs = layer(inputs)[0]
        if backward:
            outputs.sum().backward()
        torch.cuda.synchronize()

    return {"LSTM, cuDNN": run}


def gather(config: Config, found: dict[Job, Any]) -> dict[str, Any]:
    """Return the device's ``name``, and by way the seconds of each contestant.

    They stand in the order of the config's lengths.
    """
    rows = {way: [found[way, length] for length in config.lengths] for way in WAYS}
    return {"name": rows[WAYS[0]][0]["device"]} | {
        way: {name: [row["seconds"][name] for row in each] for name in each[0]["seconds"]}
        for way, each in rows.items()
    }


EXPERIMENT = Experiment(
    "after-lstm-speed", CONFIG, QUICK, jobs, work, gather,
    cost=lambda config, job: job[1] + 500.0,
    steady=lambda values: {way: sorted(values[way]) for way in WAYS},
    workers=1,
)  # fmt: skip
