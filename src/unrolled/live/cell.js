// A cell that the reader moves: inputs, first state, gates and weights in, all numbers out.
