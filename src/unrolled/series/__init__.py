"""Series in time and sound: made ones whose best error is known, real ones, and their windows."""
