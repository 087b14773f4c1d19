"""A rule's change: proposed from the ledger with evidence, replayed on past cases, approved, and its effect measured."""
