"""Desk packs: the declared words of routes and flags, and the declared answers, read from a district's files."""
