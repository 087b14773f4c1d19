"""Trained models that a home keeps beside its ledger."""
