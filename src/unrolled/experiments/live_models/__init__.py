"""The models of the live pictures: the clock of ``bilstm-regression``, the rater of others."""
