"""Sanban: one append-only ledger of public problems in which every matter runs by a declared mechanism."""
