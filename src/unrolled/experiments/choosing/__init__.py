"""What each cell learns under equal budgets; the page ``choosing`` shows it."""
