"""The reading part of the text regressor once more, in PyTorch, to be timed beside ours.

The same layers in the same order: vectors of pieces summed over the root of their number, a
bidirectional LSTM over packed sequences, the mean and the highest value over time, one number.
Sources: :cite:t:`pytorch_docs`; for the layers see :mod:`unrolled.regressor.layers`.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unrolled.cells import lstm
from unrolled.libraries import layouts
from unrolled.regressor.encoding import Batch


class TorchModel:
    """A network over V pieces, its optimiser, and one step of training.

    Raises ``ImportError`` where PyTorch is not installed.
    """

    def __init__(self, pieces: int, settings: dict[str, Any]) -> None:
        """Make the layers, with PyTorch's own first weights, and Adam."""
        import torch  # Only here, so that nobody else pays for it.

        torch.manual_seed(settings["random_state"])
        width, units = settings["embedding_dim"], settings["units"]
        self.torch = torch
        self.table = torch.nn.EmbeddingBag(pieces, width, mode="sum", include_last_offset=True)
        torch.nn.init.normal_(self.table.weight, std=0.1)
        self.both_ways = torch.nn.LSTM(width, units, batch_first=True, bidirectional=True)
        self.readout = torch.nn.Linear(4 * units, 1)
        self.drop = torch.nn.Dropout(settings["dropout"])
        layers = self.table, self.both_ways, self.readout
        self.weights = [weight for layer in layers for weight in layer.parameters()]
        self.adam = torch.optim.Adam(self.weights, settings["learning_rate"])

    def set_weights(self, weights: list[Any]) -> None:
        """Take the weights of a Keras ``Reader``, in the order of its ``get_weights``."""
        tensor = self.torch.from_numpy
        table, *cells, kernel, bias = [np.array(weight) for weight in weights]
        pair = lstm.Params(*cells[:3]), lstm.Params(*cells[3:])
        state = {name: tensor(a) for name, a in layouts.to_torch([pair]).items()}
        self.table.load_state_dict({"weight": tensor(table)})
        self.both_ways.load_state_dict(state)
        self.readout.load_state_dict({"weight": tensor(kernel.T.copy()), "bias": tensor(bias)})

    def answer(self, reading: Batch, training: bool = False) -> Any:
        """Turn a batch into numbers, a tensor (N,)."""
        torch = self.torch
        self.drop.train(training)
        words, pieces, owners = (torch.from_numpy(part) for part in reading)
        counts = torch.bincount(owners)
        ends = torch.nn.functional.pad(counts.cumsum(0), (1, 0))
        vectors = self.table(pieces.long(), ends) / counts.sqrt()[:, None]
        x = self.drop(torch.nn.functional.embedding(words, vectors))
        real = words != 0
        lengths = real.sum(dim=1)
        rnn = torch.nn.utils.rnn
        packed = rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        h, _ = rnn.pad_packed_sequence(self.both_ways(packed)[0], batch_first=True)
        mean = h.sum(dim=1) / lengths[:, None]
        highest = h.masked_fill(~real[..., None], -2).amax(dim=1)
        return self.readout(self.drop(torch.cat([mean, highest], dim=-1)))[:, 0]

    def learn(self, batches: Iterable[tuple[Batch, NDArray[np.float32]]]) -> None:
        """Take a step of training for each batch and its targets."""
        torch = self.torch
        for reading, targets in batches:
            self.adam.zero_grad()
            error = self.answer(reading, training=True) - torch.from_numpy(targets)
            error.square().mean().backward()
            for weight in self.weights:  # As Keras's clipnorm: each weight by itself.
                torch.nn.utils.clip_grad_norm_(weight, 1.0)
            self.adam.step()

    def answers(self, batches: Iterable[Batch]) -> list[NDArray[np.float32]]:
        """Return the answers to each batch, (N,)."""
        with self.torch.inference_mode():
            return [np.asarray(self.answer(reading)) for reading in batches]
