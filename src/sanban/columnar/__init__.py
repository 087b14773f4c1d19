"""Facts of the ledger as Parquet, and the sessions figures are computed in."""
