"""Experiments: a frozen config in, a result out; the only room that times things."""

from importlib import import_module
from typing import Any

# Name of the result: the module of the study, which has EXPERIMENT. What measures speed comes
# first, while the machine is cool.
EXPERIMENTS = {
    "cell-speed": "speed.cells",
    "text-speed": "speed.text",
    "after-lstm-speed": "after_lstm.speed",
    "gpu-speed": "after_lstm.speed_on_gpu",
    "attention-speed": "transformer.speed",
    "deploying": "deploying.study",
    "machines": "deploying.machines",
    "million-texts": "your_own_text.million_texts",
    "learning-power": "choosing.study",
    "after-lstm": "after_lstm.learning",
    "gradient-flow": "gradient_flow.study",
    "masking": "masking.study",
    "arrangements": "arrangements.study",
    "replications": "replications.study",
    "human-ratings": "human_ratings.study",
    "sound": "sound.study",
    "live-models": "live_models.study",
    "forecasting": "forecasting.study",
    "attention": "attention.study",
    "letters": "letters.study",
    "cells-or-attention": "transformer.study",
}


def named(name: str) -> Any:
    """Return the :class:`~unrolled.experiments.experiment.Experiment` of a result.

    >>> named("masking").config.long_seeds
    (0, 1, 2, 3, 4)
    """
    return import_module(f"{__name__}.{EXPERIMENTS[name]}").EXPERIMENT
