// A cell that the reader moves: inputs, first state, gates and weights in, all numbers out.
// What is computed is the program, compiled from the equations of the page.
(() => {
  const {el, svg, number, slider, choice, button, speaker, setting} = unrolled;
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const roleOf = name => /^[hcifgozrx](?=_|$)/.exec(name)?.[0] ?? "ink";

  // A name as it is written: its letter, and its index below.
  const named = name => {
    const [letter, index] = name.replace(/[{}]/g, "").split("_");
    const [base, above] = letter.split("^");
    return el("span", {class: "live-name"}, el("i", {}, base), above && el("sup", {}, above),
      index && "\u200a", index && el("sub", {}, index.replace("-", "−")));
  };

  // Every number of every step, from a setting.
  const run = (program, data, values) => {
    const before = Object.fromEntries(data.states.map(s => [`${s}_{t-1}`, values[s]]));
    const weights = Object.fromEntries(data.weights.map(w => [w, values[w]]));
    for (const [gate, bias] of Object.entries(data.gates))
      weights[bias] += data.held[values[gate]] ?? 0;
    return values.x.map(x => {
      const found = program({...weights, ...before, x_t: x});
      for (const s of data.states) before[`${s}_{t-1}`] = found[`${s}_t`];
      return found;
    });
  };

  // Put each line of a box of code into an element of its own; return the names before its "=".
  const linesOf = code => {
    const lines = [el("span", {class: "live-line"})];
    for (const node of [...code.childNodes]) {
      if (node.nodeType !== Node.TEXT_NODE) {
        lines.at(-1).append(node);
        continue;
      }
      for (const part of node.data.split(/(?<=\n)/)) {
        lines.at(-1).append(part);
        if (part.endsWith("\n")) lines.push(el("span", {class: "live-line"}));
      }
    }
    code.replaceChildren(...lines);
    return lines.map(line => {
      const [left, ...right] = line.textContent.split("=");
      return [right.length ? left.split(",").map(name => name.trim()) : [], line];
    });
  };

  // By the name of a variable: the row of its equation, and its line in the code that follows.
  const written = (data, name) => {
    const found = new Map(data.lines.map(line => [line.name, []]));
    const block = document.getElementById(`equation-${name}`);
    if (!block) return found;
    const rows = [...block.querySelectorAll("mjx-mtr")].filter(r => !r.querySelector("mjx-mtr"));
    data.lines.forEach((line, n) => rows[n] && found.get(line.name).push(rows[n]));
    const box = [...document.querySelectorAll("p.source-name")]
      .find(p => data.code && p.textContent.trim() === data.code);
    const code = box?.previousElementSibling?.querySelector("pre");
    if (!code) return found;
    // Of two branches the one that is nearer to the equations belongs to them.
    const after = block.compareDocumentPosition(code) & Node.DOCUMENT_POSITION_PRECEDING;
    const lines = after ? linesOf(code).reverse() : linesOf(code);
    for (const each of data.lines) {
      const line = lines.find(([names]) => names.includes(each.name.replace("_t", "")));
      if (line) found.get(each.name).push(line[1]);
    }
    return found;
  };

  // The figure on the page: every node and arrow has its number and is the stronger for it.
  const figureOf = (data, place, touch) => {
    const around = data.figure ? document.getElementById(data.figure) : place.previousElementSibling;
    const drawing = around?.querySelector("svg[role=img]");
    const parts = [], layer = svg("g", {class: "live-values", "aria-hidden": "true"});
    const tag = (x, y) => {
      const ground = svg("rect", {rx: 4, height: 15, y: y - 8}), words = svg("text", {x, y: y + 3.5});
      const whole = svg("g", {}, ground, words);
      layer.append(whole);
      return value => {
        const text = value === undefined ? "" : number(value);
        whole.style.display = text ? "" : "none";
        words.textContent = text;
        ground.setAttribute("width", 8 + 6.6 * text.length);
        ground.setAttribute("x", x - 4 - 3.3 * text.length);
      };
    };
    for (const edge of drawing?.querySelectorAll("[data-edge]") ?? []) {
      const key = edge.dataset.edge, [source, target] = key.split(":"), own = `edge ${key}`;
      const path = edge.querySelector("path"), reach = path.cloneNode();
      const middle = path.getPointAtLength(path.getTotalLength() / 2), title = svg("title");
      const show = data.edges.includes(own) ? tag(middle.x, middle.y) : null;
      reach.setAttribute("style", "fill: none; stroke: transparent; stroke-width: 14");
      reach.append(title);
      layer.prepend(reach);
      touch(reach, data.nodes[target], edge);
      parts.push(found => {
        const value = found[own] ?? found[`node ${source}`] ?? found[source];
        const size = Math.min(1, Math.abs(value ?? 0));
        show?.(value);
        title.textContent = value === undefined ? "" : number(value);
        edge.style.opacity = value === undefined ? "" : 0.3 + 0.7 * size;
        path.style.strokeWidth = value === undefined ? "" : 1.2 + 1.8 * size;
      });
    }
    for (const node of drawing?.querySelectorAll("[data-node]") ?? []) {
      const name = node.dataset.node, {x, y, width, height} = node.getBBox();
      const tint = node.nextElementSibling.querySelector("path");
      const reach = svg("rect", {x, y, width, height, style: "fill: transparent; stroke: none"});
      layer.append(reach);
      touch(reach, data.nodes[name], node);
      const show = data.figure ? tag(x + width - 4, y + 1) : tag(x + 6, y);
      parts.push(found => {
        const value = found[`node ${name}`] ?? found[name];
        show(value);
        tint.style.fillOpacity = 0.06 + 0.28 * Math.min(1, Math.abs(value ?? 0.25));
      });
    }
    drawing?.append(layer);
    if (drawing) drawing.style.overflow = "visible";
    return found => parts.forEach(part => part(found));
  };

  // The states over the steps, from the one before the first; a line for each.
  const chartOf = data => {
    const drawing = svg("svg", {class: "live-chart", preserveAspectRatio: "none", role: "img"});
    const low = el("span"), high = el("span");
    const element = el("div", {class: "live-chart-box"},
      el("div", {class: "live-scale", "aria-hidden": "true"}, high, low), drawing);
    return {element, show(series, now) {
      const most = Math.max(1, ...data.states.flatMap(s => series[s].map(Math.abs)));
      const y = value => (1 - value / most) * 50;
      drawing.setAttribute("viewBox", `0 0 ${data.steps + 1} 100`);
      drawing.replaceChildren(svg("path", {class: "live-zero", d: `M0 50H${data.steps + 1}`}),
        svg("path", {class: "live-now", d: `M${now + 0.5} 0V100`}));
      for (const s of data.states) {
        const places = series[s].map((value, t) => `${t + 0.5} ${y(value).toFixed(2)}`);
        const colour = `stroke: var(--unrolled-${roleOf(s)}, var(--unrolled-ink))`;
        drawing.append(
          svg("path", {class: "live-later", style: colour, d: `M${places.join("L")}`}),
          svg("path", {style: colour, d: `M${places.slice(0, now + 1).join("L")}`}),
          ...places.map(place => svg("path", {class: "live-dot", style: colour, d: `M${place}h0`})));
      }
      high.textContent = number(most, most < 10 ? 1 : 0);
      low.textContent = number(-most, most < 10 ? 1 : 0);
      const told = data.states.map(s => `${s} from ${number(series[s][0])} to ${number(series[s].at(-1))}`);
      drawing.setAttribute("aria-label", `The states over ${data.steps} steps: ${told.join(", ")}.`);
    }};
  };

  // The inputs: a slider for each step, which a pointer may draw over in one stroke.
  const inputsOf = (data, changed) => {
    const most = 2, inputs = Array.from({length: data.steps}, (_, t) => el("input", {
      type: "range", min: -most, max: most, step: 0.1, "aria-label": `input x at step ${t + 1}`,
      input: () => changed(t, Number(inputs[t].value)),
    }));
    const element = el("div", {class: "live-inputs"}, el("span", {"aria-hidden": "true"}, named("x")),
      ...inputs);
    const draw = event => {
      if (!event.buttons) return;
      const boxes = inputs.map(input => input.getBoundingClientRect());
      const t = boxes.findIndex(box => event.clientX >= box.left && event.clientX < box.right);
      if (t < 0) return;
      const {top, height} = boxes[t], share = (event.clientY - top) / height;
      changed(t, Math.round(10 * most * Math.max(-1, Math.min(1, 1 - 2 * share))) / 10);
      event.preventDefault();
    };
    element.addEventListener("pointerdown", event => {
      if (event.target.type === "range") event.target.focus();
      draw(event);
    });
    element.addEventListener("mousedown", event => event.preventDefault());
    element.addEventListener("pointermove", draw);
    return {element, show: x => inputs.forEach((input, t) => {
      input.value = x[t];
      input.ariaValueText = number(x[t], 1);
    })};
  };

  unrolled.kinds.cell = ({place, panel, data, name, program, given}) => {
    let values, now = 0, found, timer, touched = false;
    const {element: said, say} = speaker(), shown = [];
    const texts = written(data, name), buttons = new Map();

    // Light what belongs together: a node of the figure, a row of the equations, a line of code.
    const nodes = new Map(data.lines.map(line => [line.name, []]));
    const light = names => {
      for (const each of document.querySelectorAll(".live-lit")) each.classList.remove("live-lit");
      for (const each of names ?? [])
        for (const part of [...texts.get(each) ?? [], ...nodes.get(each) ?? [], buttons.get(each)])
          part?.classList.add("live-lit");
    };
    const touch = (element, names = [], drawn) => {
      element.classList.add("live-touchable");
      const shown = drawn?.dataset.node;  // What goes in belongs to many equations.
      if (shown && (nodes.has(shown) || !/_(t|\{t-1\})$/.test(shown)))
        names.forEach(each => nodes.get(each)?.push(drawn));
      element.addEventListener("pointerenter", () => light(names));
      element.addEventListener("pointerleave", () => light());
    };
    for (const [each, parts] of texts) parts.forEach(part => touch(part, [each]));

    const start = () => structuredClone({
      ...Object.fromEntries(Object.keys(data.gates).map(gate => [gate, "free"])), ...data.start,
    });
    const set = (setting, at = data.steps) => {
      const whole = start();
      for (const [key, value] of Object.entries(setting)) {
        if (key === "x") [value].flat().join().split(",").slice(0, data.steps).forEach((v, t) => {
          if (Number.isFinite(Number(v))) whole.x[t] = Number(v);
        });
        else if (key in data.gates) {
          if (value in data.held) whole[key] = value;
        } else if (Number.isFinite(Number(value)))
          for (const each of key in whole ? [key] : data.weights.filter(w => w[0] === key))
            whole[each] = Number(value);
      }
      values = whole;
      const step = Number(setting.t ?? at);
      now = Number.isInteger(step) ? Math.max(0, Math.min(data.steps, step)) : data.steps;
      update();
    };
    const address = () => {
      const first = start(), changed = {live: name};
      for (const [key, value] of Object.entries(values))
        if (String(value) !== String(first[key])) changed[key] = value;
      setting.write({...changed, t: now});
    };
    const moved = () => { touched = true; update(); address(); };
    const go = to => {
      now = Math.max(0, Math.min(data.steps, to));
      update();
      address();
    };
    const pause = () => {
      clearInterval(timer);
      timer = undefined;
      play.textContent = "Play";
    };
    const at = (key, step) => {
      const row = found[step - 1];
      return row ? row[key] : values[key.replace("_t", "")];
    };

    const scenes = data.scenes.map(([words, scene]) => button(words, () => {
      pause();
      touched = false;
      set(scene);
      address();
      say(`${words}. ${toldNow()}`);
    }));
    const inputs = inputsOf(data, (t, value) => { values.x[t] = value; moved(); });
    const chart = chartOf(data);
    const step = slider({label: "step t", min: 0, max: data.steps, step: 1, value: 0,
      text: t => `${t}`, change: t => { pause(); go(t); }});
    const play = button("Play", () => {
      if (timer) return pause();
      if (now === data.steps) go(0);
      play.textContent = "Pause";
      timer = setInterval(() => { go(now + 1); if (now === data.steps) pause(); }, 700);
    });
    const gates = Object.keys(data.gates).map(gate => {
      const made = choice({label: `gate ${gate}`, value: "free",
        options: [["free", "free"], ["open", "open"], ["shut", "shut"]],
        change: held => { values[gate] = held; moved(); }});
      shown.push(() => made.show(values[gate]));
      return made.element;
    });
    const sliderOf = (key, label) => {
      const most = key.startsWith("b") ? 10 : 3;
      const made = slider({label, min: -most, max: most, step: 0.05, value: 0,
        change: value => { values[key] = value; moved(); }});
      shown.push(() => made.show(values[key]));
      return made.element;
    };
    const first = data.states.map(s => sliderOf(s, `${s} at start`));
    const weights = data.weights.map(w => sliderOf(w, w.replace(/[{}]/g, "")));
    const names = ["x_t", ...data.states.map(s => `${s}_{t-1}`), ...data.lines.map(l => l.name)];
    const numbers = el("div", {class: "live-numbers"}, ...names.map(each => {
      const value = el("output", {});
      const lights = nodes.has(each) ? [each]
        : data.lines.filter(line => line.uses.includes(each)).map(line => line.name);
      const made = el("button", {
        type: "button", class: "live-number", "data-name": each, style: `--role: var(--unrolled-${roleOf(each)})`,
        focus: () => light(lights), blur: () => light(),
        pointerenter: () => light(lights), pointerleave: () => light(),
      }, named(each), " = ", value);
      buttons.set(each, made);
      shown.push(() => {
        const [, state] = /^(.*)_t$/.exec(each) ?? [];
        const shows = now ? found[now - 1][each] : data.states.includes(state) ? values[state] : NaN;
        value.textContent = number(shows, 3);
      });
      return made;
    }));
    const answer = el("p", {class: "live-answer", role: "status"});
    const fill = text => text.replace(/\{([^{}]+?)@(\d+)\}/g, (_, key, t) => number(at(key, +t), 3));
    const answered = () => {
      const held = touched && data.asks && Object.entries(data.asks.goal).every(([key, [low, high]]) => {
        const [each, t] = key.split("@"), value = at(each, Number(t ?? data.steps));
        return value >= low && value <= high;
      });
      const text = held ? fill(data.asks.answer) : "";
      if (answer.textContent !== text) answer.textContent = text;
    };
    const toldNow = () => `Step ${now}: ` + data.states.map(s => `${s} is ${number(at(`${s}_t`, now))}`).join(", ");

    const draw = figureOf(data, place, touch);
    function update() {
      found = run(program, data, values);
      const series = Object.fromEntries(data.states.map(s =>
        [s, [values[s], ...found.map(row => row[`${s}_t`])]]));
      chart.show(series, now);
      inputs.show(values.x);
      step.show(now);
      draw(now ? found[now - 1] : {});
      shown.forEach(show => show());
      answered();
      if (!timer) say(toldNow());
    }
    panel.append(
      el("div", {class: "live-row"}, ...scenes),
      el("div", {class: "live-lanes"}, inputs.element, chart.element),
      el("div", {class: "live-row"}, button("Back", () => { pause(); go(now - 1); }),
        button("Step", () => { pause(); go(now + 1); }), still.matches ? null : play,
        step.element),
      numbers,
      el("div", {class: "live-sliders"}, ...gates),
      el("div", {class: "live-sliders"}, ...first),
      el("details", {class: "live-weights"}, el("summary", {}, "Weights and biases"),
        el("div", {class: "live-sliders"}, ...weights)),
      ...data.asks ? [el("p", {class: "live-question"}, data.asks.question), answer] : [],
      said);
    set(given);
    return set;
  };
})();
