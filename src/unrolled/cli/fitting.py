"""What the command line does to train; Keras is loaded here and nowhere else."""

import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from unrolled.text import baselines, clock, metrics
from unrolled.text.examples import Example, Examples, Rows, collect
from unrolled.text.tables import Table, open_table

#: The shares of the texts that are measured with, and that decide when to stop.
TEST, VALIDATION = 0.2, 0.1
#: The most texts that a baseline learns from, or is measured on.
MOST = 20_000
RIVALS = {
    "constant": baselines.constant,
    "words, ridge": baselines.word_ridge,
    "words and letters, ridge": baselines.word_and_character_ridge,
}
MODEL = "this model"


def fit(
    data: str, kind: Any, text: str, target: str, group: str | None, weight: str | None,
    out: Path | None, seed: int, epochs: int, minutes: float | None, readers: int,
    checkpoint: Path | None, memory: int,
) -> bool:  # fmt: skip
    """Train on a file, print what the model is worth and save it; true if Ctrl-C broke it off."""
    out = out or Path("model.keras" if data == "-" else Path(data).name.split(".")[0] + ".keras")
    _check_out(out)
    columns = {"text": text, "target": target, "group": group, "weight": weight}
    with open_table(data, **columns, kind=kind) as table:
        on_disk = table.size > memory * 2**20
        examples = collect(_examples(table), on_disk=on_disk)
        test, validation, train = examples.split(TEST, VALIDATION, seed=seed)
        _say(examples, on_disk, train, validation, test)
        model = _regressor(
            seed=seed, epochs=epochs, minutes=minutes, readers=readers, checkpoint=checkpoint
        ).fit_examples(examples, train, validation)
        if not model.interrupted_:
            test = test[:: -(-len(test) // MOST)]
            answers = {MODEL: model.predict_examples(examples, test)}
            answers |= _rivals(table, examples, train[:: -(-len(train) // MOST)], test)
            _report(model, examples, test, answers)
    model.save(out)
    click.echo(f"Saved {out} ({out.stat().st_size / 2**20:.1f} MiB).")
    if model.interrupted_:
        click.echo("Training was interrupted; this is the best model so far.", err=True)
    else:
        click.echo(f'Next: echo "a text of yours" | unrolled predict {out}')
    return bool(model.interrupted_)


def demo(seed: int, epochs: int) -> None:
    """Train on sentences that tell the time, then answer those that are typed."""
    splits = clock.load(seed=seed)
    model = _regressor(seed=seed, epochs=epochs, dropout=0.1)
    model.fit(splits.train.texts, splits.train.targets, groups=splits.train.groups)
    error = metrics.mae(splits.test.targets, model.predict(splits.test.texts))
    click.echo(f"It has learnt from {len(splits.train)} sentences such as:")
    for sentence in splits.train.texts[:3]:
        click.echo(f"    {sentence}")
    click.echo(
        f"On {len(splits.test)} sentences that it never saw it is {error:.1f} minutes off on "
        "average.\nTell it a time, such as: the train leaves at ten to six\n"
        "An empty line ends."
    )
    for line in sys.stdin:
        if not line.strip():
            break
        minutes = round(float(model.predict([line])[0])) % clock.TIMES
        click.echo(f"    {minutes // 60 or 12}:{minutes % 60:02}")


def _regressor(**settings: Any) -> Any:
    with _quiet():
        from unrolled.keras_models.regressor import TextRegressor
    return TextRegressor(**settings)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep back what TensorFlow writes while it is loaded: it concerns nobody here."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as notes:
        os.dup2(notes.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def _check_out(out: Path) -> None:
    """Raise ``ValueError`` now, not after hours of training, if the model cannot be saved."""
    folder = out.parent
    if out.suffix != ".keras":
        raise ValueError(f"--out: expected a name that ends in '.keras', got '{out.name}'")
    if not folder.is_dir():
        raise ValueError(f"--out: expected a folder at '{folder}', got none")
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise ValueError(
            f"--out: expected to be able to write in '{folder}', got: {error.strerror}"
        ) from None


def _examples(table: Table) -> Iterator[Example]:
    rows = tqdm(table, desc="reading", unit=" texts", leave=False, delay=2)
    for row in rows:
        if row.target is None:  # Only a table without a target column has such rows.
            raise ValueError(f"{table.name}, line {row.number}: expected a target, got none")
        weight = 1.0 if row.weight is None else row.weight
        yield Example(row.text, row.target, row.group, weight, f"{table.name}, line {row.number}")


def _say(examples: Examples, on_disk: bool, *parts: Rows) -> None:
    train, validation, test = map(len, parts)
    click.echo(f"{train} texts to learn from, {validation} to stop by, {test} to measure with.")
    dropped = examples.encoded.texts - train - validation - test
    if dropped:
        click.echo(f"{dropped} left out: the same text stands in another part.")
    if examples.encoded.cut:
        click.echo(f"{examples.encoded.cut} are very long; only their first tokens are read.")
    if on_disk:
        click.echo("The data is larger than the memory it may take, and is kept on disk.")


def _rivals(table: Table, examples: Examples, train: Rows, test: Rows) -> dict[str, Any]:
    """Return what each baseline answers to the test texts, read once more from the file."""
    texts = _texts(table, train, test)
    numbers = examples.targets[train].astype(float)
    known, asked = [texts[row] for row in train], [texts[row] for row in test]
    return {name: learn(known, numbers).predict(asked) for name, learn in RIVALS.items()}


def _texts(table: Table, *parts: Rows) -> dict[int, str]:
    wanted = set(np.concatenate(parts).tolist())
    return {number: row.text for number, row in enumerate(table) if number in wanted}


def _report(model: Any, examples: Examples, test: Rows, answers: dict[str, NDArray[Any]]) -> None:
    """Print one line for each model, and which is best; put the model's own into its file."""
    truth = examples.targets[test].astype(float)
    found = {name: metrics.all_metrics(truth, answer) for name, answer in answers.items()}
    between = {name: metrics.intervals(truth, answer) for name, answer in answers.items()}
    width = max(map(len, found))
    click.echo(f"\nOn {len(test)} texts that no model has seen, with 95 % intervals:")
    click.echo(f"{'':{width}}  {'MAE':^26}{'RMSE':^26}{'Pearson r':^26}")
    for name, scores in found.items():
        cells = (_cell(scores[key], between[name][key]) for key in ("mae", "rmse", "pearson"))
        click.echo(f"{name:{width}}  " + "".join(f"{cell:26}" for cell in cells))
    model.model_.settings["about"]["test"] = {"texts": len(test), **found[MODEL]}
    click.echo("\n" + verdict(truth, answers))


def verdict(truth: NDArray[Any], answers: dict[str, NDArray[Any]]) -> str:
    """Say in a sentence whether the model is worth having.

    It is compared with the baseline of least squared error; texts are resampled to see whether
    another sample could have turned the order.
    """
    squares = {name: (np.asarray(answer) - truth) ** 2 for name, answer in answers.items()}
    rival = min((name for name in squares if name != MODEL), key=lambda name: squares[name].mean())
    apart = squares[rival] - squares[MODEL]
    rng = np.random.default_rng(0)
    means = [apart[rng.integers(len(apart), size=len(apart))].mean() for _ in range(1000)]
    low, high = np.quantile(means, [0.025, 0.975])
    if low > 0:
        return f"This model is ahead of the best baseline ({rival})."
    if high < 0:
        return f"A baseline wins: {rival}. Use that; it is simpler and better here."
    return (
        f"Neither is clearly ahead: this model and the best baseline ({rival}) differ by less "
        "than chance. The baseline is simpler."
    )


def _cell(value: float | None, between: Sequence[float] | None) -> str:
    if value is None:
        return "-"
    return f"{value:.3g}" + (f" [{between[0]:.3g}, {between[1]:.3g}]" if between else "")
