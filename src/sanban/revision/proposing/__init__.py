"""What the ledger proposes: rules that its own cases speak against, each with those cases and with how sure that is."""
