"""Commands of the scorecard: the weekly brief, and totals reconciled with the city's sheet."""
