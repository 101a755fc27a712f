"""Which model forecasts best, and how near it comes to the best; ``forecasting`` shows it."""
