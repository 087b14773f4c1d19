"""Figures of dispatch and handling: what counts for and against a unit, each with the cases behind it.

`judging` says what one case counts for whom, from its state alone; `table` keeps that as rows of the ledger's
projections, so that a rebuild gives the same; `counting` adds them up for a span of time.
"""
