"""Who looked at what: every answer to somebody signed in is kept in the ledger, and read by auditors."""
