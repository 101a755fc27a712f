// Texts that a reader types: words, ids, one padded array, its mask, and what a cell's state does.
(() => {
  const {asked, chart, choice, el, number, settle, slider, speaker} = unrolled;

  // As `unrolled.text.words`: the rule works on bytes, so letters beyond ASCII stay as they are.
  const wordsOf = text => text.replace(/[A-Z]/g, letter => letter.toLowerCase())
    .replace(/[!-/:-@[-`{-~]/g, "").split(/[ \t\n\v\f\r]+/).filter(Boolean);

  // As `unrolled.text.pad`, with rows that are all longer than the longest by some zeros.
  const pad = (rows, zeros, side) => {
    const steps = Math.max(0, ...rows.map(row => row.length)) + zeros;
    return rows.map(row => {
      const filling = Array(steps - row.length).fill(0);
      return side === "pre" ? [...filling, ...row] : [...row, ...filling];
    });
  };

  // The h after each step of a row of ids; where there is a mask, padding leaves it as it is.
  const read = (step, {embedding, weights, states, units}, ids, mask) => {
    let state = Object.fromEntries(
      states.map(name => [`${name}_{t-1}`, new Float64Array(units)]));
    return ids.map(id => {
      if (id || !mask) {
        const after = step({...weights, ...state, x_t: embedding[id]});
        state = Object.fromEntries(states.map(name => [`${name}_{t-1}`, after[`${name}_t`]]));
      }
      return state["h_{t-1}"];
    });
  };
  unrolled.padding = {wordsOf, pad, read};

  const apart = (a, b) => Math.max(...[...a].map((value, j) => Math.abs(value - b[j])));
  const row = values => [...values].map(value => number(value)).join(", ");
  const ROLES = ["h", "f", "i", "o", "c", "z"], COLUMN = 50;

  unrolled.kinds.padding = ({panel, data, program, given, name, keep}) => {
    const ids = new Map(data.words.map((word, id) => [word, id]));
    const {letters, texts: mostTexts, words: mostWords} = data.limits;
    const start = {texts: data.texts.join("\n"), side: "post", mask: "on", zeros: data.zeros};
    let now = start, side;
    const change = more => {
      now = {...now, ...more};
      keep({...now, texts: now.texts.slice(0, letters)});
      show();
    };
    const box = el("textarea", {
      id: `${name}-texts`, rows: 4, spellcheck: "false",
      input: () => change({texts: box.value}),
    });
    const controls = {
      side: choice({
        label: "Zeros stand", options: [["post", "after the words"], ["pre", "before them"]],
        value: start.side, change: side => change({side}),
      }),
      mask: choice({
        label: "Mask", options: [["on", "on"], ["off", "off"]],
        value: start.mask, change: mask => change({mask}),
      }),
      zeros: slider({
        label: "zeros", min: 0, max: 20, step: 1, value: start.zeros,
        text: value => number(value, 0), change: zeros => change({zeros}),
      }),
    };
    const cut = el("p", {class: "live-note", role: "status"});
    const told = speaker(), question = asked(data.asks);
    const table = el("table", {class: "live-batch"}), charts = [];
    const scrolled = el("div",
      {class: "live-scroll", tabindex: 0, role: "region", "aria-label": "The padded array"}, table);

    // The texts that are read, each as its words, and what of the box is not.
    const taken = () => {
      const begun = now.texts.slice(0, letters);
      const lines = begun.split("\n").filter(line => /[^ \t\v\f\r]/.test(line));
      const found = lines.slice(0, mostTexts).map(wordsOf), left = [];
      if (now.texts.length > letters) left.push(`the first ${letters} letters`);
      if (lines.length > mostTexts) left.push(`${mostTexts} texts`);
      if (found.some(words => words.length > mostWords)) left.push(`${mostWords} words of a text`);
      cut.textContent = left.length ? `Only ${left.join(", ")} are read.` : "";
      return found.map(words => words.slice(0, mostWords));
    };
    // One text of the array: its words, its ids, its mask, and the state under them.
    const part = (words, ids, states, alone, k) => {
      const filled = now.side === "pre" ? ids.length - words.length : 0;
      const line = (name, cell) => el("tr", {}, el("th", {scope: "row"}, name),
        ...ids.map((id, t) => el("td", {class: !id && "live-padding"}, cell(id, t))));
      const wide = (name, child) => el("tr", {}, el("th", {scope: "row"}, name),
        el("td", {colspan: ids.length || 1}, child));
      const end = states.at(-1) ?? alone, off = apart(end, alone);
      const picture = charts[k] ??=
        chart({height: 92, margin: {left: 0, right: 0, top: 4, bottom: 4}});
      picture.element.style.width = `${COLUMN * ids.length}px`;
      const points = [...end].map((_, unit) => states.map((state, t) => [t + 0.5, state[unit]]));
      const body = el("tbody", {},
        line("word", (id, t) => id ? words[t - filled] : ""),
        line("id", id => String(id)),
        line("mask", id => id ? "true" : "false"),
        wide("state", picture.element),
        wide("end", el("span", {}, row(end))),
        wide("alone", el("span", {}, row(alone))),
        wide("off by", el("span", {}, number(off))),
      );
      const draw = () => picture.draw({
        words: `The state of text ${k + 1} over ${ids.length} steps, from −1 to 1; ` +
          `it ends at ${row(end)}.`,
        x: {min: 0, max: ids.length || 1}, y: {min: -1, max: 1},
        lines: points.map((points, unit) => ({points, role: ROLES[unit % ROLES.length], width: 2})),
        shades: ids.flatMap((id, t) => id ? [] : [[t, t + 1]]),
      });
      return {body, draw, end, off};
    };
    const show = () => {
      const texts = taken(), rows = texts.map(words => words.map(word => ids.get(word) ?? 1));
      const batch = texts.length ? pad(rows, now.zeros, now.side) : [];
      const alone = rows.map(row =>
        read(program, data, row, true).at(-1) ?? new Float64Array(data.units));
      const parts = batch.map((row, k) =>
        part(texts[k], row, read(program, data, row, now.mask === "on"), alone[k], k));
      table.replaceChildren(...parts.map(each => each.body));
      scrolled.hidden = !parts.length;
      for (const {draw} of parts) draw();  // Now they have a width.
      if (now.side !== side) scrolled.scrollLeft = now.side === "pre" ? 1e5 : 0;  // To the words.
      side = now.side;
      const most = Math.max(0, ...parts.map(each => each.off));
      const [one, other] = parts.map(each => each.end);
      const two = other ? ` Texts 1 and 2 end ${number(apart(one, other))} apart; ` +
        `alone they end ${number(apart(alone[0], alone[1]))} apart.` : "";
      told.say(!parts.length ? "Type a text." : (now.mask === "on"
        ? `With the mask every text ends as it does alone: off by ${number(most)}.`
        : `Without the mask a text ends up to ${number(most)} from where it ends alone.`) + two);
      if (data.asks && now.mask === "off" && now.zeros >= 10) question.tell(data.asks.answer);
    };
    // What an address says, as far as there is such a thing.
    const take = said => {
      const of = (name, ...known) => known.includes(said[name]) ? said[name] : start[name];
      const zeros = Number(said.zeros ?? NaN);
      now = {
        texts: said.texts ?? start.texts, side: of("side", "post", "pre"),
        mask: of("mask", "on", "off"),
        zeros: zeros >= 0 ? Math.min(zeros, 20) : start.zeros,
      };
      box.value = now.texts;
      settle(controls, now);
      show();
    };
    panel.append(
      ...[question.element].filter(Boolean),
      el("label", {for: box.id}, "Texts, one a line"), box, cut,
      el("div", {class: "live-row"}, controls.side.element, controls.mask.element),
      el("div", {class: "live-sliders"}, controls.zeros.element),
      scrolled, el("p", {class: "live-note"},
        "Grey is padding. The state has a line for each unit, from −1 to 1."),
      told.element,
    );
    take(given);
    return take;
  };
})();
