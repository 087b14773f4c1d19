"""What makes the ledger checkable: hashes, verifying, refilling derived tables."""
