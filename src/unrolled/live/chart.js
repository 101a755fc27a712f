// A chart as wide as its place: lines and bands over steps, on a linear or a logarithmic axis.
(() => {
  const {svg, number} = unrolled, colour = role => `var(--unrolled-${role})`;

  // Where an axis is marked: at most so many places, a round number apart.
  const ticks = ({min, max, log}, most) => {
    const rough = (max - min) / most, size = 10 ** Math.floor(Math.log10(rough));
    const apart = [1, 2, 5, 10].map(n => n * size).find(n => n >= rough && (!log || n >= 1));
    const first = Math.ceil(min / apart - 1e-9);
    return Array.from({length: Math.floor(max / apart + 1e-9) - first + 1},
      (_, k) => Number(((first + k) * apart).toPrecision(9)));
  };

  // Names on the right, so far apart that each can be read.
  const spread = (names, gap) => {
    names.sort((a, b) => a.y - b.y);
    names.forEach((name, k) => { if (k) name.y = Math.max(name.y, names[k - 1].y + gap); });
    return names;
  };

  // Its `draw` takes words for those who cannot see it; axes x and y, each with min, max and a
  // label, of log y the powers of ten; lines, rows of [x, y] with a role, and where wanted a
  // width, dash, name, or the words that stand at the end; bands, rows of [x, low, high];
  // levels of y; dots, [x, y, role], and hollow ones with a fourth; and shades, [from, to], where
  // wanted with a role, an opacity, words, and how far down these stand. `at` is the x of a pointer.
  unrolled.chart = ({height = 260, margin = {left: 48, right: 12, top: 12, bottom: 36}}) => {
    const element = svg("svg", {class: "live-plot", role: "img", height});
    let shown, drawn;
    const draw = what => {
      shown = what;
      drawn = element.clientWidth || 600;
      const {x, y, words, lines = [], bands = [], levels = [], dots = [], shades = []} = what;
      const {left, top} = margin, right = drawn - margin.right, bottom = height - margin.bottom;
      const clamp = (value, axis) => Math.min(Math.max(value, axis.min), axis.max);
      const X = value => left + (clamp(value, x) - x.min) / (x.max - x.min) * (right - left);
      const Y = value => {
        const at = clamp(y.log ? Math.log10(value) : value, y);
        return bottom - (at - y.min) / (y.max - y.min) * (bottom - top);
      };
      const path = points => points.map(([a, b]) => `${X(a).toFixed(1)},${Y(b).toFixed(1)}`);
      const text = (words, at, up, more = {}) =>
        svg("text", {x: at, y: up, fill: colour("muted"), ...more}, words);
      const line = (x1, y1, x2, y2, more = {}) =>
        svg("line", {x1, y1, x2, y2, stroke: colour("grid"), ...more});
      const names = spread(lines.filter(each => each.name).map(each =>
        ({...each, y: Y(each.points.at(-1)[1]), x: X(each.points.at(-1)[0])})), 13);
      element.setAttribute("aria-label", words);
      element.replaceChildren(
        ...shades.map(([a, b, role = "grid", opacity = 0.5]) => svg("rect", {
          x: X(a), y: top, width: X(b) - X(a), height: bottom - top, fill: colour(role), opacity,
        })),
        ...ticks(y, (bottom - top) / 32).map(at => y.log ? 10 ** at : at).flatMap(value => [
          line(left, Y(value), right, Y(value)),
          left ? text(number(value, y.log || Number.isInteger(value) ? 0 : 1).replace("1·", ""),
            left - 6, Y(value) + 4, {"text-anchor": "end"}) : "",
        ]),
        ...(x.label ? ticks(x, (right - left) / 50).map(value =>
          text(value, X(value), bottom + 16, {"text-anchor": "middle"})) : []),
        text(x.label ?? "", (left + right) / 2, height - 4, {"text-anchor": "middle"}),
        ...levels.map(value => line(left, Y(value), right, Y(value),
          {stroke: colour("ink"), "stroke-dasharray": "6 3"})),
        ...bands.map(({points, role, opacity = 0.2}) => svg("polygon", {
          points: [...path(points.map(([a, low]) => [a, low])),
            ...path(points.map(([a, , high]) => [a, high])).reverse()].join(" "),
          fill: colour(role), opacity,
        })),
        ...lines.map(({points, role, width = 1.5, dash}) => svg("polyline", {
          points: path(points).join(" "), fill: "none", stroke: colour(role),
          "stroke-width": width, "stroke-dasharray": dash, "stroke-linejoin": "round",
          "stroke-linecap": !dash && "round",
        })),
        ...lines.filter(each => each.end).flatMap(({points, role, end}) => {
          const [at, up] = points.at(-1), late = X(at) > (left + right) / 2;
          return [
            svg("circle", {cx: X(at), cy: Y(up), r: 4, fill: colour(role)}),
            text(end, X(at) + (late ? -8 : 8), Math.max(Y(up) - 8, top + 12), {
              "text-anchor": late ? "end" : "start", fill: colour(role), "font-weight": 700,
            }),
          ];
        }),
        ...dots.map(([a, b, role, hollow]) => svg("circle", {
          cx: X(a), cy: Y(b), r: 3, fill: colour(hollow ? "panel" : role), stroke: colour(role),
          "stroke-width": 1.5,
        })),
        ...names.map(({name, role, x, y}) => text(name, x + 6, y + 4, {fill: colour(role)})),
        ...shades.filter(each => each[4]).map(([a, b, , , words, down = 0]) => text(words,
          Math.min(Math.max((X(a) + X(b)) / 2, left + 24), right - 24), top + 12 + down,
          {"text-anchor": "middle", fill: colour("ink")})),
      );
    };
    new ResizeObserver(() => {
      if (shown && element.clientWidth !== drawn) draw(shown);
    }).observe(element);
    const at = ({clientX}) => {
      const {x} = shown, {left, right} = margin;
      const part = clientX - element.getBoundingClientRect().left - left;
      return x.min + part / (drawn - left - right) * (x.max - x.min);
    };
    return {element, draw, at};
  };
})();
