"""Verbs of joint handling: what makes a case one, plans, whistles, and who leads and stays."""
