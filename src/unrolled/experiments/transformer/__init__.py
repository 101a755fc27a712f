"""A small Transformer against recurrent cells; the page ``cells-or-attention`` shows it."""
