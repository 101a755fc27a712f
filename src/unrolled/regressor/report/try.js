(() => {
"use strict";
const model = unrolled.model(unrolled.models.model);
const box = document.getElementById("text"), answer = document.getElementById("answer");
const shown = (number) => String(Number(number.toPrecision(4)));
box.addEventListener("input", () => {
  if (!box.value.trim()) {
    answer.textContent = "The answer appears here.";
    return;
  }
  try {
    const found = model.read(box.value);
    const parts = [`Answer: ${shown(found.answer)}.`];
    if (found.interval) parts.push(`Nine times in ten between ${found.interval.map(shown).join(" and ")}.`);
    const strange = found.tokens.filter((_, place) => !found.known[place]);
    if (strange.length) parts.push(`Unknown: ${strange.join(" ")}`);
    answer.textContent = parts.join(" ");
  } catch (error) {
    answer.textContent = error.message;
  }
});
})();
