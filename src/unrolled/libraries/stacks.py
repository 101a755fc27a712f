"""Stacks of layers of our parameters: the directions of a layer, and whether layers fit."""

from typing import Any

from unrolled.cells import gru, lstm, rnn
from unrolled.libraries.conventions import Params

#: One direction, or a forward and a backward one.
Layer = Params | tuple[Params, Params]


def check_stack(stack: list[tuple[Params, ...]]) -> None:
    """Raise ``ValueError`` unless the layers are of one cell and each fits onto the one below."""
    if not stack:
        raise ValueError("expected at least one layer, got none")
    kinds = {type(params) for directions in stack for params in directions}
    widths = {len(directions) for directions in stack}
    if len(kinds) > 1 or len(widths) > 1:
        raise ValueError(
            "expected one cell and one number of directions in all layers, got several"
        )
    units = stack[0][0].recurrent_kernel.shape[0]
    for number, directions in enumerate(stack):
        for params in directions:
            features, own = cell_of(params).check(params)
            below = units * len(directions) if number else len(directions[0].kernel)
            if own != units or features != below:
                raise ValueError(
                    f"expected layer {number} to take {below} features to {units} units, "
                    f"got {features} to {own}"
                )


def directions_of(layer: Layer) -> tuple[Params, ...]:
    """Return the parameters of each direction of a layer."""
    return (layer,) if isinstance(layer, (rnn.Params, lstm.Params, gru.Params)) else layer


def cell_of(params: Params) -> Any:
    """Return the module of a cell's parameters; raises ``TypeError`` for those of another."""
    for cell in (rnn, lstm, gru):
        if isinstance(params, cell.Params):
            return cell
    raise TypeError(f"expected Params of rnn, lstm or gru, got {type(params).__name__}")
