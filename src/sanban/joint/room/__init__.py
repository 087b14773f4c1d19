"""The joint room of a case and the rulings kept as precedents: what those who work together look at."""
