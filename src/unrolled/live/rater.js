// A trained model that rates a text: a scale, what each word moved, and how sure it is.
(() => {
  const {el, svg, number, speaker, kinds, typing} = window.unrolled;
  const MOST = 60;  // Words of a text that are taken out one by one.
  const LEAST = -4, HIGHEST = 4, WIDTH = 320, EDGE = 16;

  const signed = (value, digits = 2) => {
    const rounded = Number(value.toFixed(digits));
    return rounded > 0 ? `+${number(rounded, digits)}` : number(rounded, digits);
  };
  const within = value => Math.max(LEAST, Math.min(HIGHEST, value));
  const x = value =>
    EDGE + (within(value) - LEAST) / (HIGHEST - LEAST) * (WIDTH - 2 * EDGE);

  const scale = () => {
    const band = svg("rect", {class: "rater-band", y: 14, height: 12, rx: 3});
    const mark = svg("path", {class: "rater-mark", d: "M0 12l-6 -10h12z"});
    const ticks = Array.from({length: 9}, (_, n) => n + LEAST).flatMap(value => [
      svg("line", {x1: x(value), x2: x(value), y1: 12, y2: 28}),
      svg("text", {x: x(value), y: 43, "text-anchor": "middle"}, signed(value, 0)),
    ]);
    const element = svg("svg", {class: "rater-scale", role: "img", viewBox: `0 0 ${WIDTH} 48`},
      band, svg("line", {x1: EDGE, x2: WIDTH - EDGE, y1: 20, y2: 20}), ...ticks, mark);
    const show = (answer, [low, high]) => {
      band.setAttribute("x", x(low));
      band.setAttribute("width", x(high) - x(low));
      mark.setAttribute("transform", `translate(${x(answer)} 0)`);
      element.setAttribute("aria-label", `a scale from −4 to +4, at ${signed(answer)}`);
    };
    return {element, show};
  };

  const begin = ({panel, data, keep}, model, given) => {
    const said = speaker(), ruler = scale();
    const score = el("strong", {class: "rater-score"}), sure = el("p", {class: "rater-sure"});
    const words = el("ol", {class: "rater-words", "aria-label": "What each word moved"});
    const result = el("div", {},
      el("div", {class: "rater-result"}, score, ruler.element), sure, words);

    const word = (token, kind, moved) => el("li",
      {class: `${moved < 0 ? "rater-down" : "rater-up"}${kind ? " rater-new" : ""}`,
        style: `--moved:${Math.min(8, 6 * Math.abs(moved)).toFixed(1)}px`},
      el("span", {}, token), el("small", {}, signed(moved)));
    const rate = text => {
      let reading = null;
      try {
        reading = model.read(text);
      } catch { /* Told below. */ }
      result.hidden = !reading;
      if (!reading) return said.say("There is nothing to rate.");
      const {tokens, answer, interval} = reading, drawn = tokens.length <= MOST;
      const {each, told} = typing.unknown(reading);
      score.textContent = signed(answer);
      ruler.show(answer, interval);
      const [low, high] = interval.map(end => signed(within(end)));
      sure.textContent = "The bar: people’s mean rating is likely to lie between " +
        `${low} and ${high}, as it does for about nine of ten such texts. ${told}`;
      const moved = drawn ? model.without(text).map(without => answer - without) : [];
      words.replaceChildren(...moved.map((by, n) => word(tokens[n], each[n], by)));
      const sizes = moved.map(Math.abs), most = sizes.indexOf(Math.max(...sizes));
      said.say(`Rated ${signed(answer)}. ` + (drawn
        ? moved.length ? `“${tokens[most]}” moved it most, by ${signed(moved[most])}.` : ""
        : `The text has more than ${MOST} words: what each moved is not worked out.`));
    };
    const show = text => {
      typed.show(text);
      rate(text);
    };
    const change = text => {
      rate(text);
      keep({text});
    };
    const typed = typing.box({label: "A short text in English", value: "", lines: 2, change});
    panel.append(typed.element,
      typing.examples(data.examples, text => { typed.show(text); change(text); }),
      result, said.element);
    show(given.text ?? data.start);
    return setting => { if (setting.text !== undefined) show(setting.text); };
  };

  kinds.rater = scene => typing.withModel(scene, (model, given) => begin(scene, model, given));
})();
