"""Handling's pages: the queue, all cases, one case with its steps, the explained clock, the ledger's proof, systems.

Handlers take what they need as arguments and answer with a template and its context; the web shell binds them.
"""
