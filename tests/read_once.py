"""What ships with the program, read once a process: its matters, the hours of the office, the district of the demo.

Most tests ask for the same values, which nobody changes. What reads them is tested on folders of a test's own.
"""

from __future__ import annotations

from functools import cache

from sanban.kernel.clock.calendar import Calendar
from sanban.packs.calendar import load_calendar
from sanban.packs.district import District, load_district, shipped_district
from sanban.packs.loading import SHIPPED, Matters, load_matters


@cache
def matters() -> Matters:
    return load_matters()


@cache
def calendar() -> Calendar:
    return load_calendar(SHIPPED / "_calendar")


@cache
def district() -> District:
    return load_district(shipped_district())
