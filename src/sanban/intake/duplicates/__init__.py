"""Duplicates: which earlier requests may speak of the same problem as a new one, with reasons a person can check.

`index` finds candidates among a million earlier requests by place, matter, address and text; `features` says how a
candidate compares; `weights` ranks; `finding` puts the three together; `learning` learns weights from linked pairs.
Nothing here links anything: a candidate is a suggestion that a person accepts or not.
"""
