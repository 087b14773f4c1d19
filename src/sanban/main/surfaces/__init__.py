"""Surfaces in formats that others have set, put together from the parts of a deployment."""
