"""Reads what surrounds joint handling: how units are rated, how meetings decide, how hard matters and projects end."""
