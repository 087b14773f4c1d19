"""Shift handover: what a shift leaves open, signed by who hands over and by who takes over."""
