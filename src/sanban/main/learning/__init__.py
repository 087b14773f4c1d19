"""Triage of a deployment put together, and the commands that train and measure its classifier."""
