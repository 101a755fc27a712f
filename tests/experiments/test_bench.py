"""The benchmark runs every contestant; speed itself is measured, never tested."""

import numpy as np
import pytest

from unrolled.cells import lstm
from unrolled.experiments.speed import cells as bench


@pytest.mark.parametrize("cell", bench.CELLS)
def test_every_contestant_takes_part(cell, capsys):
    assert bench.main(["--quick", "--cell", cell]) == 0
    out = capsys.readouterr().out
    assert "forward and backward" in out
    for name in ("bare products", "ours, readable", "ours, fast", "Keras graph", "Keras XLA"):
        assert name in out


def test_contestants_do_the_same_work(rng):
    """What is timed side by side gives the same outputs."""
    params = lstm.init(rng, 4, 5, np.float32)
    x = rng.normal(0, 1, (2, 3, 4)).astype("float32")
    runs = bench.ours(lstm, params, x, backward=False)
    peers = bench.keras_layers(lstm, params, x, backward=False)
    for run in runs.values():
        for peer in peers.values():
            np.testing.assert_allclose(run().outputs, peer(), rtol=0, atol=1e-5)


def test_a_bad_number_of_repeats_exits_with_2(capsys):
    with pytest.raises(SystemExit) as exit_:
        bench.main(["--repeats", "0"])
    assert exit_.value.code == 2
    assert "at least 1 repeat, got 0" in capsys.readouterr().err
