"""Requests of firms: a channel of their own, known by credit code, with a named lead and figures apart."""
