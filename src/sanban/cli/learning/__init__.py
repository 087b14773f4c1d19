"""Commands of what learns: triage, and the risk of becoming overdue."""
