"""Figures the district is judged by: computed, drafted, appealed against, final, briefed."""
