// A page opened as a plain file may not read its neighbours, so search there shows titles alone.
if (window.location.protocol === "file:") {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}

// A formula that is wider than the page can be scrolled by keys, and no other is a tab stop.
function reachFormulas() {
  for (const formula of document.querySelectorAll("mjx-container[display]")) {
    if (formula.scrollWidth > formula.clientWidth) formula.tabIndex = 0;
    else formula.removeAttribute("tabindex");
  }
}
addEventListener("load", reachFormulas);
addEventListener("resize", reachFormulas);
document.fonts.ready.then(reachFormulas);

// Paper is light, whatever the screen is.
addEventListener("beforeprint", () => {
  const {theme} = document.documentElement.dataset;
  document.documentElement.dataset.theme = "light";
  addEventListener("afterprint", () => { document.documentElement.dataset.theme = theme; }, {once: true});
});
