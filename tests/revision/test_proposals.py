"""A proposal from its evidence to its effect: a person decides, after the replay, and only then a file changes."""

from __future__ import annotations

from sanban.revision.change import Change

LONGER = Change("limit", "noise", "resolve", count=10, counting="working_day")
ROW = Change("row", "*", "d-street-02", "street", "street-02", "street-04")
WAVE = Change("wave", "noise", "flood", count=4)
DAY = 86_400_000_000
FROM = {"day": "2026-09-01", "authority": "区城运中心", "document": "城运〔2026〕9号"}
