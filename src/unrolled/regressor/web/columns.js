// What stands beside a text, as features: a twin of `unrolled.regressor.columns` and `covariates`.
// It stands behind `tokens.js`.

const ENDS = new RegExp(`^[${SPACE}]+|[${SPACE}]+$`, "gu");
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const DIGIT = /^\p{Decimal_Number}$/u;
// Digits stand in tens, from 0 to 9, in every script.
const digitOf = sign => {
  const code = sign.codePointAt(0);
  let first = code;
  while (DIGIT.test(String.fromCodePoint(first - 1))) first--;
  return (code - first) % 10;
};

// A cell is a number, also where it is written in a string, a word, or null where nothing stands.
const cellFrom = (found, name) => {
  if (found === null || found === undefined || Number.isNaN(found)) return null;
  if (typeof found === "boolean") return found ? "True" : "False";
  if (typeof found === "string") {
    const text = found.replace(ENDS, ""), plain = text.replace(/\p{Decimal_Number}/gu, digitOf);
    if (!text) return null;
    if (!NUMBER.test(plain) || !Number.isFinite(Number(plain))) return text;
    found = Number(plain);
  }
  if (typeof found === "number" && Math.abs(found) <= 1e15) return found;
  throw new Error(
    `column '${name}': expected a word or a number up to 1e+15 in size, got ${String(found)}`);
};

// A number as a category's name: Python's format ".15g".
const wordOf = cell => {
  if (typeof cell === "string") return cell;
  const [digits, power] = cell.toExponential(14).split("e");
  const bare = text => text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  if (power >= -4 && power < 15) return bare(cell.toPrecision(15));
  return `${bare(digits)}e${power[0]}${power.slice(1).padStart(2, "0")}`;
};

// The features of all columns, from an object of cells by name.
const featuresOf = (columns, cells) => columns.flatMap(({name, mean, scale, gaps, values}) => {
  if (!Object.hasOwn(cells ?? {}, name)) {
    const names = Object.keys(cells ?? {}).map(key => `'${key}'`).join(", ");
    throw new Error(`expected a column '${name}' beside the text, got ${names || "none"}`);
  }
  const cell = cellFrom(cells[name], name);
  if (values) return values.map(value => Number(cell !== null && wordOf(cell) === value));
  if (typeof cell === "string")
    throw new Error(`column '${name}': expected a number, got '${cell}'`);
  const away = cell === null ? 0 : (cell - mean) / scale;
  return [...(scale ? [away] : []), ...(gaps ? [Number(cell === null)] : [])];
});
