// A cell that the reader moves: inputs, first state, gates and weights in, all numbers out.
// What is computed is the program, compiled from the equations of the page.
(() => {
  const {el, svg, number, slider, choice, button, speaker, asked} = unrolled;
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
    const drawing = (data.figure ? document.getElementById(data.figure)
      : place.previousElementSibling)?.querySelector("svg[role=img]");
    const parts = [], layer = svg("g", {class: "live-values", "aria-hidden": "true"});
    const tag = (x, y) => {
      const ground = svg("rect", {rx: 4, height: 15, y: y - 8});
      const words = svg("text", {x, y: y + 3.5});
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
          ...places.map(place =>
            svg("path", {class: "live-dot", style: colour, d: `M${place}h0`})));
      }
      high.textContent = number(most, most < 10 ? 1 : 0);
      low.textContent = number(-most, most < 10 ? 1 : 0);
      const told = data.states.map(s =>
        `${s} from ${number(series[s][0])} to ${number(series[s].at(-1))}`);
      drawing.ariaLabel = `The states over ${data.steps} steps: ${told.join(", ")}.`;
    }};
  };

  // The inputs: a slider for each step, which a pointer may draw over in one stroke.
  const inputsOf = (data, changed) => {
    const most = 2, inputs = Array.from({length: data.steps}, (_, t) => el("input", {
      type: "range", min: -most, max: most, step: 0.1, "aria-label": `input x at step ${t + 1}`,
      input: () => changed(t, Number(inputs[t].value)),
    }));
    const name = el("span", {"aria-hidden": "true"}, named("x"));
    const element = el("div", {class: "live-inputs"}, name, ...inputs);
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

  // What belongs together is lit together: a part of the figure, a row of the equations, a line
  // of code, a number.
  const lightsOf = (data, name) => {
    const parts = written(data, name);
    for (const own of parts.values()) own.forEach(part => part.classList.add("live-touchable"));
    const light = names => {
      for (const each of document.querySelectorAll(".live-lit")) each.classList.remove("live-lit");
      for (const each of names) parts.get(each)?.forEach(part => part.classList.add("live-lit"));
    };
    const listen = (element, names) => {
      for (const begin of ["pointerenter", "focus"])
        element.addEventListener(begin, () => light(names));
      for (const end of ["pointerleave", "blur"]) element.addEventListener(end, () => light([]));
    };
    for (const [each, own] of parts) own.forEach(part => listen(part, [each]));
    return {
      button(element, each) {
        const uses = data.lines.filter(line => line.uses.includes(each)).map(line => line.name);
        parts.get(each)?.push(element);
        listen(element, parts.has(each) ? [each] : uses);
      },
      drawn(reach, names = [], drawn) {
        reach.classList.add("live-touchable");
        listen(reach, names);
        const shown = drawn.dataset.node;  // What goes in belongs to many equations.
        if (shown && (parts.has(shown) || !/_(t|\{t-1\})$/.test(shown)))
          names.forEach(each => parts.get(each)?.push(drawn));
      },
    };
  };

  // A setting made whole: every weight, first state, gate and input that it leaves out is as at
  // the start, and what is no number is left out.
  const wholeOf = (data, setting) => {
    const whole = structuredClone({
      ...Object.fromEntries(Object.keys(data.gates).map(gate => [gate, "free"])), ...data.start,
    });
    for (const [key, value] of Object.entries(setting)) {
      if (key === "x") [value].flat().join().split(",").slice(0, data.steps).forEach((v, t) => {
        if (Number.isFinite(Number(v))) whole.x[t] = Number(v);
      });
      else if (Object.hasOwn(data.gates, key)) {
        if (Object.hasOwn(data.held, value)) whole[key] = value;
      } else if (Number.isFinite(Number(value)))
        for (const each of [...data.weights, ...data.states])  // A letter alone means all of it.
          if (each === key || each[0] === key) whole[each] = Number(value);
    }
    return whole;
  };

  // The parts of the panel: each takes the cell, which knows its setting, its numbers and the
  // step, and gives an element and what shows the cell in it.
  const scenesOf = cell => ({show() {}, element: el("div", {class: "live-row"},
    ...cell.data.scenes.map(([words, scene]) => button(words, () => cell.set(scene, words))))});

  const stepsOf = cell => {
    const {data} = cell;
    let timer;
    const pause = () => {
      clearInterval(timer);
      timer = undefined;
      play.textContent = "Play";
    };
    const go = to => () => { pause(); cell.go(to()); };
    const step = slider({label: "step t", min: 0, max: data.steps, step: 1, value: 0,
      text: t => `${t}`, change: t => go(() => t)()});
    const play = button("Play", () => {
      if (timer) return pause();
      if (cell.now === data.steps) cell.go(0);
      play.textContent = "Pause";
      timer = setInterval(() => {
        cell.go(cell.now + 1);
        if (cell.now === data.steps) pause();
      }, 700);
    });
    const element = el("div", {class: "live-row"}, button("Back", go(() => cell.now - 1)),
      button("Step", go(() => cell.now + 1)), still.matches ? null : play, step.element);
    return {element, show: () => step.show(cell.now), pause};
  };

  const numbersOf = (cell, lights) => {
    const {data} = cell, shown = [];
    const names = ["x_t", ...data.states.map(s => `${s}_{t-1}`), ...data.lines.map(l => l.name)];
    const element = el("div", {class: "live-numbers"}, ...names.map(each => {
      const value = el("output", {}), state = each.replace(/_t$/, "");
      const made = el("button", {type: "button", class: "live-number", "data-name": each,
        style: `--role: var(--unrolled-${roleOf(each)})`}, named(each), " = ", value);
      lights.button(made, each);
      shown.push(() => {
        const first = data.states.includes(state) ? cell.values[state] : NaN;
        value.textContent = number(cell.now ? cell.found[cell.now - 1][each] : first, 3);
      });
      return made;
    }));
    return {element, show: () => shown.forEach(show => show())};
  };

  const settingsOf = cell => {
    const {data} = cell, shown = [];
    const kept = (key, made) => {
      shown.push(() => made.show(cell.values[key]));
      return made.element;
    };
    const sliderOf = (key, label) => {
      const most = key.startsWith("b") ? 10 : 3;
      return kept(key, slider({label, min: -most, max: most, step: 0.05, value: 0,
        change: value => cell.change(key, value)}));
    };
    const gates = Object.keys(data.gates).map(gate => kept(gate, choice({
      label: `gate ${gate}`, value: "free", change: held => cell.change(gate, held),
      options: ["free", ...Object.keys(data.held)].map(held => [held, held]),
    })));
    const first = data.states.map(s => sliderOf(s, `${s} at start`));
    const weights = data.weights.map(w => sliderOf(w, w.replace(/[{}]/g, "")));
    const rows = [gates, first].map(each => el("div", {class: "live-sliders"}, ...each));
    const element = el("div", {}, ...rows, el("details", {class: "live-weights"},
      el("summary", {}, "Weights and biases"), el("div", {class: "live-sliders"}, ...weights)));
    return {element, show: () => shown.forEach(show => show())};
  };

  // A question, and its answer once a setting of the reader's own fulfils it.
  const askedOf = cell => {
    const {asks} = cell.data, {element, tell} = asked(asks);
    if (!asks) return {element, show() {}};
    const goal = Object.entries(asks.goal).map(([key, range]) => [...key.split("@"), ...range]);
    return {
      element,
      show() {
        const reached = cell.touched && goal.every(([name, t, low, high]) => {
          const value = cell.at(name, Number(t));
          return value >= low && value <= high;
        });
        tell(reached ? asks.answer.replace(/\{([^{}]+?)@(\d+)\}/g, (_, name, t) =>
          number(cell.at(name, Number(t)), 3)) : "");
      },
    };
  };

  unrolled.kinds.cell = ({place, panel, data, name, program, given, keep}) => {
    const {element: said, say} = speaker(), lights = lightsOf(data, name);
    const cell = {
      data, now: data.steps, touched: false,
      at: (key, step) => step
        ? cell.found[step - 1][key] : cell.values[key.replace("_t", "")],
      change(key, value) {
        cell.values[key] = value;
        cell.touched = true;
        cell.update();
        cell.keep();
      },
      go(to) {
        cell.now = Math.max(0, Math.min(data.steps, to));
        cell.update();
        cell.keep();
      },
      set(setting, words) {
        steps.pause();
        cell.touched = false;
        cell.values = wholeOf(data, setting);
        const step = Number(setting.t ?? data.steps);
        cell.now = Number.isInteger(step) ? Math.max(0, Math.min(data.steps, step)) : data.steps;
        cell.update(words);
        if (words) cell.keep();
      },
      keep() {  // In the address: what is not as at the start.
        const first = wholeOf(data, {}), changed = Object.entries(cell.values)
          .filter(([key, value]) => String(value) !== String(first[key]));
        keep({...Object.fromEntries(changed), t: cell.now});
      },
      update(words) {
        cell.found = run(program, data, cell.values);
        parts.forEach(part => part.show());
        const states = data.states.map(s => `${s} is ${number(cell.at(`${s}_t`, cell.now))}`);
        say(`${words ? `${words}. ` : ""}Step ${cell.now}: ${states.join(", ")}`);
      },
    };
    const inputs = inputsOf(data, (t, value) =>
      cell.change("x", cell.values.x.with(t, value)));
    const chart = chartOf(data), steps = stepsOf(cell);
    const draw = figureOf(data, place, lights.drawn);
    const lanes = {
      element: el("div", {}, inputs.element, chart.element),
      show() {
        const series = data.states.map(s =>
          [s, [cell.values[s], ...cell.found.map(row => row[`${s}_t`])]]);
        chart.show(Object.fromEntries(series), cell.now);
        inputs.show(cell.values.x);
        draw(cell.now ? cell.found[cell.now - 1] : {});
      },
    };
    const parts = [askedOf(cell), scenesOf(cell), lanes, steps, numbersOf(cell, lights),
      settingsOf(cell)];
    panel.append(...parts.map(part => part.element).filter(Boolean), said);
    cell.set(given);
    return cell.set;
  };
})();
