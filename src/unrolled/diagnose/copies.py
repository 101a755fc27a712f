"""The model stays as it was: a copy is trained in its place, and whatever moved is put back."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np

# Keras has no public handle of the generator behind `keras.random` without a seed.
from keras.src.backend.common import global_state

_GLOBAL_SEED = "global_seed_generator"


def layers_of(model: keras.Model) -> list[Any]:
    """Return all layers of a model, those inside of others included, in the order of building."""
    return list(model._flatten_layers(include_self=False, recursive=True))


@contextmanager
def unchanged(model: keras.Model) -> Iterator[None]:
    """Put back, whatever happens inside: all variables, flags, and the state of random numbers.

    Variables are weights, states of stateful layers and of seeds, the optimizer's and metrics'.
    """
    optimizer = getattr(model, "optimizer", None)
    variables = [*model.variables, *getattr(model, "metrics_variables", [])]
    variables += [*optimizer.variables] if optimizer is not None else []
    saved = [(v, np.array(keras.ops.convert_to_numpy(v))) for v in variables]
    flags = [(layer, layer.trainable) for layer in layers_of(model)]
    # The global state: what a user's code draws from, old code included.
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    seeds = global_state.get_global_attribute(_GLOBAL_SEED)
    seed = None if seeds is None else np.array(keras.ops.convert_to_numpy(seeds.state))
    try:
        yield
    finally:
        for variable, value in saved:
            variable.assign(value)
        for layer, flag in flags:
            if layer.trainable != flag:
                layer.trainable = flag
        if seeds is not None:
            seeds.state.assign(seed)
        global_state.set_global_attribute(_GLOBAL_SEED, seeds)
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002 - as above.


class Around(keras.Model):
    """A model that cannot be copied, in a shell that can be compiled in its place."""

    def __init__(self, inner: keras.Model) -> None:
        """Keep the model; its weights are this one's, too."""
        super().__init__()
        self.inner = inner

    def call(self, x: Any, training: bool = False) -> Any:
        """Answer as the model does."""
        return self.inner(x, training=training)


def copy_of(model: keras.Model, rows: Any) -> keras.Model:
    """Return a copy with weights of its own, or, where Keras cannot copy it, a shell around it.

    ``rows`` are a few inputs, for a model that is built by its first call.
    """
    try:
        copy = keras.models.clone_model(model)
        _vocabularies(model, copy)
        if not copy.built or not copy.weights:
            copy(rows, training=False)
        if model.weights:
            copy.set_weights(model.get_weights())
    except (ValueError, TypeError, NotImplementedError, AttributeError, RuntimeError):
        return Around(model)
    return copy


def _vocabularies(model: Any, copy: Any) -> None:
    """Give a copy's text layers the words that the model's have learnt."""
    for old, new in zip(model.layers, copy.layers, strict=True):
        if hasattr(old, "get_vocabulary"):
            new.set_vocabulary(old.get_vocabulary())
        elif hasattr(old, "layers"):
            _vocabularies(old, new)
