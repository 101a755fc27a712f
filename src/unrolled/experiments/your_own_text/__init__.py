"""What a million texts take; the page ``your-own-text`` shows it."""
