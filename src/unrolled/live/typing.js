// What the live pictures with a trained model share: the model, and the box that is typed into.
(() => {
  const unrolled = window.unrolled, {el, svg, button, load} = unrolled;
  const here = document.currentScript?.src || location.href;
  const beside = script => load(new URL(script, here).href);  // Where this one lies.

  // A trained model by its name; its weights and what runs them are loaded when first asked for.
  const models = new Map();
  const model = (name, script) => {
    if (!models.has(name)) models.set(name, Promise.all(
      ["predictor.js", script].map(beside),
    ).then(() => unrolled.model(unrolled.models[name])).catch(error => {
      models.delete(name);
      throw error;
    }));
    return models.get(name);
  };

  // A box with its name above it; what is typed is told after a moment, and at Enter at once.
  let ids = 0;
  const box = ({label, value, change, lines}) => {
    const id = `typed-${++ids}`;
    let waiting;
    const tell = () => {
      clearTimeout(waiting);
      change(input.value);
    };
    const input = el(lines ? "textarea" : "input", {
      id, type: !lines && "text", rows: lines, autocomplete: "off", spellcheck: "false",
      input: () => {
        clearTimeout(waiting);
        waiting = setTimeout(tell, 150);
      },
      change: tell,
    });
    input.value = value;
    return {
      element: el("div", {class: "typed-box"}, el("label", {for: id}, label), input),
      show: text => { input.value = text; },
    };
  };

  // Sentences to try, one button each.
  const examples = (texts, take) =>
    el("div", {class: "live-row", role: "group", "aria-label": "Sentences to try"},
      ...texts.map(text => button(text, () => take(text))));

  // Begin with a model when it is there; until then, what the address says is put by.
  const withModel = ({panel, data, given}, begin, asked = model) => {
    let moved, last = given;
    const waiting = el("p", {class: "live-said", role: "status"}, "The model is loaded …");
    const ask = () => asked(data.model, data.script).then(found => {
      waiting.remove();
      moved = begin(found, last);
    }).catch(error => waiting.replaceChildren(
      `${error.message}. `, button("Try again", ask)));
    panel.append(waiting);
    ask();
    return setting => {
      last = setting;
      moved?.(setting);
    };
  };

  // What a reader may be told of words that a model has not learnt.
  const unknown = ({tokens, known, whole}) => {
    const each = tokens.map((token, n) =>
      !known[n] ? 2 : Number(/[\p{L}\p{N}]/u.test(token) && !whole[n]));
    const listed = kind => [...new Set(tokens.filter((_, n) => each[n] === kind))]
      .slice(0, 5).map(token => `“${token}”`).join(", ");
    const parts = listed(1), nothing = listed(2);
    const told = [
      parts && `Known by its parts alone: ${parts}.`,
      nothing && `Not known at all: ${nothing}.`,
    ].filter(Boolean).join(" ");
    return {each, told};
  };

  // The names over the columns of a map, and how wide it may be drawn.
  const headed = (words, left, column, y) => words.map((word, t) => svg("text",
    {x: left + column * (t + 0.5), y, "text-anchor": "middle"},
    word.length > 7 ? `${word.slice(0, 6)}…` : word));
  const sized = (map, width, height, role) => {
    map.setAttribute("viewBox", `0 0 ${width} ${height}`);
    map.style.cssText = `min-width:${0.8 * width}px;max-width:${1.25 * width}px;` +
      `--gate:var(--unrolled-${role})`;
    return map;
  };

  unrolled.typing = {beside, box, examples, withModel, unknown, headed, sized};
})();
