"""Models in Keras 3; the only room that loads Keras and its backend."""
