"""The weekly brief: composed once, frozen in the ledger at its cut-off, printed as Word and PDF as often as wanted."""
