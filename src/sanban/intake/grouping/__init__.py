"""Grouping: messages that speak of the same event come together as they arrive, so that a hot spot is seen early.

`vectors` turns a text into weighed character n-grams; `groups` keeps the groups and puts each new message into one. A
group is a view for people: it links no request to a case.
"""
