"""What it costs to answer: by runtime, by size of a call, by processes; and to learn."""
