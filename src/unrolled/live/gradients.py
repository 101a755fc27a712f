"""How much of a gradient comes back, by steps: computed where it is read, from the equations."""

from collections.abc import Mapping
from typing import Any

from unrolled.checks import as_count
from unrolled.equations import EquationError, Equations
from unrolled.equations.program import VARIABLE
from unrolled.live.picture import Live

#: How a recurrent kernel is drawn: normal, scaled to a spectral radius, or orthogonal, likewise.
KERNELS = ("normal", "orthogonal")


def gradients(
    equations: Mapping[str, Equations],
    *,
    cells: Mapping[str, Mapping[str, Any]],
    recorded: Mapping[str, Any],
    name: str = "gradients",
    title: str = "The gradient, step by step back",
    seed: int = 0,
    asks: Mapping[str, str] | None = None,
) -> Live:
    r"""Let a reader move cells, and see how much of a gradient comes back from their last state.

    The page draws a cell from a seed, runs it over a sequence of the adding problem and multiplies
    the Jacobians of its steps, which the tangents of its equations give. The size is the spectral
    norm of the product, as ``unrolled.experiments.gradient_flow.jacobians.sizes`` has it.

    Parameters
    ----------
    equations
        Of cells with an input ``x_t``, by their label.
    cells
        By the word for it in an address: ``words``, its name; ``equations``, a label; ``kernel``,
        one of ``KERNELS``; and ``bands``, what was recorded of it: its name there by a setting and
        its value, such as ``{"radius 0.8": "RNN, radius 0.8"}``.
    recorded
        The experiment's file: its ``config`` with ``units``, ``steps``, ``seeds`` and
        ``distances``, and its ``values`` with bands by steps back.
    name, title
        As for :func:`~unrolled.live.cell`.
    seed
        Of the first cell that is drawn.
    asks
        ``question`` is asked; ``answer`` is told once the first cell's gradient has exploded, with
        numbers for ``{radius}`` and ``{steps}``.

    Raises
    ------
    EquationError
        Where no state goes from step to step.
    KeyError
        For an experiment that is not recorded.
    ValueError
        For a kernel or a label that is not known.

    Examples
    --------
    >>> from unrolled import equations
    >>> plain = {"eq": equations.read(r"h_t = \tanh(x_t W + h_{t-1} U + b)")}
    >>> config = {"units": 4, "steps": 2, "seeds": [0], "distances": [0, 2]}
    >>> cell = {"words": "RNN", "equations": "eq", "kernel": "normal"}
    >>> recorded = {"config": config, "values": {"flow": {}}}
    >>> cells = {"rnn": cell | {"bands": {}}}
    >>> found = gradients(plain, cells=cells, recorded=recorded).data
    >>> found["cells"][0]["states"], found["cells"][0]["weights"]
    (['h'], ['W', 'U', 'b'])

    """
    config, flow = recorded["config"], recorded["values"]["flow"]
    programs, made = {}, []
    for key, cell in cells.items():
        label, kernel = cell["equations"], cell["kernel"]
        if label not in equations or kernel not in KERNELS:
            raise ValueError(
                f"{key}: expected equations among {[*equations]} and a kernel among {KERNELS}, "
                f"got {label!r} and {kernel!r}"
            )
        lines = equations[label]
        states = lines.states()
        if not states or "x_t" not in lines.inputs():
            raise EquationError(f"{label}: expected an input x_t and a state, such as h_{{t-1}}")
        programs[label] = lines.tangent([f"{state}_{{t-1}}" for state in states])
        made.append({
            "key": key,
            "words": cell["words"],
            "program": label,
            "kernel": kernel,
            "states": states,
            "weights": [each for each in lines.inputs() if not VARIABLE.match(each)],
            "bands": {words: _shortened(flow[of]["start"]["state"]["bands"])
                      for words, of in cell["bands"].items()},
        })  # fmt: skip
    data = {
        "title": title,
        "invitation": "Move this gradient",
        "cells": made,
        "units": config["units"],
        "steps": config["steps"],
        "seed": as_count(seed, "seed", least=0),
        "seeds": len(config["seeds"]),
        "distances": config["distances"],
        "asks": asks and dict(asks),
    }
    return Live("gradients", name, data, programs, scripts=("live/chart.js",))


def _shortened(bands: list[list[float]]) -> list[list[float]]:
    """Return what is drawn of bands: two digits of each number are finer than a line."""
    return [[float(f"{value:.2g}") for value in band] for band in bands]
