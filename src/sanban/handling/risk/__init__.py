"""Risk of becoming overdue: how likely an open request misses its due time, why, and the queue in that order.

`history` counts what was known at any instant; `features` compares a request with it; `model` turns that into a
probability with reasons; `ordering` sorts a queue. `stored` reads cases from the ledger and says whom to tell anew;
`shelf` keeps the model in use. `learning` makes a model and is the only module that needs scikit-learn: it runs in a
process of its own, never in the server. A risk is advice: it moves no clock and no duty.
"""
