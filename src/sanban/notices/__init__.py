"""Notices: who is told what and when, on paper that the auditor can read: an outbox of streams in the ledger."""
