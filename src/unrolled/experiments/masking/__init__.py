"""Padding before or behind, masked or not; the page ``masking`` shows it."""
