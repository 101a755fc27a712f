// Windows that a reader drags over a series: inputs, targets, scale, and whether one looks ahead.
(() => {
  const {asked, chart, choice, el, number, settle, slider, speaker} = unrolled;
  const taken = value => !Number.isNaN(value);
  const range = (from, to) => Array.from({length: to - from}, (_, k) => from + k);
  const mean = values => values.reduce((sum, value) => sum + value, 0) / values.length;

  // As `carried` of `unrolled.series.framing`.
  const carried = values => {
    let last = NaN;
    return values.map(value => last = taken(value) ? value : last);
  };

  // How many steps ago the last value was taken; the step at which the next one is, or -1.
  const age = (values, t) => t - values.findLastIndex((value, k) => k <= t && taken(value));
  const next = (values, t) => values.findIndex((value, k) => k > t && taken(value));

  // A mistake: a missing value is on the line from the last one to the next.
  const between = values => carried(values).map((value, t) => {
    const ago = age(values, t), to = next(values, t);
    return to < 0 ? value : value + ago / (to - t + ago) * (values[to] - value);
  });

  // As `Framing.fit`; a mistake: what is learnt from is all there is.
  const fit = (values, {ahead, last, mistake}, train) => {
    const known = mistake === "all" ? values : values.slice(0, train), before = carried(known);
    const found = (last === "on" ? known.slice(ahead).map((value, t) => value - before[t]) : known)
      .filter(taken);
    const middle = last === "on" ? 0 : mean(found);
    const scale = Math.sqrt(mean(found.map(value => (value - middle) ** 2))) || 1;
    return {mean: middle, scale, count: found.length};
  };

  // As `Framing.windows`, of one first target; a mistake: the inputs end one step later.
  const frame = (values, {steps, ahead, gaps, last, mistake}, {mean, scale}, at) => {
    const scaled = values.map(value => (value - mean) / scale), end = at + (mistake === "off");
    const filled = (mistake === "future" ? between : carried)(scaled);
    const origin = last === "on" ? filled[end - 1] : 0;
    return {
      start: origin * scale,
      inputs: range(end - steps, end).map(t => [(filled[t] || 0) - origin, ...gaps === "tell"
        ? [Number(taken(values[t])), Math.min(age(values, t) / steps, 1)] : []]),
      targets: scaled.slice(at, at + ahead).map(value => value - origin),
    };
  };

  // Why there is no window with this first target; nothing where there is one.
  const lacks = (values, {steps, ahead, gaps}, at) =>
    !values.slice(at, at + ahead).some(taken) ? "no value was taken that it could be judged by"
    : gaps === "skip" && !values.slice(at - steps, at).every(taken) ? "an input is missing"
    : !values.slice(0, at).some(taken) ? "nothing was taken before it" : "";
  const places = (values, setting, start, stop) =>
    range(Math.max(start, setting.steps), stop - setting.ahead + 1)
      .filter(at => !lacks(values, setting, at));

  // One window before and after all from its first target on is raised: what moved? The training
  // part is known to its own mean and scale, so for them only what comes after it is raised.
  const tested = (values, setting, train, at, by) => {
    const raised = from => values.map((value, t) => t < from ? value : value + by);
    const before = fit(values, setting, train);
    const after = fit(raised(Math.max(at, train)), setting, train);
    const old = frame(values, setting, before, at), now = frame(raised(at), setting, after, at);
    const far = (a, b) => Math.abs(a - b) > 1e-9;
    const moved = now.inputs.map(([value], k) => far(value, old.inputs[k][0]));
    const more = [
      ["mean", after.mean, before.mean], ["scale", after.scale, before.scale],
      ["last value", now.start, old.start],
    ].filter(([, a, b]) => far(a, b));
    const ahead = moved.includes(true) || more.length > 0;
    return {...now, ...after, values: raised(at), moved, more, ahead};
  };
  unrolled.windows = {between, fit, frame, places, tested};

  const HEIGHT = 248;
  const CHOICES = {
    gaps: ["Gaps", {carry: "carry", tell: "tell", skip: "skip"}],
    last: ["Count from the last value", {off: "off", on: "on"}],
    mistake: ["Mistake", {
      none: "none", all: "scaled with all values", off: "window one off",
      future: "gaps filled with later values",
    }],
  };

  unrolled.kinds.windows = ({panel, data, given, keep}) => {
    const values = data.values.map(value => value ?? NaN), T = values.length;
    const {parts} = data, train = parts[0][2];
    const start = {...data.start, raise: 0, gaps: "carry", last: "off", mistake: "none"};
    let now = start, many, waiting, grip = null, shape;
    const change = more => {
      now = {...now, ...more};
      // How many windows look ahead is the same for each of them, so a drag counts once.
      if (!("at" in more)) many = null;
      bound();
      keep(now);
      waiting ??= requestAnimationFrame(() => { waiting = null; show(); });
    };
    const moved = (name, label, min, max, step = 1) => slider({
      label, min, max, step, value: start[name], text: value => number(value, step === 1 ? 0 : 2),
      change: value => change({[name]: value}),
    });
    const controls = {
      steps: moved("steps", "steps", 1, data.most.steps),
      ahead: moved("ahead", "ahead", 1, data.most.ahead),
      at: moved("at", "first target", 1, T),
      raise: moved("raise", "raise by", 0, ...data.raise),
    };
    const {input} = controls.at;
    for (const [name, [label, words]] of Object.entries(CHOICES)) controls[name] = choice({
      label, options: Object.entries(words), value: start[name],
      change: value => change({[name]: value}),
    });
    const bound = () => {
      input.min = now.steps;
      input.max = T - now.ahead;
      controls.at.show(now.at);
      now.at = controls.at.value;
    };
    const told = speaker(), question = asked(data.asks);
    const facts = el("ul", {class: "live-facts"}), table = el("table", {class: "live-batch"});
    const scrolled = el("div",
      {class: "live-scroll", tabindex: 0, role: "region", "aria-label": "The window"}, table);
    const picture = chart({height: HEIGHT, margin: {left: 32, right: 14, top: 12, bottom: 36}});
    const pointed = event => Math.round(picture.at(event));
    const drop = () => { grip = null; };
    Object.assign(picture.element, {
      onpointerdown(event) {
        const t = pointed(event), inside = t >= now.at - now.steps && t < now.at + now.ahead;
        grip = inside ? now.at - t : 0;
        picture.element.setPointerCapture(event.pointerId);
        change({at: t + grip});
      },
      onpointermove(event) { if (grip !== null) change({at: pointed(event) + grip}); },
      onpointerup: drop, onpointercancel: drop,
    });
    picture.element.classList.add("live-dragged");

    // What the mistake does to a window, in numbers.
    const erred = ({mean, scale, values}) => {
      const {at, steps, mistake} = now;
      if (mistake === "all") {
        const right = fit(values, {...now, mistake: "none"}, train);
        return `Learnt from the validation and the test part, too: mean ${number(mean)} instead ` +
          `of ${number(right.mean)}, scale ${number(scale)} instead of ${number(right.scale)}.`;
      }
      if (mistake === "off") {
        return `The last input is the first target, step ${at}: ${number(values[at])}.`;
      }
      const many = Math.min(age(values, at - 1), steps), to = next(values, at - 1);
      return mistake === "none" ? ""
        : many && to > 0 ? `The last inputs, ${many} of ${steps}, lie on a line to step ${to}, ` +
          `which is still to come: ${number(values[to])}.`
        : "No input lies on a line to a later step: let the window end in a gap.";
    };
    const said = found => {
      const {at, steps, raise} = now;
      if (!raise) return "Raise the values from the first target on: does an input move?";
      const all = places(values, now, 0, T);
      many ??= all.filter(at => tested(values, now, train, at, raise).ahead).length;
      return `All values from step ${at} on are raised by ${number(raise)}: ` +
        `${found.moved.filter(Boolean).length} of ${steps} inputs moved` +
        found.more.map(([name, a, b]) => `, the ${name} moved by ${number(a - b)}`).join("") + ". " +
        (found.ahead ? "The future was let in." : many
          ? "This window shows nothing of the mistake; others do." : "Nothing looks ahead.") +
        ` Each window tested so: ${many} of ${all.length} look ahead.`;
    };
    const list = found => {
      const {at, ahead, last} = now, none = lacks(values, now, at);
      const within = parts.filter(([, a, b]) => at < b && at + ahead > a).map(([name]) => name);
      const to = (now.mistake === "all" ? T : train) - 1;
      facts.replaceChildren(...[
        `Mean ${number(found.mean)}, scale ${number(found.scale)}: learnt from ${found.count} ` +
          `${last === "on" ? `differences over ${ahead} steps` : "values"}, steps 0 to ${to}.`,
        none ? "" : within.length === 1 ? `This window is of the ${within[0]} part.`
          : `Its targets lie in the ${within.join(" and the ")} part: it belongs to none.`,
        `Windows: ${parts.map(([name, a, b]) =>
          `${name} ${places(values, now, a, b).length}`).join(", ")}.`,
        none ? "" : erred(found),
      ].filter(Boolean).map(words => el("li", {}, words)));
    };
    const rows = (found, from) => {
      const {at, ahead} = now, width = at + ahead - from;
      const line = (name, at, values, look, digits) => el("tr", {},
        el("th", {scope: "row"}, name), ...range(from, from + width).map(t => t - at in values
          ? el("td", {class: look?.(t - at)}, number(values[t - at], digits)) : el("td")));
      const [input, was, since] = found.inputs[0].map((_, k) => found.inputs.map(each => each[k]));
      table.replaceChildren(el("tbody", {},
        line("step", 0, range(0, values.length), () => "live-padding", 0),
        line("value", 0, found.values),
        line("input", from, input, k => `live-input ${found.moved[k] ? "live-moved" : ""}`),
        ...was ? [line("taken", from, was, null, 0), line("since", from, since)] : [],
        line("target", at, found.targets, () => "live-target"),
      ));
    };
    const show = () => {
      const {at, steps, ahead, mistake, raise} = now, none = lacks(values, now, at);
      const found = tested(values, now, train, at, raise), end = at + (mistake === "off");
      const from = end - steps, filled = (mistake === "future" ? between : carried)(found.values);
      scrolled.hidden = Boolean(none);
      if (!none) rows(found, from);
      // To the border of inputs and targets, where a window has another shape.
      if (shape !== (shape = `${steps} ${ahead}`)) scrolled.scrollLeft = 1e5;
      list(found);
      told.say(none ? `There is no window here: ${none}.` : said(found));
      if (data.asks && !none && found.ahead) question.tell(data.asks.answer);
      // Each twice, so that a value between two gaps is seen.
      const runs = values => {
        const all = [[]];
        values.forEach((value, t) =>
          taken(value) ? all[0].push([t, value], [t, value]) : all.unshift([]));
        return all;
      };
      const known = [...values, ...found.values].filter(taken);
      const later = values.map((value, t) => t < at ? NaN : value);
      picture.draw({
        words: `A series of ${T} steps and a window: inputs from step ${from} to ${end - 1}, ` +
          `targets from step ${at} to ${at + ahead - 1}.`,
        x: {min: -1, max: T, label: "step"},
        y: {min: Math.floor(Math.min(...known)) - 1, max: Math.ceil(Math.max(...known)) + 1},
        shades: [
          ...parts.map(([name, a, b], k) => [a - 0.5, b - 0.5, "grid", 0.4 * k, name, 14 * (k > 1)]),
          [from - 0.5, end - 0.5, "h", 0.2, "inputs", HEIGHT - 66],
          [at - 0.5, at + ahead - 0.5, "f", 0.3, "targets", HEIGHT - 80],
        ],
        lines: [
          ...runs(later).map(points => ({points, role: "muted", dash: "3 3", width: 1})),
          ...runs(found.values).map(points => ({points, role: "ink", width: 1.2})),
        ],
        dots: [
          ...range(from, end).map(t => [t, filled[t], "h", !taken(values[t])]),
          ...range(at, at + ahead).map(t => [t, found.values[t], "f"]),
        ].filter(each => taken(each[1])),
      });
    };
    // What an address says, as far as there is such a thing.
    const take = said => {
      now = {...start};
      many = null;
      for (const name of ["steps", "ahead", "at", "raise"])
        if (Number.isFinite(parseFloat(said[name]))) now[name] = parseFloat(said[name]);
      for (const [name, [, words]] of Object.entries(CHOICES))
        if (Object.hasOwn(words, said[name])) now[name] = said[name];
      const {at, ...others} = controls;
      settle(others, now);
      bound();
      show();
    };
    panel.append(
      ...[question.element].filter(Boolean),
      picture.element,
      el("p", {class: "live-note"}, data.note),
      el("div", {class: "live-sliders"}, controls.at.element, controls.raise.element,
        controls.steps.element, controls.ahead.element),
      el("div", {class: "live-row"}, controls.gaps.element, controls.last.element),
      controls.mistake.element,
      scrolled, facts, told.element,
    );
    take(given);
    return take;
  };
})();
