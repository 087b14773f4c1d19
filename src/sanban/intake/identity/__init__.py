"""What may be told from a row without naming anybody: its person, its order number, its channel."""
