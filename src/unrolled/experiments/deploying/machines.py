"""What more processes bring, here and on Ray, and by that how long many machines would take."""

import csv
import dataclasses
import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from unrolled.experiments.experiment import Experiment
from unrolled.experiments.your_own_text import million_texts
from unrolled.experiments.your_own_text.million_texts import made, measured
from unrolled.text import Corpus


@dataclasses.dataclass(frozen=True)
class Config:
    """How many texts are answered, few and many, in how many files, by how many processes."""

    texts: tuple[int, ...] = (2_000, 10_000)
    learnt: int = 2_000
    files: int = 8
    jobs: tuple[int, ...] = (1, 2, 4)
    actors: tuple[int, ...] = (1, 2)
    epochs: int = 1


CONFIG = Config()
#: The same path in seconds; Ray takes longer than that to start.
QUICK = Config(texts=(200, 400), learnt=60, files=4, jobs=(1,), actors=())


def work(config: Config, job: tuple[str]) -> dict[str, Any]:
    """Make a model, and let processes answer with it, each way after the other.

    Returns
    -------
    dict
        ``bytes`` of a text in its file, ``cores`` of the machine, and ``runs``: for each ``way``,
        ``processes`` and number of ``texts`` the ``seconds`` of the whole command.

    """
    with tempfile.TemporaryDirectory() as folder:
        here, runs = Path(folder), []
        most = max(*config.texts, config.learnt)
        rows = list(made(dataclasses.replace(million_texts.CONFIG, texts=most)))
        model = _model(config, here, rows)
        for count in config.texts:
            data = here / str(count)
            data.mkdir()
            for number in range(config.files):
                _write(data / f"{number}.csv", rows[number : count : config.files])
        size = sum(path.stat().st_size for path in data.iterdir()) / count
        for way, each in ("jobs", config.jobs), ("ray", config.actors):
            for processes in each:
                with _options(way, processes) as options:
                    for count in config.texts:
                        seconds = _answered(model, here / str(count), options)
                        run = {"way": way, "processes": processes, "texts": count}
                        runs.append({**run, "seconds": seconds})
        return {"bytes": size, "cores": os.cpu_count(), "runs": runs}


def _model(config: Config, here: Path, rows: Sequence[Any]) -> Path:
    """Save a model that both reads and counts, whatever that is worth here."""
    from unrolled.experiments.deploying import study
    from unrolled.experiments.speed import regressor_parts

    texts, numbers = zip(*rows[: config.learnt], strict=True)
    learnt = Corpus(list(texts), np.array(numbers))
    reader = {**study.CONFIG.reader, "epochs": config.epochs}
    prepared = regressor_parts.prepare(learnt, learnt)
    regressor_parts.whole(prepared, reader, mean=0.0, scale=1.0).save(here / "model.keras")
    return here / "model.keras"


def _write(path: Path, rows: Sequence[Any]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("text", "worth"), *rows])


@contextmanager
def _options(way: str, processes: int) -> Iterator[list[str]]:
    """Return what to say to ``predict``; a cluster of so many cores is there meanwhile."""
    if way == "jobs":
        yield ["--jobs", str(processes)]
        return
    from ray.cluster_utils import Cluster

    node = {"num_cpus": processes, "include_dashboard": False}
    cluster: Any = Cluster(initialize_head=True, head_node_args=node)
    try:
        yield ["--ray", cluster.address]
    finally:
        cluster.shutdown()


def _answered(model: Path, data: Path, options: Sequence[str]) -> float:
    """Return the seconds of a command that answers all files of a folder."""
    with tempfile.TemporaryDirectory() as out:
        start = time.perf_counter()
        measured("predict", str(model), f"{data}/*.csv", "--text", "text", "--out", out, *options)
        return time.perf_counter() - start


class Plan(NamedTuple):
    """What was measured of one way: seconds to begin, in all and a process, and per text."""

    start: float
    process: float
    text: float
    bytes: float

    @classmethod
    def of(cls, values: Mapping[str, Any], way: str) -> "Plan":
        """Fit a plan to the runs of a way, of as many processes as there were cores at most.

        Least squares without a negative cost: seconds are start + process · p + text · n / p.

        >>> runs = [{"way": "jobs", "processes": p, "texts": n, "seconds": 1 + p + n / p}
        ...         for p in (1, 2) for n in (10, 20)]
        >>> Plan.of({"bytes": 50.0, "cores": 2, "runs": runs}, "jobs")
        Plan(start=1.0, process=1.0, text=1.0, bytes=50.0)
        """
        from scipy.optimize import nnls

        runs = [
            run for run in values["runs"]
            if run["way"] == way and run["processes"] <= values["cores"]
        ]  # fmt: skip
        rows = [[1, run["processes"], run["texts"] / run["processes"]] for run in runs]
        # Each run counts by its share, not by its seconds, or the longest alone would.
        seconds = np.array([run["seconds"] for run in runs])
        found, _ = nnls(np.array(rows) / seconds[:, None], np.ones(len(runs)))
        start, process, text = (float(f"{value:.12g}") for value in found)
        return cls(start, process, text, values["bytes"])


def hours(
    texts: float, machines: int, plan: Plan, cores: int = 16, network: float = 1.25e9
) -> float:
    """Return the hours that machines would take for texts that come over their network.

    Every core has a process, as fast as the measured ones are; each machine reads its part at
    ``network`` bytes a second while it computes, so that the slower of the two counts. A disk that
    all share, machines of unlike speed and what dies on the way are not in it.

    >>> plan = Plan(start=5.0, process=0.5, text=1e-3, bytes=100.0)
    >>> round(hours(1e9, 10, plan), 2)
    1.74
    """
    each = texts / machines
    begin = plan.start + plan.process * cores
    return (begin + max(plan.text * each / cores, plan.bytes * each / network)) / 3600


EXPERIMENT = Experiment(
    "machines", CONFIG, QUICK, lambda config: [("many processes",)], work,
    gather=lambda config, found: dict(*found.values()),
    steady=lambda values: {"runs": len(values["runs"])},
    workers=1,
)  # fmt: skip
