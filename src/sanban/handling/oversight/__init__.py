"""Looking down: a grid leader's day, and what came up to those above a unit."""
