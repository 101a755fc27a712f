"""How far gradients reach; the page ``gradient-flow`` shows it."""
