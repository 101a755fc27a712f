"""How other libraries write the same cells: their conventions, and layouts to and from them."""
