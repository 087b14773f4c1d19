"""Boundary disputes: cases that units gave back, how long each lay with whom, and whom the waiting counts against.

`spells` reads that from the state of a case alone; `table` keeps it as rows of the ledger's projections; `listing`
shows the disputes of a month and adds up what the units that lost them cost.
"""
