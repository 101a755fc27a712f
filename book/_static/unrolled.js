// A page opened as a plain file may not read its neighbours, so search there shows titles alone.
if (window.location.protocol === "file:") {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}

// What is wider than the page can be scrolled by keys, and what fits is no tab stop.
// All is measured before anything is changed, so that the page is laid out once.
function reachWhatScrolls() {
  const boxes = [...document.querySelectorAll("mjx-container[display], .unrolled-scroll")];
  const wide = boxes.map(box => box.scrollWidth > box.clientWidth);
  boxes.forEach((box, i) => {
    if (wide[i]) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  });
}
addEventListener("load", reachWhatScrolls);
addEventListener("resize", reachWhatScrolls);
document.fonts.ready.then(reachWhatScrolls);

document.addEventListener("DOMContentLoaded", () => {
  // The button of a fold is named by the title that it opens.
  for (const button of document.querySelectorAll("button.toggle-button")) {
    button.ariaLabel = button.parentElement.textContent.trim();
  }
  // Search quotes an article, its prose before its code, and not the buttons and lists around it.
  if (typeof Search !== "undefined") {
    Search.htmlToText = (html, anchor) => {
      const page = new DOMParser().parseFromString(html, "text/html");
      const article = page.querySelector("article");
      const part = (anchor && article?.querySelector(anchor)) || article;
      if (!part) return "";
      part.querySelectorAll(".headerlink, script, style, svg, summary").forEach(e => e.remove());
      part.append(...part.querySelectorAll(".cell, pre"));
      return part.textContent.replace(/\s+/g, " ");
    };
  }
});

// Paper is light, whatever the screen is.
addEventListener("beforeprint", () => {
  const {theme} = document.documentElement.dataset;
  document.documentElement.dataset.theme = "light";
  addEventListener("afterprint", () => { document.documentElement.dataset.theme = theme; }, {once: true});
});
