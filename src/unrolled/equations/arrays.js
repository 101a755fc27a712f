// What compiled equations call. A variable is a number or a row of numbers; a matrix is rows.
(globalThis.unrolled ??= {}).arrays = (() => {
  const rows = a => typeof a[0] === "object";  // A matrix, as attention has it for all keys.
  const each = (f, a, b) => {
    if (rows(a) || rows(b)) return (rows(a) ? a : b)
      .map((_, i) => each(f, rows(a) ? a[i] : a, rows(b) ? b[i] : b));
    const one = typeof a === "number", other = typeof b === "number";
    if (one && other) return f(a, b);
    const found = new Float64Array(Math.max(one ? 1 : a.length, other ? 1 : b.length));
    // A row of one number goes with all of a longer one.
    const at = (row, j) => row[row.length > 1 ? j : 0];
    for (let j = 0; j < found.length; j++) found[j] = f(one ? a : at(a, j), other ? b : at(b, j));
    return found;
  };
  const dot = (row, matrix) => {
    if (typeof row === "number") return row * matrix;
    if (rows(row)) return row.map(each => dot(each, matrix));
    const found = new Float64Array(matrix[0].length);
    for (let i = 0; i < row.length; i++)
      for (let j = 0; j < found.length; j++) found[j] += row[i] * matrix[i][j];
    return found;
  };
  return {
    dot,
    add: (a, b) => each((p, q) => p + q, a, b),
    minus: (a, b) => each((p, q) => p - q, a, b),
    times: (a, b) => each((p, q) => p * q, a, b),
    sigmoid: a => each(p => 0.5 * (1 + Math.tanh(p / 2)), a, 0),
    tanh: a => each(p => Math.tanh(p), a, 0),
    over: (a, b) => each((p, q) => p / q, a, b),
    max: (a, b) => each(Math.max, a, b),
    exp: a => each(p => Math.exp(p), a, 0),
    cos: a => each(p => Math.cos(p), a, 0),
    sin: a => each(p => Math.sin(p), a, 0),
    softplus: a => each(p => Math.max(p, 0) + Math.log1p(Math.exp(-Math.abs(p))), a, 0),
    pick: (a, b, c, d) => {
      const first = each((p, q) => Number(p > q), a, b), second = each((p, q) => 1 - q, 0, first);
      return each((p, q) => p + q, each((p, q) => p * q, first, c), each((p, q) => p * q, second, d));
    },
    softmax: row => {
      const most = Math.max(...row), powers = Float64Array.from(row, p => Math.exp(p - most));
      const total = powers.reduce((sum, p) => sum + p, 0);
      return powers.map(p => p / total);
    },
    transposed: matrix => Array.from(matrix[0], (_, j) => matrix.map(row => row[j])),
  };
})();
