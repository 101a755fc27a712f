// A page opened as a plain file may not read its neighbours, so search there shows titles alone.
if (window.location.protocol === "file:") {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}
