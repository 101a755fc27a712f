"""Old results, made again; the page ``replications`` shows it."""
