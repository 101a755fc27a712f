// What compiled equations call. A variable is a number or a row of numbers; a matrix is rows.
const each = (f, a, b) => {
  if (typeof a === "number" && typeof b === "number") return f(a, b);
  const row = typeof a === "number" ? b : a, found = new Float64Array(row.length);
  for (let j = 0; j < row.length; j++)
    found[j] = f(typeof a === "number" ? a : a[j], typeof b === "number" ? b : b[j]);
  return found;
};
const add = (a, b) => each((p, q) => p + q, a, b);
const minus = (a, b) => each((p, q) => p - q, a, b);
const times = (a, b) => each((p, q) => p * q, a, b);
const sigmoid = a => each(p => p < 0 ? Math.exp(p) / (1 + Math.exp(p)) : 1 / (1 + Math.exp(-p)), a, 0);
const tanh = a => each(p => Math.tanh(p), a, 0);
const dot = (row, matrix) => {
  if (typeof matrix === "number") return times(row, matrix);
  const found = new Float64Array(matrix[0].length);
  for (let i = 0; i < row.length; i++)
    for (let j = 0; j < found.length; j++) found[j] += row[i] * matrix[i][j];
  return found;
};
