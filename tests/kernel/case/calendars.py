"""The calendar of the tests, as it was known at several instants, and instants in words."""

from __future__ import annotations

from sanban.kernel.clock.calendar import DAY, HOUR, MINUTE, Calendar, build_calendar, day_of_iso, weekday_of

OFF = (
    "2025-01-01/1 2025-01-28/8 2025-04-04/3 2025-05-01/5 2025-05-31/3 2025-10-01/8 "
    "2026-01-01/3 2026-02-15/9 2026-04-04/3 2026-05-01/5 2026-06-19/3 2026-09-25/3 2026-10-01/7"
)
MADE_UP = (
    "2025-01-26 2025-02-08 2025-04-27 2025-09-28 2025-10-11 "
    "2026-01-04 2026-02-14 2026-02-28 2026-05-09 2026-09-20 2026-10-10"
)
FIRST, LAST = day_of_iso("2024-12-01"), day_of_iso("2027-12-31")


def calendar_of(known_until: str) -> Calendar:
    """The Chinese calendar with the notices up to that day loaded. Source: 国办发明电〔2024〕12号 for 2025."""
    known = day_of_iso(known_until)
    off = {day_of_iso(part[:10]) + step for part in OFF.split() for step in range(int(part[11:]))}
    made_up = {day_of_iso(part) for part in MADE_UP.split()}
    days = range(FIRST, LAST + 1)
    return build_calendar(
        name="cn",
        version=known_until,
        zone="Asia/Shanghai",
        first_day=FIRST,
        known_from=FIRST,
        known_until=known,
        day_starts=[day * DAY - 8 * HOUR for day in (*days, LAST + 1)],
        working=[
            (weekday_of(day) < 5 and not (day in off and day <= known)) or (day in made_up and day <= known)
            for day in days
        ],
        sessions=[(9 * HOUR, 12 * HOUR), (13 * HOUR + 30 * MINUTE, 17 * HOUR + 30 * MINUTE)],
    )


CN2025 = calendar_of("2025-12-31")
CN2026 = calendar_of("2026-12-31")


def at(text: str) -> int:
    """The instant of a local time such as '2025-04-25 09:00'."""
    hours, minutes = (text[11:] or "00:00").split(":")
    return day_of_iso(text[:10]) * DAY - 8 * HOUR + int(hours) * HOUR + int(minutes) * MINUTE


def end(text: str) -> int:
    """The end of a local day."""
    return at(text) + DAY
