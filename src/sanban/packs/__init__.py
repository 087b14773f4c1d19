"""Files into kernel values: matters, calendars and districts, read strictly and checked whole."""
