"""Failures in words: pages, problems of the API, and valid examples beside them."""
