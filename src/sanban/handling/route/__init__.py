"""A grid worker's route: what is open, in an order that says why, and what is done on it, online or not."""
