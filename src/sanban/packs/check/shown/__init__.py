"""Checks of what people are shown: texts, notices, and what is public."""
