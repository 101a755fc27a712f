"""Files and tables on two Ray nodes, one of which is killed: as one process answers them.

Ray takes seconds to begin, so it begins once, and everything here is done with it.
"""

import operator
import os
import signal
import socket
import subprocess
import sys

import numpy as np
import pytest
from regressor_cases import EPOCHS, MADE, alone_and_made_by_others

from unrolled.experiments.experiment import Experiment
from unrolled.regressor.batches import Answers
from unrolled.regressor.batches.on_ray import shared_out

ray = pytest.importorskip("ray", reason="needs ray")
arrow = pytest.importorskip("pyarrow", reason="needs pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

FILES, ROWS = 8, 3000
#: How soon a node is missed.
HEALTH = {"health_check_period_ms": 500, "health_check_failure_threshold": 2}
SETTINGS = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}


@pytest.fixture(scope="module")
def cluster():
    """Return a cluster of two nodes of one core each."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SETTINGS.items():
            patch.setenv(name, value)
        from ray.cluster_utils import Cluster

        node = {"num_cpus": 1, "object_store_memory": 80 * 2**20}
        head = {**node, "include_dashboard": False, "_system_config": HEALTH}
        cluster = Cluster(initialize_head=True, head_node_args=head)
        cluster.other = cluster.add_node(**node)
        yield cluster
        ray.shutdown()
        cluster.shutdown()
        for number, handler in before.items():  # Ray sets its own and leaves them.
            signal.signal(number, handler)


@pytest.fixture
def data(tmp_path, texts):
    for number in range(FILES):
        rows = arrow.table({"said": (texts * ROWS)[number : number + ROWS]})
        (tmp_path / "data").mkdir(exist_ok=True)
        parquet.write_table(rows, tmp_path / "data" / f"{number}.parquet")
    return tmp_path / "data"


def files(folder):
    return sorted(name for name in os.listdir(folder) if not name.startswith("."))


def lost(item, why):
    return item, why


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_tables_and_files_are_answered_as_by_one_process_though_a_node_is_killed(
    cluster, run, model, data, tmp_path, texts
):
    table_by_table(cluster, model, texts)
    a_reader_is_trained_by_two_as_by_one(cluster, tmp_path)
    words = ["predict", model, f"{data}/*.parquet", "--text", "said", "--out"]
    assert run(*words, tmp_path / "one", "--jobs", 1).code == 0
    command = [sys.executable, "-m", "unrolled.regressor.cli", *words, tmp_path / "out"]
    with subprocess.Popen(
        [*map(str, command), "--ray", cluster.address], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        # Both nodes are at work while two have a folder of their own to write in.
        while process.poll() is None and len(list(tmp_path.glob("out/.answering-*/*"))) < 2:
            pass
        assert len(files(tmp_path / "out")) < FILES
        cluster.remove_node(cluster.other, allow_graceful=False)
        out, err = process.communicate()
    assert (process.returncode, err) == (0, "")
    assert out == f"Answered {FILES * ROWS} texts of {FILES} files into {tmp_path / 'out'}.\n"
    assert files(tmp_path / "out") == files(data)
    for name in files(data):
        one, two = (parquet.read_table(tmp_path / place / name) for place in ("one", "out"))
        assert one.equals(two)
    studies_are_run_as_by_one_process(cluster, tmp_path)
    what_dies_over_it_is_named(cluster)


def table_by_table(cluster, model, texts):
    from ray import data

    ray.init(cluster.address, log_to_driver=False, logging_level="CRITICAL")
    data.DataContext.get_current().enable_progress_bars = False
    asked = data.from_items([{"said": text} for text in texts], override_num_blocks=3)
    answers = Answers(model, "said")
    expected = answers({"said": texts})["answer"]
    for kind in "pandas", "numpy":
        rows = asked.map_batches(answers, batch_format=kind, batch_size=70).take_all()
        found = {row["said"]: row["answer"] for row in rows}
        assert len(rows) == len(texts)
        np.testing.assert_allclose([found[text] for text in texts], expected, atol=1e-5)
    ray.shutdown()


def a_reader_is_trained_by_two_as_by_one(cluster, tmp_path):
    from ray.train import RunConfig, ScalingConfig, get_context
    from ray.train.tensorflow import TensorflowTrainer

    def work(config):
        from unrolled.regressor.workers import workers

        assert workers().count == 2  # Before TensorFlow computes anything.
        found = {}
        exec(config["made"], found)
        one = found["trainee"]()
        for _ in range(config["epochs"]):
            one.go_on()
        one.save(f"{config['out']}/{get_context().get_world_rank()}.npz")

    ray.init(cluster.address, log_to_driver=False, logging_level="CRITICAL")
    config = {"made": MADE, "epochs": EPOCHS, "out": str(tmp_path)}
    TensorflowTrainer(
        work, train_loop_config=config, scaling_config=ScalingConfig(num_workers=2),
        run_config=RunConfig(storage_path=str(tmp_path / "store")),
    ).fit()  # fmt: skip
    ray.shutdown()
    alone_and_made_by_others(tmp_path / "0.npz", tmp_path / "1.npz")


def studies_are_run_as_by_one_process(cluster, tmp_path):
    rows = (1,), (2,), (1,)
    made = Experiment(
        "made", rows, (), lambda config: sorted({*config}),
        work=operator.countOf,
        gather=lambda config, found: {"found": list(found.values())},
    )  # fmt: skip
    told = []
    values = made.run(ray=cluster.address, tell=told.append, keep=tmp_path / "kept")
    assert values == made.run(tell=str, keep=tmp_path / "kept") == {"found": [2, 1]}
    assert [line.split(": ")[1] for line in told] == ["1", "2"]
    assert len(list((tmp_path / "kept").rglob("*.json"))) == 2


def what_dies_over_it_is_named(cluster):
    with pytest.raises(TypeError, match="bad operand"):
        list(shared_out(abs, ["one"], cluster.address, lost))
    found = list(shared_out(signal.raise_signal, [signal.SIGKILL], cluster.address, lost, 0))
    assert found[0][0] == signal.SIGKILL
    assert "processes died over it" in found[0][1]


def test_a_cluster_that_is_not_there_is_told_of_at_once():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    for bad in (address, f"ray://{address}"):
        with pytest.raises(RuntimeError, match=f"--ray: expected a Ray cluster at '{bad}', got: "):
            list(shared_out(abs, [1], bad, lost))
    with pytest.raises(RuntimeError, match="at 'nowhere', got: Invalid address format"):
        list(shared_out(abs, [1], "nowhere", lost))


def test_without_ray_it_is_said_what_to_install(run, model, tmp_path, monkeypatch):
    from unrolled.regressor.batches import on_ray

    (tmp_path / "a.txt").write_text("six\n")
    monkeypatch.setattr(on_ray, "is_there", lambda library: False)
    monkeypatch.setattr("unrolled.extras.is_there", lambda library: False)
    done = run("predict", model, tmp_path / "a.txt", "--out", f"{tmp_path}/out/", "--ray", "local")
    assert done.code == 2
    assert done.err == "unrolled: this command needs ray: pip install 'unrolled[ray]'\n"
