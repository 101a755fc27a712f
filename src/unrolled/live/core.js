// What the live pictures of a page share: how they begin, what is moved, what is said.
(() => {
  const unrolled = window.unrolled ??= {}, kinds = unrolled.kinds ??= {};
  const SVG = "http://www.w3.org/2000/svg";

  // Make an element; an attribute that is a function listens, and false leaves it out.
  const made = (element, attributes, children) => {
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value === "function") element.addEventListener(name, value);
      else if (value !== false && value != null) element.setAttribute(name, value);
    }
    element.append(...children.filter(child => child != null));
    return element;
  };
  const el = (tag, attributes = {}, ...children) =>
    made(document.createElement(tag), attributes, children);
  const svg = (tag, attributes = {}, ...children) =>
    made(document.createElementNS(SVG, tag), attributes, children);

  // A number as it stands in a picture: a tiny or a vast one beside a power of ten.
  const RAISED = {...[..."⁰¹²³⁴⁵⁶⁷⁸⁹"], "-": "⁻"};
  const number = (value, digits = 2) => {
    if (!Number.isFinite(value)) return value > 0 ? "∞" : value < 0 ? "−∞" : "–";
    const sign = value < 0 ? "−" : "", size = Math.abs(value);
    if (size === 0 || size >= 0.5 * 10 ** -digits && size < 1e5) return sign + size.toFixed(digits);
    const [first, power] = size.toExponential(0).split("e");
    return `${sign}${first}·10${[...String(Number(power))].map(sign => RAISED[sign]).join("")}`;
  };

  let ids = 0;
  // A slider with its name before it and its value behind it.
  const slider = ({label, min, max, step = 0.01, value, text = number, change, list}) => {
    const id = `live-${++ids}`;
    const output = el("output", {for: id});
    const input = el("input", {id, type: "range", min, max, step, list, input: () => moved(true)});
    const moved = tell => {
      output.textContent = input.ariaValueText = text(Number(input.value));
      if (tell) change(Number(input.value));
    };
    const show = to => { input.value = to; moved(false); };
    show(value);
    const element = el("div", {class: "live-slider"}, el("label", {for: id}, label), input, output);
    return {element, input, show, get value() { return Number(input.value); }};
  };

  // One of a few, as a row of buttons of which one is down.
  const choice = ({label, options, value, change}) => {
    const name = `live-${++ids}`, inputs = new Map();
    const element = el("fieldset", {class: "live-choice"}, el("legend", {}, label));
    for (const [key, words] of options) {
      const input = el("input", {type: "radio", name, value: key, change: () => change(key)});
      inputs.set(key, input);
      element.append(el("label", {}, input, el("span", {}, words)));
    }
    const show = key => { inputs.get(key).checked = true; };
    show(value);
    return {element, show, get value() { return element.querySelector(":checked").value; }};
  };

  const button = (words, click, attributes = {}) =>
    el("button", {type: "button", class: "live-button", click, ...attributes}, words);

  // What a screen reader says when it is done with what it says now.
  const speaker = () => {
    const element = el("p", {class: "live-said", role: "status"});
    let waiting;
    return {element, say(words) {
      clearTimeout(waiting);
      waiting = setTimeout(() => { element.textContent = words; }, 400);
    }};
  };

  // A question, and its answer once there is one.
  const asked = asks => {
    const answer = el("p", {class: "live-answer", role: "status"});
    const question = asks && el("p", {class: "live-question"}, asks.question);
    return {element: asks ? el("div", {}, question, answer) : null, tell(text) {
      if (answer.textContent !== text) answer.textContent = text;
    }};
  };

  // Show a setting in its controls, and keep what they make of it: a slider has steps.
  const settle = (controls, now) => {
    for (const [name, control] of Object.entries(controls)) {
      control.show(now[name]);
      now[name] = control.value;
    }
  };

  // A setting in the address, so that a link can carry it: #f=open&i=shut. It belongs to the
  // first picture of the page unless `live` names another; what is too long is left out.
  const LONGEST = 2000;
  const first = place => place === document.querySelector(".unrolled-live");
  const setting = {
    read() {
      const text = location.hash.slice(1);
      return text.includes("=") ? Object.fromEntries(new URLSearchParams(text)) : {};
    },
    write(place, values) {
      clearTimeout(setting.waiting);
      setting.waiting = setTimeout(() => {
        const kept = Object.entries({...first(place) ? {} : {live: place.dataset.name}, ...values})
          .filter(([, value]) => value != null && String(value).length <= LONGEST);
        const text = new URLSearchParams(Object.fromEntries(kept));
        history.replaceState(history.state, "", `#${text}`.replaceAll("%2C", ","));
      }, 300);
    },
  };

  // Each picture waits as one button; what it needs is made when it is first touched, or when
  // the address has a setting for it.
  const begin = place => {
    if (place.dataset.begun) return;
    place.dataset.begun = "yes";
    const {kind, name} = place.dataset;
    const data = JSON.parse(place.querySelector("script[type='application/json']").textContent);
    const open = () => {
      start.remove();
      const panel = el("div", {class: "live-panel", role: "group", "aria-label": data.title});
      place.append(panel);
      const given = mine() ? setting.read() : {};
      const keep = values => setting.write(place, values);
      const moved = kinds[kind]({place, panel, data, name, program: program(name), given, keep});
      if (moved) addEventListener("hashchange", () => { if (mine()) moved(setting.read()); });
      return panel;
    };
    const mine = () => {
      const given = setting.read();
      return Object.keys(given).length && (given.live ? given.live === name : first(place));
    };
    const start = button(data.invitation, () => {
      const panel = open();
      panel.tabIndex = -1;
      panel.focus({preventScroll: true});
    }, {class: "live-button live-start"});
    place.append(start);
    if (mine()) open();
    else addEventListener("hashchange", () => { if (start.isConnected && mine()) open(); });
  };
  const program = name => unrolled.programs?.[name]?.(unrolled.arrays);

  // Load a script, such as a model, once.
  const loaded = new Map();
  const load = address => {
    if (!loaded.has(address)) loaded.set(address, new Promise((done, failed) => {
      document.head.append(el("script", {
        src: address, load: done,
        error: () => { loaded.delete(address); failed(new Error(`cannot load ${address}`)); },
      }));
    }));
    return loaded.get(address);
  };

  const beginAll = () => document.querySelectorAll(".unrolled-live").forEach(begin);
  Object.assign(unrolled, {el, svg, number, slider, choice, button, speaker, asked, settle, load});
  if (document.readyState === "complete") setTimeout(beginAll);  // In a notebook.
  else addEventListener("DOMContentLoaded", beginAll);
})();
