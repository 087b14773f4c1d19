"""Forward-only migrations of the ledger's tables, run in-process for both stores."""
