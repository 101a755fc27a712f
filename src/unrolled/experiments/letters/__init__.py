"""A language model of letters: what cells, n-grams and carried states pay above the entropy."""
