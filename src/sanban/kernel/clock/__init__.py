"""Honest clocks: calendars, limits, due times and their explanations. Instants are int64 microseconds UTC."""
