"""Figures of a period: published as a draft, appealed against, final; both versions kept, totals reconciled."""
