"""The tool, whole: from a file of texts and numbers to a model, its file and its answers."""
