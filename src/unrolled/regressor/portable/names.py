"""Every name that a saved model depends on, in one place: what is saved with one is read with it.

Keras makes the paths of the weights from the names of the class ``Reader`` and of attributes in
:mod:`unrolled.regressor.layers` and ``text_model``; a test compares them with what stands here.
"""

from typing import Any

#: The version of the file's layout; a higher one is refused. Format 1 had other names of sizes.
FORMAT = 2
CONFIG, WEIGHTS = "config.json", "model.weights.h5"
#: What the name of a file ends in, by which Keras, too, knows the format.
SUFFIX = ".keras"
#: The name of the vocabulary in the folder that Keras keeps for what is no weight.
VOCABULARY = "pieces.json"
#: What Keras tells of itself, which nothing here depends on.
METADATA = "metadata.json"
MEMBERS = (METADATA, CONFIG, WEIGHTS, f"assets/{VOCABULARY}")

#: How Keras registers the model, and what the config says of its class.
PACKAGE, MODEL = "unrolled", "TextModel"
CLASS = {"class_name": MODEL, "registered_name": f"{PACKAGE}>{MODEL}"}
#: Where the class is, and where it was when older files were written.
MODULES = ("unrolled.regressor.text_model", "unrolled.keras_models.text_model")

#: The table and the bias of the part that counts.
COUNTER = ("counter/vars/0", "counter/vars/1")

_SIZES = {"pieces": "vocabulary_size", "width": "embedding_dim", "longest": "max_length"}
_PARAMETERS = {**_SIZES, "seed": "random_state", "validation": "validation_fraction"}


def reader(number: int) -> list[str]:
    """Return the paths of one reader's weights.

    First the vectors, then kernel, recurrent kernel and bias of the cell of each direction, then
    kernel and bias of the readout.

    >>> reader(0)[:2]
    ['layers/reader/vectors/vars/0', 'layers/reader/both_ways/forward_layer/cell/vars/0']
    """
    place = f"layers/reader_{number}" if number else "layers/reader"
    cells = [
        f"{place}/both_ways/{way}_layer/cell/vars/{n}"
        for way in ("forward", "backward")
        for n in range(3)
    ]
    readout = [f"{place}/readout/vars/{n}" for n in range(2)]
    return [f"{place}/vectors/vars/0", *cells, *readout]


def of_today(config: dict[str, Any]) -> dict[str, Any]:
    """Return a model's config with the names of today, whichever format it was written in.

    >>> of_today({"format": 1, "width": 64, "about": {"settings": {"patience": 2}}})
    {'format': 2, 'embedding_dim': 64, 'about': {'settings': {'patience': 3}}}
    """
    if config.get("format") != 1:
        return config
    config = {_SIZES.get(key, key): value for key, value in config.items()} | {"format": FORMAT}
    about = config.get("about")
    if isinstance(about, dict) and isinstance(made_with := about.get("settings"), dict):
        made_with = {_PARAMETERS.get(key, key): value for key, value in made_with.items()}
        if isinstance(patience := made_with.get("patience"), int):
            made_with["patience"] = patience + 1  # Keras counts so.
        config["about"] = {**about, "settings": made_with}
    return config
