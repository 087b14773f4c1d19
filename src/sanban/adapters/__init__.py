"""The outside world: real systems and their twins, each behind a port of the slice that needs it."""
