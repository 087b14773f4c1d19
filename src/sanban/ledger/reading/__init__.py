"""The read side, and what drives itself by reading: timers and reactions."""
