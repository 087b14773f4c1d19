"""Recorded cases run again under a changed rule: what a rule would have changed, and what nobody can know of it."""
