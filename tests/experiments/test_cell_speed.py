"""The benchmark runs every contestant; speed itself is measured, never tested."""

import numpy as np
import pytest

from unrolled.experiments.speed import cells as cell_speed


def test_both_ways_are_printed(capsys, monkeypatch):
    seconds = dict.fromkeys(cell_speed.NAMES, 0.001)
    monkeypatch.setattr(cell_speed, "compare", lambda *_: seconds)
    assert cell_speed.main(["--quick", "--cell", "gru"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("gru, float32")
    for way in cell_speed.WAYS:
        assert f"| GRU, {way} | 2×3×4×5 |" + " 1.00 |" * len(seconds) in out


def test_one_who_does_not_take_part_has_a_dash():
    both = [{"shape": (1, 2, 3, 4), "seconds": {"bare products": 0.002, "Keras graph": 0.003}}]
    alone = [{"shape": (1, 2, 3, 4), "seconds": {"bare products": 0.001, "ours, fast": 0.001}}]
    found = {"rnn": {"forward": alone, "forward and backward": both}}
    *_, first, second = cell_speed.table(found).split("\n")
    assert first.endswith("| 1.00 | 1.00 | – |")
    assert second.endswith("| 2.00 | – | 1.50 |")


@pytest.mark.parametrize("name", cell_speed.CELLS)
def test_contestants_do_the_same_work(name, rng):
    """What is timed side by side gives the same outputs."""
    cell = cell_speed.CELLS[name]
    params = cell.init(rng, 4, 5, np.float32)
    x = rng.normal(0, 1, (2, 3, 4)).astype("float32")
    runs = cell_speed.ours(cell, params, x, backward=False)
    peers = cell_speed.keras_layers(cell, params, x, backward=False)
    for run in runs.values():
        for peer in peers.values():
            np.testing.assert_allclose(run().outputs, peer(), rtol=0, atol=1e-5)


def test_a_bad_number_of_repeats_exits_with_2(capsys):
    with pytest.raises(SystemExit) as exit_:
        cell_speed.main(["--repeats", "0"])
    assert exit_.value.code == 2
    assert "at least 1 repeat, got 0" in capsys.readouterr().err
