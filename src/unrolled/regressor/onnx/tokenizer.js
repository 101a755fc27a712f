// What makes a graph's inputs of texts: a twin of `unrolled.regressor.onnx.tokenizer`.
// It stands behind `tokens.js` and `columns.js` in one function, so it has their names.

// The parts of a message in the form of protocol buffers, by number; all else is passed over.
function* partsOf(bytes) {
  let place = 0;
  const whole = () => {
    let number = 0, weight = 1, byte;
    do {
      byte = bytes[place++];
      number += (byte & 127) * weight;
      weight *= 128;
    } while (byte > 127);
    return number;
  };
  while (place < bytes.length) {
    const tag = whole(), kind = tag % 8;
    if (kind === 2) {
      const size = whole();
      yield [Math.floor(tag / 8), bytes.subarray(place, place + size)];
      place += size;
    } else if (kind === 0) whole();
    else if (kind === 1 || kind === 5) place += kind === 1 ? 8 : 4;
    else break;
  }
}

// An ONNX file is such a message; its part 14 is an entry of the metadata, of a key and a value.
const metadataOf = bytes => {
  const said = part => new TextDecoder().decode(part);
  for (const [number, part] of partsOf(bytes)) {
    const {1: key, 2: value} = number === 14 ? Object.fromEntries(partsOf(part)) : {};
    if (key && said(key) === "unrolled") return JSON.parse(said(value));
  }
  throw new Error("expected an ONNX file of `unrolled export`, got another or a damaged one");
};

const numberOf = names => new Map(names.map((name, n) => [name, n]));

// Rows of whole numbers as one, filled up with 0, with a column at least.
const padded = rows => {
  const columns = Math.max(1, ...rows.map(row => row.length));
  const data = new Int32Array(rows.length * columns);
  rows.forEach((row, n) => data.set(row, n * columns));
  return {type: "int32", data, dims: [rows.length, columns]};
};

const tokenizer = file => {
  const found = metadataOf(new Uint8Array(file));
  if (found.format !== 1) throw new Error(`expected a model of format 1, got ${found.format}`);
  const {columns} = found.columns, pieces = numberOf(found.pieces);
  const words = numberOf(found.words), first = words.size;
  const letters = new Map(found.letters.map((name, n) => [name, first + n]));

  const cut = text => {
    const row = [START];
    for (const token of tokens(checked(text))) {
      if (row.length === found.max_length) break;
      row.push(token);
    }
    return row;
  };
  const idsOf = token => {
    const ids = piecesOf(token).map(name => pieces.get(name)).filter(id => id !== undefined);
    return ids.length ? ids : [1];  // No piece of it is known.
  };
  const besides = (rows, count) => {
    const features = Array.from({length: count}, (_, n) => featuresOf(columns, rows[n]));
    const data = Float32Array.from(features.flat());
    return {type: "float32", data, dims: [count, features[0].length]};
  };

  return {
    scores: found.scores,
    inputs: (texts, rows = [], level = 0.9) => {
      if (!Array.isArray(texts) || !texts.length)
        throw new Error("texts: expected an array of strings, got another thing or none of them");
      const known = new Map(), number = token => {
        if (!known.has(token)) known.set(token, 1 + known.size);
        return known.get(token);
      };
      const all = texts.map(cut), counts = all.map(row => countsOf(row.slice(1), words, letters));
      const inputs = {
        tokens: padded(all.map(row => row.map(number))),
        pieces: padded([...known.keys()].map(idsOf)),
        grams: padded(counts.map(each => [...each.keys()].map(id => 1 + id))),
        times: padded(counts.map(each => [...each.values()])),
        level: {type: "float64", data: Float64Array.of(level), dims: []},
      };
      const beside = besides(rows, texts.length);
      return beside.dims[1] ? {...inputs, beside} : inputs;
    },
  };
};

(globalThis.unrolled ??= {}).tokenizer = tokenizer;
