"""Copies of a home: a backup, and a home restored from one."""
