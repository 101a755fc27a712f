// A trained translator: words in, signs out, and for each sign how much of each word it looked at.
(() => {
  const unrolled = window.unrolled;
  const {arrays, el, kinds, number, padding, speaker, svg, typing} = unrolled;
  const COLUMN = 58, ROW = 26, LEFT = 44, TOP = 26;

  // An array as rows of numbers; one of a single axis is one row.
  const opened = ({shape, scale, data}) => {
    const bytes = Uint8Array.from(atob(data), sign => sign.charCodeAt(0));
    const whole = new DataView(bytes.buffer), width = shape.at(-1);
    const rows = Array.from({length: bytes.length / 2 / width}, (_, i) =>
      Float64Array.from({length: width}, (_, j) => scale * whole.getInt16(2 * (i * width + j), true)));
    return shape.length > 1 ? rows : rows[0];
  };
  // The weights of a GRU by the letters of its equation.
  const letters = (arrays, way) => {
    const [W, U, b] = ["kernel", "recurrent_kernel", "bias"].map(name => arrays[`${way} ${name}`]);
    const units = U.length, found = {};
    ["z", "r", "h"].forEach((gate, n) => {
      const block = row => row.slice(n * units, (n + 1) * units);
      Object.assign(found, {[`W_${gate}`]: W.map(block), [`U_${gate}`]: U.map(block),
        [`b_${gate}`]: block(b[0]), [`b^U_${gate}`]: block(b[1])});
    });
    return {found, units};
  };
  const joined = (...rows) => Float64Array.from(rows.flatMap(row => [...row]));

  // A model that reads words and returns the signs it writes, with the weights of each.
  const translator = (held, programs, roles, limits) => {
    const kept = Object.fromEntries(
      Object.entries(held.arrays).map(([name, array]) => [name, opened(array)]));
    const ids = new Map(held.words.map((word, id) => [word, id]));
    const ways = Object.fromEntries(
      ["forward", "backward", "decoder"].map(way => [way, letters(kept, way)]));
    const step = (way, h, x) =>
      programs[roles.cell]({...ways[way].found, "h_{t-1}": h, x_t: x}).h_t;
    const along = (way, rows) => {
      let h = new Float64Array(ways[way].units);
      return rows.map(x => { h = step(way, h, x); return h; });
    };
    const read = words => {
      const rows = words.map(word => kept.words[ids.get(word) ?? 1]);
      const there = along("forward", rows), back = along("backward", rows.toReversed());
      const keys = there.map((h, t) => joined(h, back[rows.length - 1 - t]));
      let h = programs[roles.first](
        {q: joined(there.at(-1), back.at(-1)), W_h: kept.first})["h_{0}"];
      let before = held.signs.indexOf("start");
      const written = [];
      while (written.length < limits.signs && held.signs[before] !== "end") {
        const {a_t: weights, c_t: context} = programs[roles.look]({
          "h_{t-1}": h, K: keys, v: kept["attention scale"],
          W_q: kept["attention query_kernel"], W_k: kept["attention key_kernel"],
        });
        h = step("decoder", h, joined(kept.signs[before], context));
        const chances = arrays.softmax(
          arrays.add(arrays.dot(joined(h, context), kept.kernel), kept.bias));
        before = chances.indexOf(Math.max(...chances));
        written.push({sign: held.signs[before], p: chances[before], weights});
      }
      return written;
    };
    return {read, knows: word => ids.has(word)};
  };
  unrolled.translator = translator;

  const drawn = (words, written) => {
    const width = LEFT + COLUMN * words.length, height = TOP + ROW * written.length;
    const parts = typing.headed(words, LEFT, COLUMN, TOP - 9);
    written.forEach(({sign, weights}, n) => {
      parts.push(svg("text", {x: LEFT - 8, y: TOP + ROW * (n + 0.5) + 4, "text-anchor": "end"},
        sign === " " ? "space" : sign));
      weights.forEach((weight, t) => parts.push(svg("rect", {class: "reader-cell",
        x: LEFT + COLUMN * t + 1, y: TOP + ROW * n + 1, width: COLUMN - 2, height: ROW - 2,
        "fill-opacity": weight.toFixed(3)})));
    });
    parts.push(svg("rect", {class: "reader-chosen", x: LEFT, y: TOP,
      width: width - LEFT - 1, height: height - TOP}));
    const label = written.map(({sign, weights}) =>
      `For ${sign} most at “${words[weights.indexOf(Math.max(...weights))]}”.`).join(" ");
    return typing.sized(
      svg("svg", {role: "img", "aria-label": label}, ...parts), width, height + 2, "h");
  };

  const begin = ({panel, data, keep, program}, held, given) => {
    const model = translator(held, program, data.roles, data.limits);
    const answer = el("strong", {class: "reader-time"}), told = el("p", {class: "reader-told"});
    const map = el("div", {class: "unrolled-scroll reader-map", tabindex: 0, role: "region",
      "aria-label": "Where each sign looked"});
    const said = speaker();
    const show = text => {
      const words = padding.wordsOf(text), cut = words.slice(0, data.limits.words);
      const written = cut.length ? model.read(cut) : [];
      const signs = written.map(({sign}) => sign).filter(sign => sign !== "end").join("");
      const strange = [...new Set(cut.filter(word => !model.knows(word)))];
      const chance = written.reduce((product, {p}) => product * p, 1);
      answer.textContent = signs || "–:––";
      told.textContent = [
        written.length ? `The probability of this answer is ${number(chance)}.` : "Type a sentence.",
        strange.length && `Not known: ${strange.slice(0, 5).map(word => `“${word}”`).join(", ")}.`,
        words.length > cut.length && `Only ${cut.length} words are read.`,
      ].filter(Boolean).join(" ");
      map.replaceChildren(...written.length ? [drawn(cut, written)] : []);
      said.say(`${text.slice(0, 60)}: ${signs || "no answer"}.`);
    };
    const change = text => { show(text); keep({text}); };
    const typed = typing.box(
      {label: "A sentence that tells the time, in whole fives", value: "", change});
    const put = text => { typed.show(text); show(text); };
    panel.append(typed.element,
      typing.examples(data.examples, text => { typed.show(text); change(text); }),
      answer, map, told, el("p", {class: "live-note"},
        "A row for each sign that is written, a column for each word: the stronger, the more was looked at."),
      said.element);
    put(given.text ?? data.start);
    return setting => { if (setting.text !== undefined) put(setting.text); };
  };

  kinds.attention = scene => typing.withModel(
    scene, (held, given) => begin(scene, held, given),
    (name, script) => typing.beside(script).then(() => unrolled.models.attention));
})();
