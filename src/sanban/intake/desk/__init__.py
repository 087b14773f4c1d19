"""The desk at work: taking a request down, seeing what waits, and saying what becomes of it."""
