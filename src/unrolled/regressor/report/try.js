(() => {
"use strict";
const model = unrolled.model(unrolled.models.model);
const box = document.getElementById("text"), answer = document.getElementById("answer");
const shown = (number) => String(Number(number.toPrecision(4)));
// A field for each column beside the text; an empty one is a missing cell.
const fields = (unrolled.models.model.columns ?? []).map(({name, mean, values}) => {
  const label = document.createElement("label");
  const field = document.createElement(values ? "select" : "input");
  if (values) field.append(...["", ...values].map((value) => new Option(value)));
  else Object.assign(field, {inputMode: "decimal", placeholder: shown(mean)});
  label.append(name, " ", field);
  document.getElementById("beside").append(label);
  return [name, field];
});
const tell = () => {
  if (!box.value.trim()) {
    answer.textContent = "The answer appears here.";
    return;
  }
  try {
    const cells = Object.fromEntries(fields.map(([name, field]) => [name, field.value]));
    const found = model.read(box.value, cells);
    const parts = [`Answer: ${shown(found.answer)}.`];
    if (found.interval) parts.push(`Nine times in ten between ${found.interval.map(shown).join(" and ")}.`);
    const strange = found.tokens.filter((_, place) => !found.known[place]);
    if (strange.length) parts.push(`Unknown: ${strange.join(" ")}`);
    answer.textContent = parts.join(" ");
  } catch (error) {
    answer.textContent = error.message;
  }
};
for (const field of [box, ...fields.map(([, each]) => each)]) field.addEventListener("input", tell);
})();
