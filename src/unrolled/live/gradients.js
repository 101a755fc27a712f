// How much of a gradient comes back: a cell is drawn and run, each step's Jacobian is read off the
// compiled tangents of its equations, and the size is the spectral norm of their product.
(() => {
  const {arrays, asked, chart, choice, button, el, number, settle, slider, speaker} = unrolled;

  // Mulberry32: numbers from 0 to 1 from a seed of 32 bits. A page can draw a cell again with it.
  const generator = seed => () => {
    seed = seed + 0x6d2b79f5 | 0;
    let mixed = Math.imul(seed ^ seed >>> 15, 1 | seed);
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed;
    return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32;
  };
  // Two of them make a normal number (Box and Muller).
  const normal = random =>
    Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

  const vector = (length, entry) => Float64Array.from({length}, (_, j) => entry(j));
  const matrix = (rows, columns, entry) =>
    Array.from({length: rows}, (_, i) => vector(columns, j => entry(i, j)));
  const product = (a, b) => a.map(row => arrays.dot(row, b));
  const scaled = (a, by) => a.map(row => row.map(value => by * value));
  const length = row => Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));

  // The spectral radius, by Gelfand's formula: the root of the length of a high power.
  const spectralRadius = a => {
    let logarithm = 0;
    for (let share = 1; share > 1e-15; share /= 2) {
      const size = length(a.map(length));
      if (!size) return 0;
      logarithm += share * Math.log(size);
      if (share < 1 && Math.abs(size - 1) < 1e-14) break;  // What is left is one direction.
      a = scaled(a, 1 / size);
      a = product(a, a);
    }
    return Math.exp(logarithm);
  };
  // The largest singular value: the root of the spectral radius of A times A turned.
  const norm = a => {
    const most = Math.max(...a.map(row => Math.max(...row.map(Math.abs))));
    if (!most || !Number.isFinite(most)) return most ? Infinity : 0;
    const b = scaled(a, 1 / most);
    const turned = matrix(b[0].length, b.length, (i, j) => b[j][i]);
    return most * Math.sqrt(spectralRadius(product(b, turned)));
  };

  // Rows that are normal, made orthogonal one after the other, twice for the rounding.
  const orthogonal = (units, random) => {
    const rows = [];
    while (rows.length < units) {
      let row = vector(units, () => normal(random));
      for (const other of [...rows, ...rows]) {
        const share = row.reduce((sum, value, j) => sum + value * other[j], 0);
        row = row.map((value, j) => value - share * other[j]);
      }
      rows.push(row.map(value => value / length(row)));
    }
    return rows;
  };

  const FEATURES = 2;
  // The weights of a fresh cell whose recurrent blocks have a spectral radius of 1.
  const drawn = ({kernel, weights}, units, seed) => {
    const random = generator(2 * seed), found = {};
    const blocks = weights.filter(name => name[0] === "W").length;
    const limit = Math.sqrt(6 / (FEATURES + blocks * units));  // Glorot's.
    for (const name of weights) {
      if (name[0] === "W") {
        found[name] = matrix(FEATURES, units, () => limit * (2 * random() - 1));
      } else if (name[0] === "U" && kernel === "orthogonal") {
        found[name] = orthogonal(units, random);
      } else if (name[0] === "U") {
        const any = matrix(units, units, () => normal(random));
        found[name] = scaled(any, 1 / spectralRadius(any));
      } else found[name] = vector(units, () => 0);
    }
    return found;
  };
  const set = (weights, {radius, bias}) => Object.fromEntries(Object.entries(weights).map(
    ([name, value]) => [name, name[0] === "U" ? scaled(value, radius)
      : name === "b_f" ? value.map(() => bias) : value]));

  // A sequence of the adding problem: a number and a mark each step, one mark in each half.
  const sequence = (steps, seed) => {
    const random = generator(2 * seed + 1), half = Math.floor(steps / 2);
    const marks = [Math.floor(random() * half), half + Math.floor(random() * (steps - half))];
    return matrix(steps, FEATURES, (t, j) => j ? Number(marks.includes(t)) : random());
  };

  // The size of the derivative of the last state by the states before, by steps back.
  const sizes = (step, {states}, weights, units, inputs) => {
    const zero = () => vector(units, () => 0), jacobians = [];
    let before = Object.fromEntries(states.map(state => [`${state}_{t-1}`, zero()]));
    for (const x of inputs) {
      const rows = [];
      let after;
      for (const moved of states) for (let j = 0; j < units; j++) {
        const v = {...weights, ...before, x_t: x};
        for (const state of states) v[`d ${state}_{t-1}`] = zero();
        v[`d ${moved}_{t-1}`][j] = 1;
        after = step(v);
        rows.push(Float64Array.from(states.flatMap(state => [...after[`d ${state}_t`]])));
      }
      jacobians.push(rows);
      before = Object.fromEntries(states.map(state => [`${state}_{t-1}`, after[`${state}_t`]]));
    }
    const found = [1];
    let whole;
    for (const each of jacobians.reverse()) {
      whole = whole ? product(each, whole) : each;
      found.push(norm(whole));
    }
    return found;
  };
  unrolled.gradients = {drawn, norm, sequence, set, sizes, spectralRadius};

  const GONE = 1e-3, GROWN = 10, SEEDS = 1e6;
  const size = value => value < GONE || value >= 1e5 ? number(value, 0)
    : value < 10 ? value.toPrecision(2) : Math.round(value).toLocaleString("en");
  const left = (value, steps) => `${steps} steps back ` + (
    value < GONE ? `${size(value)} of the gradient is left: it vanishes.`
    : value > GROWN ? `the gradient is ${size(value)} times as large: it explodes.`
    : `${size(value)} of the gradient is left: it neither vanishes nor explodes.`);
  const ROLES = ["x", "c", "o"];

  unrolled.kinds.gradients = ({panel, data, program, given, keep}) => {
    const cells = new Map(data.cells.map(cell => [cell.key, cell]));
    const start = {cell: data.cells[0].key, radius: 1, bias: 1, steps: data.steps, seed: data.seed};
    let now = start, kept = {}, waiting;
    const change = more => {
      now = {...now, ...more};
      keep(now);
      waiting ??= requestAnimationFrame(() => { waiting = null; show(); });
    };
    const moved = (name, label, min, max, step) => slider({
      label, min, max, step, value: start[name], text: value => number(value, step < 1 ? 2 : 0),
      change: value => change({[name]: value}),
    });
    const controls = {
      cell: choice({
        label: "Cell", value: start.cell, change: cell => change({cell}),
        options: data.cells.map(cell => [cell.key, cell.words]),
      }),
      radius: moved("radius", "radius", 0.2, 3, 0.05),
      bias: moved("bias", "forget bias", -3, 5, 0.25),
      steps: moved("steps", "steps", 1, 80, 1),
    };
    const again = button("Draw again", () => change({seed: (now.seed + 1) % SEEDS}));
    const seed = el("span", {}), told = speaker(), question = asked(data.asks);
    const picture = chart({margin: {left: 44, right: 74, top: 12, bottom: 36}});

    // The bands on file, and the one that was recorded with what is set now.
    const recorded = cell => Object.entries(cell.bands).map(([words, [low, middle, high]], k) => {
      const [name, value] = words.split(" ");
      const at = {...now, radius: 1, [name]: Number(value)};
      const here = at.radius === now.radius && at.bias === now.bias;
      return {words, low, middle, high, here, role: ROLES[k]};
    });
    const show = () => {
      const cell = cells.get(now.cell), key = `${now.cell} ${now.seed}`;
      if (kept.key !== key) kept = {key, weights: drawn(cell, data.units, now.seed)};
      controls.bias.element.hidden = !cell.weights.includes("b_f");
      seed.textContent = `seed ${now.seed}`;
      const found = sizes(program[cell.program], cell, set(kept.weights, now), data.units,
        sequence(now.steps, now.seed));
      const bands = recorded(cell), here = bands.find(band => band.here);
      const last = found.at(-1), words = left(last, now.steps);
      const [low, high] = here ? [here.low.at(-1), here.high.at(-1)] : [];
      told.say(words + (here && now.steps === data.steps
        ? ` In the experiment the middle 80 % of ${data.seeds} cells had ` +
          `${size(low)} to ${size(high)}.` : ""));
      if (data.asks && now.cell === start.cell && last > GROWN) {
        question.tell(data.asks.answer.replace("{radius}", number(now.radius))
          .replace("{steps}", now.steps));
      }
      const shown = [...found, ...bands.flatMap(band => [...band.low, ...band.high])]
        .filter(value => value > 1e-40).map(Math.log10);
      picture.draw({
        words: `${cell.words}: ${words}`,
        x: {min: 0, max: Math.max(now.steps, data.steps), label: "steps back from the end"},
        y: {log: true, min: Math.min(-6, Math.floor(Math.min(...shown))),
          max: Math.max(2, Math.ceil(Math.max(...shown)))},
        levels: [1],
        bands: bands.map(band => ({
          role: band.role, opacity: band.here ? 0.3 : 0.12,
          points: data.distances.map((at, k) => [at, band.low[k], band.high[k]]),
        })),
        lines: [
          ...bands.map(band => ({
            role: band.role, dash: "4 3", width: 1, name: band.words,
            points: data.distances.map((at, k) => [at, band.middle[k]]),
          })),
          {role: "h", width: 2.5, end: size(last), points: found.map((value, at) => [at, value])},
        ],
      });
    };
    // What an address says, as far as there is such a thing.
    const take = said => {
      const found = {...start};
      if (cells.has(said.cell)) found.cell = said.cell;
      for (const name of ["radius", "bias", "steps"]) {
        const value = Number(said[name] ?? NaN), {input} = controls[name];
        if (Number.isFinite(value)) found[name] = Math.min(Math.max(value, input.min), input.max);
      }
      const many = Number(said.seed);
      if (Number.isInteger(many) && many >= 0 && many < SEEDS) found.seed = many;
      now = found;
      settle(controls, now);
      show();
    };
    panel.append(
      ...[question.element].filter(Boolean),
      controls.cell.element,
      el("div", {class: "live-sliders"},
        controls.radius.element, controls.bias.element, controls.steps.element),
      el("div", {class: "live-row"}, again, seed),
      picture.element,
      el("p", {class: "live-note"},
        "Thick: this cell. Bands: the experiment. Dashed at 1: the size at the end."),
      told.element,
    );
    take(given);
    return take;
  };
})();
