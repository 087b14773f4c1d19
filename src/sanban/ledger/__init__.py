"""The ledger: streams of events under a hash chain, on SQLite or PostgreSQL, with a vault beside it."""
