"""Reverse rating (反向评价): the street that whistled rates each unit once, and a reviewer hears the unit's appeal."""
