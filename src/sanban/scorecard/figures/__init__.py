"""Figures computed: definitions over the facts of a ledger position, how sure they are, and the cases behind.

`building` makes one Ibis expression of a figure; `asking` puts it to a session; `result` is what comes back; `spans`
are the periods; `statistics`, `standing` and `changing` say how a number may be read.
"""
