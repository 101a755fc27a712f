// What a trained text model answers, in a browser: a twin of `unrolled.regressor.portable`.
// It stands behind `arrays.js`, `lstm.js`, `tokens.js` and `columns.js` in one function, so it has
// their names.

// Sorted names, of each the beginning that it shares with the one before, as a digit, and the rest.
const numbered = ({shared, rest}, first) => {
  let name = "";
  return new Map(rest.map((end, n) =>
    [name = name.slice(0, parseInt(shared[n], 36)) + end, first + n]));
};

const KINDS = {8: Int8Array, 16: Int16Array, 32: Float32Array};
const numbers = (text, Kind) => {
  const signs = atob(text), bytes = new Uint8Array(signs.length);
  for (let n = 0; n < bytes.length; n++) bytes[n] = signs.charCodeAt(n);
  return new Kind(bytes.buffer);
};
// The rows of a matrix, each of whole numbers times its scale.
const rowsOf = ({bits, columns, values, scales}) => {
  const of = numbers(scales, Float32Array), flat = Float32Array.from(numbers(values, KINDS[bits]));
  return Array.from(of, (scale, n) =>
    flat.subarray(n * columns, (n + 1) * columns).map(value => value * scale));
};

// The weights of a cell by their names in its equations: blocks i, f, c and o side by side.
const cellOf = (kept, units) => {
  const cell = {};
  for (const letter of "WUb") {
    const rows = rowsOf(kept[letter]);
    for (const [n, gate] of [..."ifco"].entries()) {
      const block = rows.map(row => row.subarray(n * units, (n + 1) * units));
      cell[`${letter}_${gate}`] = letter === "b" ? block[0] : block;
    }
  }
  return cell;
};
const readerOf = ({vectors, forward, backward, readout, bias}, units) => ({
  vectors: rowsOf(vectors), forward: cellOf(forward, units), backward: cellOf(backward, units),
  readout: rowsOf(readout)[0], bias,
  start: {h_t: new Float64Array(units), c_t: new Float64Array(units)},
});

// x W is computed once for each vector: products of what is here are kept.
const products = new WeakMap(), {arrays} = globalThis.unrolled;
const dot = (row, matrix) => {
  const known = products.get(row);
  if (!known) return arrays.dot(row, matrix);
  if (!known.has(matrix)) known.set(matrix, arrays.dot(row, matrix));
  return known.get(matrix);
};
const step = lstm({...arrays, dot});

// What a cell does at each of some vectors, after the step `last`.
const sweep = (cell, vectors, last) => vectors.map(x =>
  last = step({...cell, x_t: x, "h_{t-1}": last.h_t, "c_{t-1}": last.c_t}));
const turned = row => [...row].reverse();

const bothWays = ({forward, backward, start}, vectors) => ({
  forward: sweep(forward, vectors, start),
  backward: turned(sweep(backward, turned(vectors), start)),
});
// The same without vector t: the steps that have not seen it stay as they are.
const bothWaysWithout = (t, {forward, backward, start}, vectors, whole) => {
  const [before, after] = [whole.forward.slice(0, t), whole.backward.slice(t + 1)];
  const others = sweep(forward, vectors.slice(t + 1), before.at(-1) ?? start);
  const back = sweep(backward, turned(vectors.slice(0, t)), after[0] ?? start);
  return {forward: [...before, ...others], backward: [...turned(back), ...after]};
};

// The readout of the means over time of both ways, then of their highest values.
const pooled = ({readout, bias}, {forward, backward}) => {
  let sum = bias;
  [forward, backward].forEach((steps, way) => {
    const units = steps[0].h_t.length;
    for (let j = 0; j < units; j++) {
      let total = 0, highest = -2;
      for (const {h_t: h} of steps) {
        total += h[j];
        if (h[j] > highest) highest = h[j];
      }
      sum += total / steps.length * readout[way * units + j];
      sum += highest * readout[(2 + way) * units + j];
    }
  });
  return sum;
};

const finite = answer => {
  if (Number.isFinite(answer)) return answer;
  throw new Error(`expected a model whose answers are finite, got ${answer}`);
};

const model = data => {
  if (![1, 2].includes(data?.format))
    throw new Error(`expected a model of format 1 or 2, got ${data?.format}`);
  const {units, share, mean, scale, doubt, columns = [], beside = []} = data;
  const pieces = numbered(data.pieces, 1);  // Number 0 is a token of which no piece is known.
  const first = data.words.rest.length;  // The number of the first run of letters.
  const words = numbered(data.words, 0), letters = numbered(data.letters, first);
  const [idf, weights] = rowsOf(data.table);
  const readers = data.readers.map(reader => readerOf(reader, units));

  const cut = text => {
    const found = [];
    for (const token of tokens(checked(text)))
      if (found.push(token) === data.max_length - 1) break;
    return found;
  };

  const vectorOf = (token, {vectors}) => {
    let ids = piecesOf(token).map(name => pieces.get(name)).filter(id => id !== undefined);
    if (!ids.length) ids = [0];
    const sum = new Float64Array(vectors[0].length);
    for (const id of ids) for (let j = 0; j < sum.length; j++) sum[j] += vectors[id][j];
    return sum.map(value => value / Math.sqrt(ids.length));
  };
  const vectorsOf = (found, reader) => {
    const known = new Map();
    return [START, ...found].map(token => {
      if (!known.has(token)) {
        const vector = vectorOf(token, reader);
        products.set(vector, new Map());
        known.set(token, vector);
      }
      return known.get(token);
    });
  };

  // Sublinear TF-IDF of words and pairs of them, and of letters, each over its length.
  const counted = found => {
    const lengths = [0, 0], sums = [0, 0];
    for (const [id, times] of countsOf(found, words, letters)) {
      const block = Number(id >= first), value = (1 + Math.log(times)) * idf[id];
      lengths[block] += value * value;
      sums[block] += value * weights[id];
    }
    return data.bias + sums.reduce((sum, each, block) =>
      sum + each / (Math.sqrt(lengths[block]) || 1), 0);
  };

  const wholeOf = found => readers.map(reader => {
    const vectors = vectorsOf(found, reader);
    return {reader, vectors, ways: bothWays(reader, vectors)};
  });
  // What the readers say on average, and what is counted.
  const partsOf = (found, ways) => {
    const read = readers.reduce((sum, reader, n) => sum + pooled(reader, ways[n]), 0);
    return {read: read / (readers.length || 1), counted: counted(found)};
  };
  // What columns add, from an object of cells by name.
  const addedOf = cells =>
    featuresOf(columns, cells).reduce((sum, value, n) => sum + value * beside[n], 0);
  const together = ({read, counted}, added) =>
    finite(mean + scale * (share * read + (1 - share) * counted + added));

  const isWord = token => words.has(token.toLowerCase());
  const hasPieces = token => piecesOf(token).some(name => pieces.has(name));
  // How far the truth may lie from an answer: the parts' distance, the length, what is unknown.
  const halfWidth = (found, {read, counted}) => {
    const counts = first + letters.size > 0, knows = counts ? isWord : hasPieces;
    const apart = readers.length && counts ? Math.abs(read - counted) : 0;
    const unknown = found.length ? 1 - found.filter(knows).length / found.length : 1;
    const signs = [1, apart, Math.log1p(found.length + 1), unknown];
    const log = signs.reduce((sum, sign, n) => sum + sign * doubt.weights[n], 0);
    return scale * doubt.ratio * Math.exp(Math.max(-30, Math.min(30, log)));
  };

  return {
    predict: (text, cells) => {
      const found = cut(text), added = addedOf(cells);
      return together(partsOf(found, wholeOf(found).map(({ways}) => ways)), added);
    },
    read: (text, cells) => {
      const found = cut(text), all = wholeOf(found).map(({ways}) => ways), gates = {};
      for (const [way, steps] of Object.entries(all[0] ?? {}))
        for (const letter of "ifgoch") gates[`${letter} ${way}`] = steps.map(v => v[`${letter}_t`]);
      const parts = partsOf(found, all), answer = together(parts, addedOf(cells));
      const away = doubt && halfWidth(found, parts);
      return {
        tokens: found, known: found.map(token => isWord(token) || hasPieces(token)),
        whole: found.map(token => isWord(token) || pieces.has(piecesOf(token)[0])), answer,
        interval: doubt && [answer - away, answer + away], gates,
      };
    },
    without: (text, cells) => {
      const found = cut(text), whole = wholeOf(found), added = addedOf(cells);
      return found.map((_, n) => {
        const others = [...found.slice(0, n), ...found.slice(n + 1)];
        const without = ({reader, vectors, ways}) => bothWaysWithout(n + 1, reader, vectors, ways);
        return together(partsOf(others, whole.map(without)), added);
      });
    },
  };
};

(globalThis.unrolled ??= {}).model = model;
