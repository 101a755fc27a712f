"""The part of an ONNX model that a web page runs: from texts to the inputs of the graph."""

from importlib.resources import files

from unrolled.regressor.web import classic

_USAGE = """\
// What makes the inputs of a model of `unrolled export --to onnx` of texts; it needs nothing else
// and sends nothing. Load it by a script tag, beside onnxruntime-web; then, in an async function:
//     const file = await (await fetch("reviews.onnx")).arrayBuffer();
//     const session = await ort.InferenceSession.create(file), feeds = {};
//     const inputs = unrolled.tokenizer(file).inputs(["Any text that is not empty."]);
//     for (const [name, {type, data, dims}] of Object.entries(inputs))
//       feeds[name] = new ort.Tensor(type, data, dims);
//     const {answer, low, high} = await session.run(feeds);  // answer.data[0], and an interval
// `unrolled` is its only global. Where columns stand beside the texts, give an object for each:
// inputs(texts, [{price: 3, brand: null}]); a third argument is the level of the intervals, 0.9.
"""


def script() -> str:
    """Return a classic script that defines ``unrolled.tokenizer``, whatever the model.

    >>> print(script().partition("`unrolled` ")[2].splitlines()[0])
    is its only global. Where columns stand beside the texts, give an object for each:
    """
    of_web, here = files("unrolled.regressor.web"), files("unrolled.regressor.onnx")
    parts = of_web / "tokens.js", of_web / "columns.js", here / "tokenizer.js"
    return _USAGE + classic(*parts)
