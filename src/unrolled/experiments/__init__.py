"""Experiments: a frozen config in, a result out; the only room that times things."""
