"""Who speaks, and which note: sound as frames and as samples; the page ``sound`` shows it."""
