"""Every name that a saved model depends on, in one place: what is saved with one is read with it.

Keras makes the paths of the weights from the names of the class ``Reader`` and of attributes in
:mod:`unrolled.regressor.layers` and ``text_model``; a test compares them with what stands here.
"""

#: The version of the file's layout; any other is refused. Before 3, pieces were counted.
FORMAT = 3
CONFIG, WEIGHTS = "config.json", "model.weights.h5"
#: What the name of a file ends in, by which Keras, too, knows the format.
SUFFIX = ".keras"
#: The names of what is read, what is counted and what stands beside a text, in Keras's folder for
#: what is no weight.
VOCABULARY, GRAMS, COVARIATES = "pieces.json", "grams.json", "columns.json"
#: What Keras tells of itself, which nothing here depends on.
METADATA = "metadata.json"
ASSETS = tuple(f"assets/{name}" for name in (VOCABULARY, GRAMS, COVARIATES))
MEMBERS = (METADATA, CONFIG, WEIGHTS, *ASSETS)

#: How Keras registers the model, and what the config says of its class.
PACKAGE, MODEL = "unrolled", "TextModel"
CLASS = {"class_name": MODEL, "registered_name": f"{PACKAGE}>{MODEL}"}
MODULE = "unrolled.regressor.text_model"

#: The table and the bias of the part that counts, and the weights of what stands beside a text.
COUNTER = ("counter/vars/0", "counter/vars/1", "counter/vars/2")
#: What makes an answer unsure, and the ratios of errors.
DOUBT = ("doubt/vars/0", "doubt/vars/1")


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
