"""What a million texts take; the page ``own-text-in-depth`` shows it."""
