"""Intake: what one person said once becomes a request; suggested, routed, linked to a case, answered, closed."""
