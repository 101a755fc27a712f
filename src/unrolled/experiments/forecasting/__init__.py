"""Which model forecasts best, and how near it comes to what can be done; ``forecasting`` shows it."""
