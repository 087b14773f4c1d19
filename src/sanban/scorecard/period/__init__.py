"""A month's figures: published as a draft, appealed against, final; both versions kept, totals reconciled."""
