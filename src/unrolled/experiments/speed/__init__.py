"""How fast the cells and the regressor are; the page ``speed`` shows it."""
