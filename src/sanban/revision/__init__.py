"""A change of rules: proposed by the ledger, replayed on past cases, approved by a person, and its effect measured."""
