"""How near to people's own ratings a bidirectional LSTM comes, and what it has to beat.

Results hold metrics, counts and learning curves. They hold no text of the archive.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from unrolled.keras_models import recipe
from unrolled.text import OOV, Corpus, Splits, baselines, metrics, ratings

#: Metric by name; ``None`` where it has no meaning, as the correlation with a constant.
Scores = dict[str, float | None]


@dataclasses.dataclass(frozen=True)
class Config:
    """What is trained, on what, and how often.

    Parameters
    ----------
    domain
        A name in :data:`unrolled.text.ratings.DOMAINS`.
    split_seed
        Of the split into training, validation and test documents; one split for all.
    seeds
        One model is trained for each.
    vocabulary, embedding, units, epochs, batch_size, learning_rate, patience
        As for :func:`unrolled.keras_models.recipe.train`.
    draws
        How often one rater is drawn for each text, to be compared with the others.

    """

    domain: str = "tweets"
    split_seed: int = 0
    seeds: tuple[int, ...] = (0, 1, 2)
    vocabulary: int = 10_000
    embedding: int = 256
    units: int = 32
    epochs: int = 6
    batch_size: int = 32
    learning_rate: float = 2e-3
    patience: int = 3
    draws: int = 20


CONFIG = Config()


def run(config: Config, verbose: int = 0) -> dict[str, Any]:
    """Train the recipe and its rivals on one split and measure all on the same test texts.

    Parameters
    ----------
    config
        See :class:`Config`.
    verbose
        As in Keras: 2 prints one line for each epoch.

    Returns
    -------
    dict
        ``counts`` of texts; ``metrics`` with mae, rmse, r2 and pearson of ``constant``,
        ``word_ridge``, ``word_and_character_ridge``, ``bilstm`` (the mean over seeds) and
        ``one_human`` (the mean over draws); ``spread`` with the least and greatest value over
        seeds or draws; ``history``, one learning curve for each seed; ``parameters``, the number
        of weights of the network. Errors are in rating points.

    Raises
    ------
    DataUnavailable
        If the archive cannot be had.
    ValueError
        If there is no seed or no draw, or a size cannot be trained with.

    """
    if not config.seeds or config.draws < 1:
        raise ValueError(f"expected at least one seed and one draw, got {config}")
    splits = ratings.load(config.domain, config.split_seed)
    models, histories = _trained(splits, config, verbose)
    test = _readable(models[0], splits.test)
    read = [metrics.all_metrics(test.targets, recipe.predict(m, test.texts)) for m in models]
    raters = {row.id: row.raters for row in ratings.rows(config.domain)}
    rated = [raters[name] for name in test.ids if len(raters[name]) > 1]
    pairs = [ratings.one_against_others(rated, seed) for seed in range(config.draws)]
    human = [metrics.all_metrics(others, one) for one, others in pairs]
    return {
        "counts": {
            "train": len(splits.train),
            "validation": len(splits.validation),
            "test": len(test),
            "test_unreadable": len(splits.test) - len(test),
            "test_rated_by_two_or_more": len(rated),
            "vocabulary": models[0].layers[0].vocabulary_size(),
        },
        "parameters": models[0].count_params(),
        "metrics": {**_rivals(splits, test), "bilstm": _mean(read), "one_human": _mean(human)},
        "spread": {"bilstm": _spread(read), "one_human": _spread(human)},
        "history": histories,
    }


def _trained(
    splits: Splits, config: Config, verbose: int
) -> tuple[list[Any], list[dict[str, list[float]]]]:
    """Train one model for each seed; validation alone decides when each stops."""
    sizes = dataclasses.asdict(config)
    for name in ("domain", "split_seed", "seeds", "draws"):
        del sizes[name]
    held_out = (splits.validation.texts, splits.validation.targets)
    runs = [
        recipe.train(
            splits.train.texts, splits.train.targets, held_out, **sizes, seed=seed, verbose=verbose
        )
        for seed in config.seeds
    ]
    histories = [
        {name: [float(value) for value in curve] for name, curve in history.items()}
        for _, history in runs
    ]
    return [model for model, _ in runs], histories


def _readable(model: Any, corpus: Corpus) -> Corpus:
    """Leave out the texts of only unknown words, for all rivals alike: the recipe refuses them."""
    ids = np.asarray(model.layers[0](corpus.texts))
    return corpus.take(np.flatnonzero((ids > OOV).any(axis=1)))


def _rivals(splits: Splits, test: Corpus) -> dict[str, Scores]:
    """Measure what counts words and does not read, learnt from the same training texts."""
    rivals = {
        "constant": baselines.constant,
        "word_ridge": baselines.word_ridge,
        "word_and_character_ridge": baselines.word_and_character_ridge,
    }
    return {
        name: metrics.all_metrics(
            test.targets,
            learn(splits.train.texts, splits.train.targets).predict(test.texts),
        )
        for name, learn in rivals.items()
    }


def _by_metric(scores: Sequence[Scores]) -> dict[str, list[float]]:
    """Turn scores by run into values by metric; one without a meaning in some run is left out."""
    values = {
        name: [value for score in scores if (value := score[name]) is not None]
        for name in scores[0]
    }
    return {name: found for name, found in values.items() if len(found) == len(scores)}


def _mean(scores: Sequence[Scores]) -> Scores:
    return {name: float(np.mean(values)) for name, values in _by_metric(scores).items()}


def _spread(scores: Sequence[Scores]) -> dict[str, list[float]]:
    return {name: [min(values), max(values)] for name, values in _by_metric(scores).items()}
