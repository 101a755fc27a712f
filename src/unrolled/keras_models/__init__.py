"""Models in Keras 3: the cells of this package as layers, and a recipe of stock layers."""
