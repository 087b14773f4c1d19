"""What the invented people do next: with a case at the desk, in a unit, at the check, and beside its main line."""
