"""What the cells after the LSTM learn and how long they take; the page ``after-lstm`` shows it."""
