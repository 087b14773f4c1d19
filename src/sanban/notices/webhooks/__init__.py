"""Webhooks: other systems hear that something happened, in codes and instants, signed, and never about themselves."""
