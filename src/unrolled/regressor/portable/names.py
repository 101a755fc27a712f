"""Every name that a saved model depends on: what is saved with one is read with it."""

#: The version of the file's layout; any other is refused. Before 4, weights were in HDF5.
FORMAT = 4
CONFIG = "config.json"
#: What the name of a file ends in, by which Keras, too, knows the format.
SUFFIX = ".keras"
#: The names of what is read, what is counted and what stands beside a text, and of the weights.
VOCABULARY, GRAMS, COVARIATES = "pieces.json", "grams.json", "columns.json"
WEIGHTS = "weights.f32"
#: What Keras tells of itself, and where it would look for weights; nothing here depends on them.
METADATA, EMPTY = "metadata.json", "model.weights.h5"
ASSETS = tuple(f"assets/{name}" for name in (VOCABULARY, GRAMS, COVARIATES, WEIGHTS))
MEMBERS = (METADATA, CONFIG, EMPTY, *ASSETS)

#: How Keras registers the model, and what the config says of its class.
PACKAGE, MODEL = "unrolled", "TextModel"
CLASS = {"class_name": MODEL, "registered_name": f"{PACKAGE}>{MODEL}"}
MODULE = "unrolled.regressor.text_model"
