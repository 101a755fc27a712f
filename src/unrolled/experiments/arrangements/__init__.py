"""One direction or two, one layer or two; the page ``arrangements`` shows it."""
