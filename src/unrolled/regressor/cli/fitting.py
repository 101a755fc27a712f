"""What the command line does to train; Keras is loaded here and nowhere else."""

import logging
import os
import sys
import tempfile
import warnings
from array import array
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import click
import numpy as np
from tqdm import tqdm

from unrolled.checks import PrecisionWarning, warn_of_rounding
from unrolled.regressor.cli import comparing, reporting
from unrolled.regressor.cli.output import check_writable, note, say, tell
from unrolled.regressor.examples import Example, Examples, Indices, collect
from unrolled.regressor.tables import Table, filled, open_table, standard_input, told
from unrolled.text import clock, metrics

#: From how many sentences the demonstration learns: so that most times are told in most ways.
SENTENCES = 30_000
#: How much a sentence counts that is nothing but the time, as it will be typed.
BARE = 3.0
#: The share of the texts that is measured with.
TEST = 0.2


def fit(
    data: str, kind: Any, no_quotes: bool, text: str | None, target: str | None, group: str | None,
    weight: str | None, out: Path | None, seed: int, epochs: int, minutes: float | None,
    readers: int, checkpoint: Path | None, memory: int, apart_only: bool, also: str | None,
    beside: tuple[str, ...], report: Path | None,
) -> None:  # fmt: skip
    """Train on a file, save the model and print what it is worth.

    Raises ``KeyboardInterrupt`` at Ctrl-C; if anything was learnt by then, the model is saved.
    """
    stem = "" if data == "-" else Path(data).name.lstrip(".").split(".")[0]
    out = out or Path(f"{stem or 'model'}.keras")
    if out.suffix != ".keras":
        raise ValueError(f"--out: expected a name that ends in '.keras', got '{out.name}'")
    for name in beside:
        if name in (text, target) or beside.count(name) > 1:
            raise ValueError(
                f"--column: expected each once, beside those of texts and numbers, got {name!r}"
            )
    read = [data, *([] if also is None else [also])]
    check_writable(out, *read)
    if report is not None:
        reporting.check(report, *read)
    columns: dict[str, Any] = {"text": text, "target": target, "group": group, "weight": weight}
    columns |= {"beside": beside, "kind": kind, "quotes": not no_quotes}
    with ExitStack() as stack:
        stack.enter_context(_noted())
        table = stack.enter_context(
            open_table(data, **columns, find={"text": None, "target": None})
        )
        text, target = table.columns[:2]
        if table.found:
            say(told(table.found))
        more = None
        if also is not None:
            more = stack.enter_context(
                open_table(also, text=text, target=target, quotes=not no_quotes)
            )
        on_disk = table.size > memory * 2**20
        letters = array("L")
        rows = chain(_told(table, letters), filled(more, more.name) if more else [])
        examples = collect(rows, on_disk=on_disk, text=text, beside=beside)
        warn_of_rounding(examples.targets, f"{table.name}, column {target!r}")
        everything, teaching = np.split(
            examples.rows, np.searchsorted(examples.rows, [len(letters)])
        )
        test, train = examples.parts(everything, [TEST], seed)
        test, known = _unknown(examples, test, teaching)
        _say(examples, on_disk, train, test, teaching, known)
        model = _regressor(
            text=text if beside else None,
            columns=beside,
            random_state=seed,
            epochs=epochs,
            minutes=minutes,
            readers=readers,
            checkpoint=checkpoint,
        ).fit_examples(
            examples, train, teaching, 0 if apart_only else len(everything) + len(teaching)
        )
        model.model_.config["about"]["target"] = target
        model.save(out)  # Before all else that could fail.
        if model.interrupted_:
            raise KeyboardInterrupt(f"interrupted; {out} holds the best model so far")
        try:
            lengths = np.frombuffer(letters, "L")
            fewer, test = comparing.thinned(train, lengths), comparing.thinned(test, lengths)
            answers = {comparing.MODEL: model.predict_examples(examples, test)}
            answers |= comparing.rivals(table, examples, fewer, test, model.model_.covariates)
            groups = None if group is None else examples.groups[test]
            truth = examples.targets[test]
            scores = comparing.scores(truth, answers, groups)
            verdict = comparing.verdict(truth, answers, groups)
            model.model_.config["about"]["test"] = scores.told(comparing.MODEL)
            model.save(out)  # With what was measured.
            if report is not None:
                parts = [verdict, _parts(model)]
                reporting.fitted(report, out, table, test, scores.rows, parts, model)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(f"interrupted; {out} holds the model, unmeasured") from None
    if len(fewer) < len(train):
        say(f"The baselines have learnt from {len(fewer)} texts.")
    say(comparing.report(scores))
    tell(verdict)
    tell(_parts(model))
    if report is not None:
        size = report.stat().st_size / 2**20
        say(f"Wrote {click.format_filename(report)} ({size:.1f} MiB), a page to look at.")
    if not apart_only:
        if model.learn_all(everything):
            model.save(out)
            say(f"Then it learnt again, in the same way, from all {len(everything)} texts.")
        elif model.interrupted_:
            raise KeyboardInterrupt(f"interrupted; {out} holds the model that was measured")
        else:
            tell("There was no time to learn again from all texts: the model is the one measured.")
    shown = click.format_filename(out)  # A name may hold bytes that are no text.
    say(f"Saved {shown} ({out.stat().st_size / 2**20:.1f} MiB).")
    say(f'Next: echo "a text of yours" | unrolled predict {shown}')


def _unknown(examples: Examples, test: Indices, teaching: Indices) -> tuple[Indices, Indices]:
    """Return the texts to measure with, and those of them that the list of ``--also`` tells."""
    told = np.isin(examples.texts.keys[test], examples.texts.keys[teaching])
    if told.all():
        raise ValueError(
            f"--also: expected texts to measure with that are not in it, got all {len(test)} there"
        )
    return test[~told], test[told]


def _parts(model: Any) -> str:
    """Say what the model is made of, and why."""
    said, covariates = _of_texts(model), model.model_.covariates
    if covariates.width:
        names = [column.name for column in covariates.columns if column.width]
        if model.model_.counting.beside.any():
            said += f" To that it adds what it has learnt of {_named(names)}."
        else:  # Where reading is all.
            said += f" The same is true of {_named(names)}."
    if covariates.silent:
        said += (
            f" Nothing is learnt of {_named(covariates.silent)}: all rows have the same there, or "
            "each one of its own."
        )
    return said


def _named(columns: list[str]) -> str:
    return f"the column{'s' if len(columns) > 1 else ''} {', '.join(map(repr, columns))}"


def _of_texts(model: Any) -> str:
    share = model.model_.config["share"]
    if share == 1:
        return (
            "It reads the texts in order, by a BiLSTM; counting words does not help beyond chance "
            "here, and is left out."
        )
    if share:
        return f"Its answer is {share:.0%} reading, by a BiLSTM, and {1 - share:.0%} counting."
    said = "It counts words, pairs of words and letters, a ridge regression"
    if not model.readers:
        return f"{said}."
    report = model.report_
    if model.plan_.share or not (report["given_up"] or "reading" in report["out_of_fold"]):
        return f"{said}; there was no time to learn to read the texts in order."
    return f"{said}; reading the texts in order does not help beyond chance here, and is left out."


def demo(seed: int, epochs: int) -> None:
    """Train on sentences that tell the time, then answer those that are typed."""
    splits = clock.load(train=SENTENCES, seed=seed)
    model = _regressor(
        random_state=seed, epochs=epochs, batch_size=64, learning_rate=1e-2, dropout=0.0,
        patience=epochs, folds=1, refit=False, embedding_dim=24, units=40, readers=2,
    )  # fmt: skip
    known = splits.train
    model.fit(known.texts, known.targets, np.where(clock.bare(known), BARE, 1), known.groups)
    if model.interrupted_:
        raise KeyboardInterrupt
    error = metrics.mae(splits.test.targets, model.predict(splits.test.texts))
    say(f"It has learnt from {len(splits.train)} sentences such as:")
    for sentence in splits.train.texts[:3]:
        say(f"    {sentence}")
    say(
        f"On {len(splits.test)} sentences that it never saw it is {error:.1f} minutes off on "
        "average.\nTell it a time, such as: the train leaves at ten to six\n"
        "An empty line ends."
    )
    for line in standard_input():
        sentence = line.decode(errors="replace").strip()
        if not sentence:
            break
        minutes = round(float(model.predict([sentence])[0])) % clock.TIMES
        say(f"    {minutes // 60 or 12}:{minutes % 60:02}")


def _regressor(**parameters: Any) -> Any:
    with _quiet():
        from unrolled.regressor import TextRegressor
    # Its warnings are for those who program with it.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    return TextRegressor(**parameters)


@contextmanager
def _noted() -> Iterator[None]:
    """Say what this package warns of in one line, as all else is said."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", PrecisionWarning)
        shown = warnings.showwarning

        def show(message: Any, category: Any, *where: Any, **named: Any) -> None:
            if category is PrecisionWarning:
                note(str(message))
            else:
                shown(message, category, *where, **named)

        warnings.showwarning = show
        yield


@contextmanager
def _quiet() -> Iterator[None]:
    """Hold back what TensorFlow writes while it loads: it concerns nobody here."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["KERAS_BACKEND"] = "tensorflow"  # Whatever the user's own Keras is set to.
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as notes:
        os.dup2(notes.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def _told(table: Table, letters: "array[int]") -> Iterator[Example]:
    """Yield the rows of a table and show how many; add the length of each text to ``letters``."""
    rows = filled(table, table.name)
    for row in tqdm(rows, desc="reading", unit=" texts", leave=False, delay=2, disable=None):
        letters.append(len(row.text))
        yield row


def _say(examples: Examples, on_disk: bool, *parts: Indices) -> None:
    train, test, teaching, known = map(len, parts)
    say(f"{train} texts to learn from, {test} to measure with.")
    if teaching:
        say(f"{teaching} more texts that only teach.")
    if known:
        say(f"{known} left out of measuring: they are among those that only teach.")
    empty = len(examples.texts) - np.count_nonzero(examples.weights)
    if empty:
        say(f"{empty} left out: they have the weight 0.")
    dropped = len(examples.texts) - empty - train - test - teaching - known
    if dropped:
        say(f"{dropped} left out: the same text is in another part.")
    if on_disk:
        say("The data is larger than the memory it may take, and is kept on disk.")
    if examples.texts.cut:
        note(f"{examples.texts.cut} of the texts are very long, only their beginning is read")
