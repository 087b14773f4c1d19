"""A rule's change: proposed from the ledger with evidence, replayed on past cases, approved, its effect measured."""
