"""Visits (面对面): what residents raise is noted as requests, and no visit is over while one has no reply."""
