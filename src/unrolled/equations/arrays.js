// What compiled equations call. A variable is a number or a row of numbers; a matrix is rows.
(globalThis.unrolled ??= {}).arrays = (() => {
  const rows = a => typeof a[0] === "object";  // A matrix, as attention has it for all keys.
  const each = (f, a, b) => {
    if (rows(a) || rows(b)) return (rows(a) ? a : b)
      .map((_, i) => each(f, rows(a) ? a[i] : a, rows(b) ? b[i] : b));
    const one = typeof a === "number", other = typeof b === "number";
    if (one && other) return f(a, b);
    const found = new Float64Array((one ? b : a).length);
    for (let j = 0; j < found.length; j++) found[j] = f(one ? a : a[j], other ? b : b[j]);
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
    softmax: row => {
      const most = Math.max(...row), powers = Float64Array.from(row, p => Math.exp(p - most));
      const total = powers.reduce((sum, p) => sum + p, 0);
      return powers.map(p => p / total);
    },
    transposed: matrix => Array.from(matrix[0], (_, j) => matrix.map(row => row[j])),
  };
})();
