"""Two workers make the model that one makes; one that dies is told of, and a checkpoint goes on."""

import json
import os
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import numpy as np
import pytest
from regressor_cases import EPOCHS, MADE, alone_and_made_by_others, made

from unrolled.regressor import sums, workers
from unrolled.regressor.counting import Counted
from unrolled.regressor.encoding import Encoded
from unrolled.regressor.examples import tokenize
from unrolled.regressor.pieces import Pieces
from unrolled.text import clock

WORKER = f"""
import os, sys
from unrolled.regressor.workers import workers
others = workers()
{MADE}
one = trainee()
for _ in range({EPOCHS}):
    one.go_on()
one.save(sys.argv[1])
try:  # Whoever dies once it has the sum may have kept it from the other.
    others.added(np.zeros(1))  # Both have saved.
    if others.number == 1:
        os._exit(3)
    one.go_on()
except RuntimeError as error:
    print(error)
"""


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """Return the checkpoints of two workers, and what one says after the other has died."""
    folder = tmp_path_factory.mktemp("pair")
    with ExitStack() as stack:
        free = [stack.enter_context(socket.socket()) for _ in range(2)]
        for each in free:
            each.bind(("127.0.0.1", 0))
        places = [f"127.0.0.1:{each.getsockname()[1]}" for each in free]

    def work(number):
        task = {"type": "worker", "index": number}
        config = json.dumps({"cluster": {"worker": places}, "task": task})
        command = [sys.executable, "-c", WORKER, str(folder / f"{number}.npz")]
        env = {**os.environ, "TF_CONFIG": config}
        return subprocess.run(command, env=env, capture_output=True, text=True)

    with ThreadPoolExecutor(2) as pool:
        left, _ = pool.map(work, range(2))
    return folder / "0.npz", folder / "1.npz", left.stdout or left.stderr


@pytest.mark.slow
def test_two_workers_make_what_one_makes_and_their_checkpoint_goes_on(pair):
    """Twenty steps, in some of which gradients are clipped: the learning rate is high."""
    first, second, said = pair
    alone = alone_and_made_by_others(first, second)
    again = made()
    again.load(first)
    for theirs, ours in zip(again.history, alone.history, strict=True):
        assert abs(theirs["loss"] - ours["loss"]) < 1e-5
    for each in alone, again:
        each.go_on()
    np.testing.assert_allclose(again.read[-1], alone.read[-1], atol=1e-4)
    assert said.startswith("TF_CONFIG: expected 2 workers that answer each other, got one that is")
    assert "where there is a checkpoint, all go on from it" in said


CHIEF = '{"cluster": {"chief": ["a:1"], "worker": ["b:1"]}, "task": {"type": "worker", "index": 0}}'


def config(*, workers=("a:1", "b:2"), **task):
    return json.dumps({"cluster": {"worker": workers}, "task": task})


def test_tf_config_says_which_worker_this_is(monkeypatch):
    for value, expected in [
        ("", (0, 1)),
        ("{}", (0, 1)),
        (config(workers=["a:1"], type="worker", index=0), (0, 1)),
        (config(type="worker", index=1), (1, 2)),
        (config(type="worker", index="0"), (0, 2)),
        (CHIEF, (1, 2)),
    ]:
        monkeypatch.setenv("TF_CONFIG", value)
        assert workers.told() == expected
    for bad in ("{", "[]", config(), config(type="worker", index=2), config(type="ps", index=0)):
        monkeypatch.setenv("TF_CONFIG", bad)
        with pytest.raises(ValueError, match="TF_CONFIG: expected JSON with a cluster of workers"):
            workers.told()


def test_pieces_of_several_shards_are_those_of_all(rng):
    """Counting is a sum: so are the pieces and what the encoder makes of them."""
    texts = clock.load(train=90, validation=10, test=10).train.texts
    tokens = tokenize(texts)
    counts = [tokens.counts(rows) for rows in np.array_split(rng.permutation(90), 3)]
    whole = Pieces.fit(tokens.counts(np.arange(90)))
    assert Pieces.fit(sums.added(counts)) == whole
    assert len(Encoded(tokens, whole).flat) > 90


@pytest.mark.parametrize("alpha", [0.3, 20])
def test_the_ridge_of_several_shards_is_that_of_all(rng, alpha):
    part = clock.load(train=120, validation=10, test=10).train
    texts = tokenize(part.texts)
    targets, weights = rng.normal(size=120), rng.uniform(0.2, 2, size=120)
    parts = np.array_split(rng.permutation(120), 4)
    shards = [(texts.words(rows), targets[rows], weights[rows]) for rows in parts]
    found = sums.counting(shards, alpha)
    whole = Counted(texts.words(np.arange(120))).learn(targets, weights, alpha)
    assert found.grams == whole.grams
    np.testing.assert_array_equal(found.table[:, 0], whole.table[:, 0])
    asked = texts.words(np.arange(120))
    np.testing.assert_allclose(found.answers(asked), whole.answers(asked), atol=2e-3)
