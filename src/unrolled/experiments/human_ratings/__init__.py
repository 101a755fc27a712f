"""Real texts and human ratings; the page ``human-ratings`` shows it."""
