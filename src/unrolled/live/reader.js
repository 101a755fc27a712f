// A trained network that reads the time: its tokens from both ends, its gates, and a clock.
(() => {
  const {el, svg, number, slider, choice, button, speaker, kinds, typing} = window.unrolled;
  const MOST = 40;  // Words that are drawn; a longer sentence is read all the same.
  const PAUSE = 450;  // Milliseconds between two words that light up.
  const COLUMN = 46, LEFT = 34, TOP = 20, HEIGHT = 190;
  const WAYS = {forward: "from the first word", backward: "from the last word"};
  const LIT = {forward: "reader-forward", backward: "reader-backward"};
  const ROLES = {i: "input gate", f: "forget gate", o: "output gate", c: "cell state",
    h: "hidden state"};

  const minutes = answer => (Math.round(answer) % 720 + 720) % 720;
  const digits = answer => {
    const whole = minutes(answer);
    return `${Math.floor(whole / 60) || 12}:${String(whole % 60).padStart(2, "0")}`;
  };

  const clock = () => {
    const ticks = Array.from({length: 12}, (_, n) => svg("line", {
      x1: 50, x2: 50, y1: n % 3 ? 9 : 12, y2: 6, transform: `rotate(${30 * n} 50 50)`,
    }));
    const [hour, minute] = [26, 12].map(end =>
      svg("line", {class: "reader-hand", x1: 50, x2: 50, y1: 54, y2: end}));
    const face = svg("svg", {viewBox: "0 0 100 100", role: "img"},
      svg("circle", {cx: 50, cy: 50, r: 46}), ...ticks, hour, minute);
    const time = el("strong", {class: "reader-time"}), exact = el("span", {class: "reader-exact"});
    const element = el("div", {class: "reader-clock"}, face, time, exact);
    const show = answer => {
      const whole = answer === null ? 0 : minutes(answer);
      hour.style.transform = `rotate(${whole / 2}deg)`;
      minute.style.transform = `rotate(${6 * whole}deg)`;
      time.textContent = answer === null ? "–:––" : digits(answer);
      exact.textContent = answer === null ? "" : `${number(answer, 1)} minutes after twelve`;
      face.setAttribute("aria-label",
        answer === null ? "a clock without an answer" : `a clock at ${digits(answer)}`);
    };
    return {element, show};
  };

  // What each direction has read at place k, after so many steps.
  const read = (way, k, step, count) => way === "forward" ? k < step : k >= count - step;

  // The map of one gate: a column for each token, a row for each unit.
  const gateMap = choose => {
    const drawing = svg("svg", {role: "img", click: event => {
      const {left, top, width, height} = drawing.getBoundingClientRect();
      const [, , w, h] = drawing.getAttribute("viewBox").split(" ").map(Number);
      const x = (event.clientX - left) / width * w, y = (event.clientY - top) / height * h;
      choose(Math.floor((x - LEFT) / COLUMN), (y - TOP) / HEIGHT);
    }});
    const element = el("div", {class: "unrolled-scroll reader-map"}, drawing);
    const show = ({tokens, gates}, {gate, way, unit, step}) => {
      const rows = gates[`${gate} ${way}`], units = rows[0].length, high = HEIGHT / units;
      const names = ["⟦⟧", ...tokens], width = LEFT + COLUMN * names.length;
      const parts = typing.headed(names, LEFT, COLUMN, TOP - 7);
      rows.forEach((row, k) => {
        if (!read(way, k, step, rows.length)) return;
        row.forEach((value, j) => {
          const place = {x: LEFT + COLUMN * k + 1, y: TOP + high * j, width: COLUMN - 2,
            height: high - 0.4};
          parts.push(svg("rect", {...place, class: "reader-cell",
            "fill-opacity": Math.min(Math.abs(value), 1).toFixed(3)}));
          if (value < -0.05) parts.push(svg("path", {class: "reader-below",
            d: `M${place.x + 4} ${place.y + high / 2}h${COLUMN - 10}`}));
        });
      });
      parts.push(svg("text", {x: LEFT - 6, y: TOP + high * (unit + 0.5) + 4,
        "text-anchor": "end"}, unit));
      parts.push(svg("rect", {class: "reader-chosen", x: LEFT, y: TOP + high * unit - 0.5,
        width: width - LEFT, height: high + 0.6}));
      drawing.replaceChildren(...parts);
      typing.sized(drawing, width, TOP + HEIGHT + 2, gate);
      const means = rows.map(row => row.reduce((sum, v) => sum + v, 0) / units);
      const most = means.indexOf(Math.max(...means)), least = means.indexOf(Math.min(...means));
      drawing.setAttribute("aria-label", `The ${ROLES[gate]} of ${units} units, ` +
        `read ${WAYS[way]}. On average highest at “${names[most]}”, ${number(means[most])}, and lowest at ` +
        `“${names[least]}”, ${number(means[least])}.`);
    };
    return {element, show};
  };

  // One sentence: the box, its tokens, the clock, the map.
  const line = ({label, text, model, change, choose}) => {
    const face = clock(), map = gateMap(choose), told = el("p", {class: "reader-told"});
    const tokens = el("ol", {class: "reader-tokens", "aria-label": "What is read"});
    const typed = typing.box({label, value: text, change: to => { take(to); change(); }});
    const element = el("div", {class: "reader-line"}, typed.element,
      el("div", {class: "reader-answer"}, face.element, el("div", {}, tokens, told)), map.element);
    const self = {element, face, text, reading: null};
    const take = to => {
      self.text = to;
      try {
        self.reading = model.read(to);
      } catch {
        self.reading = null;
      }
      const {reading} = self, count = reading?.tokens.length ?? 0, drawn = count <= MOST;
      const {each, told: words} = reading
        ? typing.unknown(reading)
        : {each: [], told: "There is nothing to read."};
      self.drawn = reading !== null && drawn;
      told.textContent = drawn
        ? words : `All ${count} words are read, but no more than ${MOST} drawn.`;
      tokens.replaceChildren(...(self.drawn ? ["⟦⟧", ...reading.tokens] : []).map((token, k) =>
        el("li", {class: ["", "reader-parts", "reader-unknown"][each[k - 1] ?? 0]}, token)));
      map.element.hidden = !self.drawn;
      self.words = words;
    };
    self.take = to => {
      typed.show(to);
      take(to);
    };
    self.show = state => {
      const {reading} = self, count = (reading?.tokens.length ?? 0) + 1;
      face.show(reading && (!self.drawn || state.step >= count) ? reading.answer : null);
      if (!self.drawn) return;
      [...tokens.children].forEach((token, k) => Object.keys(WAYS).forEach(way =>
        token.classList.toggle(LIT[way], read(way, k, state.step, count))));
      map.show(reading, state);
    };
    take(text);
    return self;
  };

  // In reading order, the place of the first token that is not the same in both, or -1.
  const parting = (one, other, way) => {
    const [a, b] = [one, other].map(({tokens}) => way === "forward" ? tokens : tokens.toReversed());
    for (let k = 0; k < Math.max(a.length, b.length); k++) if (a[k] !== b[k]) return k;
    return -1;
  };
  // The values of a direction where it has read everything.
  const last = ({gates}, gate, way) => gates[`${gate} ${way}`].at(way === "forward" ? -1 : 0);
  const widest = (one, other, gate, way) => {
    const [a, b] = [one, other].map(reading => last(reading, gate, way));
    const apart = Array.from(a, (value, j) => Math.abs(value - b[j]));
    return {unit: apart.indexOf(Math.max(...apart)), a, b};
  };

  const begin = ({panel, data, keep: write}, model, given) => {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const state = {gate: "c", way: "forward", unit: 0, step: Infinity};
    const said = speaker(), compared = el("p", {class: "reader-compared"});
    const drawn = () => lines.filter(one => one.drawn && !one.element.hidden);
    const count = () => Math.max(1, ...drawn().map(one => one.reading.tokens.length + 1));
    const keep = () => write({text: lines[0].text,
      beside: lines[1].element.hidden ? null : lines[1].text,
      gate: state.gate, way: state.way, unit: state.unit});

    const choose = (column, share) => {
      const shown = drawn()[0];
      const units = last(shown.reading, "c", state.way).length;
      state.unit = Math.max(0, Math.min(units - 1, Math.floor(share * units)));
      const to = state.way === "forward" ? column + 1 : count() - column;
      state.step = Math.max(1, Math.min(count(), to));
      stop();
      draw();
    };
    const take = to => {
      lines[0].take(to);
      changed();
    };
    const changed = () => {
      stop();
      state.step = Infinity;
      draw();
      keep();
      tell();
    };
    const tell = () => {
      const shown = lines.filter(one => !one.element.hidden && one.reading);
      said.say(shown.map(({text, reading, words}) =>
        `${text.slice(0, 60)}: ${digits(reading.answer)}. ${words}`).join(" ") || lines[0].words);
    };
    const lines = [["A sentence that tells the time", given.text ?? data.start],
      ["Another beside it", given.beside ?? data.beside]].map(([label, text]) =>
      line({label, text, model, change: changed, choose}));

    const steps = slider({label: "Steps", min: 0, max: 1, step: 1, value: 1,
      text: value => `${value}/${count()}`,
      change: value => { stop(); state.step = value; draw(); }});
    const units = slider({label: "Unit", min: 0, max: 0, step: 1, value: 0,
      text: value => String(value), change: value => { state.unit = value; draw(); keep(); }});
    const gate = choice({label: "Shown", value: "c",
      options: Object.entries(ROLES).map(([key, role]) => [key, `${role} ${key}`]),
      change: key => { state.gate = key; draw(); keep(); }});
    const way = choice({label: "Read", value: "forward", options: Object.entries(WAYS),
      change: key => { state.way = key; draw(); keep(); }});

    let playing;
    const stop = () => {
      clearInterval(playing);
      playing = undefined;
      play.textContent = "Play";
    };
    const forth = () => {
      state.step = state.step >= count() ? 0 : state.step + 1;
      draw();
    };
    const play = button("Play", () => {
      if (playing) return stop();
      state.step = 0;
      draw();
      play.textContent = "Stop";
      playing = setInterval(() => {
        forth();
        if (state.step >= count()) stop();
      }, PAUSE);
    });
    const both = button("Compare two sentences", () => {
      lines[1].element.hidden = !lines[1].element.hidden;
      changed();
    });
    const nearest = button("Show that unit", () => {
      const [one, other] = drawn();
      state.unit = widest(one.reading, other.reading, state.gate, state.way).unit;
      draw();
      keep();
    });

    const describe = () => {
      const {gate, way, unit, step} = state;
      const each = drawn().map(({reading}) => {
        const total = reading.tokens.length + 1, done = Math.min(step, total);
        if (!done) return null;
        const k = way === "forward" ? done - 1 : total - done;
        const value = reading.gates[`${gate} ${way}`][k][unit];
        return `${number(value)} at “${["⟦⟧", ...reading.tokens][k]}”`;
      }).filter(Boolean);
      readout.textContent = each.length ? `The ${ROLES[gate]} of unit ${unit}, ` +
        `read ${WAYS[way]}: ${each.join("; beside it ")}.` : "";
    };
    const compare = () => {
      const {gate, way} = state, [one, other] = drawn().map(each => each.reading);
      comparison.hidden = !other;
      if (!other) return;
      const k = parting(one, other, way);
      nearest.hidden = k < 0;
      if (k < 0) return void (compared.textContent = "Both are the same.");
      const [p, q] = [one, other].map(({tokens}) => tokens.at(way === "forward" ? k : -1 - k));
      const {unit, a, b} = widest(one, other, gate, way);
      compared.textContent = `Read ${WAYS[way]}, the two part at word ${k + 1}: ` +
        `“${p ?? "the end"}” and “${q ?? "the end"}”. When all is read, ` +
        `the ${ROLES[gate]} differs most in unit ${unit}: ${number(a[unit])} and ${number(b[unit])}.`;
    };
    const readout = el("p", {class: "reader-readout"});
    const comparison = el("div", {}, compared, nearest);
    const draw = () => {
      const shown = drawn(), total = count();
      state.step = Math.min(state.step, total);
      if (shown.length) {
        units.input.max = last(shown[0].reading, "c", "forward").length - 1;
        state.unit = Math.min(state.unit, units.input.max);
      }
      steps.input.max = total;
      steps.show(state.step);
      units.show(state.unit);
      gate.show(state.gate);
      way.show(state.way);
      both.setAttribute("aria-pressed", String(!lines[1].element.hidden));
      lines.forEach(one => one.show(state));
      controls.hidden = !shown.length;
      describe();
      compare();
      window.reachWhatScrolls?.();
    };
    const key = el("p", {class: "reader-key"}, "Blue bar above: read from the first word. Below: " +
      "from the last. The stronger a colour, the further from 0; a line through it is below 0. " +
      "⟦⟧ stands before every sentence.");
    const controls = el("div", {},
      el("div", {class: "live-row"}, gate.element, way.element),
      el("div", {class: "live-sliders"}, steps.element, units.element),
      el("div", {class: "live-row"}, still ? null : play, button("Step", () => {
        stop();
        forth();
      })),
      readout, comparison, key);
    panel.append(typing.examples(data.examples, take),
      el("div", {class: "reader-lines"}, ...lines.map(one => one.element)),
      el("div", {class: "live-row"}, both), said.element, controls);

    const moved = setting => {
      lines[1].element.hidden = setting.beside === undefined;
      if (setting.text !== undefined) lines[0].take(setting.text);
      if (setting.beside !== undefined) lines[1].take(setting.beside);
      if (setting.gate in ROLES) state.gate = setting.gate;
      if (setting.way in WAYS) state.way = setting.way;
      if (/^\d{1,3}$/.test(setting.unit)) state.unit = Number(setting.unit);
      state.step = Infinity;
      draw();
      tell();
    };
    moved(given);
    return moved;
  };

  kinds.reader = scene => typing.withModel(scene, (model, given) => begin(scene, model, given));
})();
