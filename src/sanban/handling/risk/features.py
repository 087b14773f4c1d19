"""How a request stands at an instant, as numbers: the same for learning and for judging.

Rates are logits of shrunk shares: a group with few known outcomes is drawn to the group it is part of (a matter in one
area to the matter, a matter to all). Those of parts are told as the difference from the whole, so each feature says
what it adds. `survived`: of those of the same matter that were still open at this share of their time, how many missed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sanban.handling.risk.history import DAY, Floats, History, Ints

RECENT_DAYS = 10
LOAD_DAYS = 7
WORKING_DAYS_AT_MOST = 60
DRAWN = 5.0
"""How many outcomes the group above counts for."""

GROUPS: dict[str, tuple[str, ...]] = {
    "matter": ("matter", "matter_recent", "matter_length"),
    "unit": ("unit", "unit_recent"),
    "place": ("place",),
    "survived": ("survived", "survived_unit", "survived_area", "survived_length"),
    "load": ("matter_load", "unit_load"),
    "overdue": ("matter_overdue", "unit_overdue"),
    "time": ("share", "left", "working_left", "allowed"),
}
"""What features speak of together, for reasons."""

FEATURES = tuple(name for names in GROUPS.values() for name in names)


def rows_of(history: History, rows: Ints, at: Ints) -> Floats:
    """One row of `FEATURES` for each record `rows[i]` as known at `at[i]` (seconds)."""
    share = (at - history.opened[rows]) / (history.due[rows] - history.opened[rows])
    columns = _rates(history, rows, at) | _survived(history, rows, at, share) | _times(history, rows, at, share)
    for name in ("matter", "unit"):
        columns |= _load(history, name, rows, at)
    return np.column_stack([columns[name] for name in FEATURES])


def chance(logit: float) -> float:
    """The share behind a logit."""
    return float(1 / (1 + np.exp(-logit)))


def _rates(history: History, rows: Ints, at: Ints) -> dict[str, Floats]:
    kinds, whole = history.kinds, _whole(history, rows, at)
    matter = _drawn(kinds["matter"].outcomes(rows, at), whole)
    unit = _drawn(kinds["unit"].outcomes(rows, at), whole)
    rates = {"matter": _logit(matter), "unit": _logit(unit)}
    for name, usual in (("matter", matter), ("unit", unit)):
        kind = kinds[name]
        lately = kind.since(kind.missed, rows, at, RECENT_DAYS)
        known = lately + kind.since(kind.kept, rows, at, RECENT_DAYS)
        rates[f"{name}_recent"] = _logit(_drawn((lately, known), usual)) - rates[name]
    rates["place"] = _logit(_drawn(kinds["place"].outcomes(rows, at), whole)) - _logit(whole)
    rates["matter_length"] = _logit(_drawn(kinds["matter_length"].outcomes(rows, at), matter)) - rates["matter"]
    return rates


def _survived(history: History, rows: Ints, at: Ints, share: Floats) -> dict[str, Floats]:
    kinds, whole = history.kinds, _whole(history, rows, at)
    matter = _drawn(kinds["matter"].outcomes_after(rows, at, share), whole)
    unit = _drawn(kinds["unit"].outcomes_after(rows, at, share), whole)
    told = {"survived": _logit(matter), "survived_unit": _logit(unit)}
    for name in ("area", "length"):
        part = _drawn(kinds[f"matter_{name}"].outcomes_after(rows, at, share), matter)
        told[f"survived_{name}"] = _logit(part) - told["survived"]
    return told


def _load(history: History, name: str, rows: Ints, at: Ints) -> dict[str, Floats]:
    kind = history.kinds[name]
    waiting = kind.open(rows, at)
    closed = kind.since(kind.closed, rows, at, LOAD_DAYS)
    return {
        f"{name}_load": np.log1p(waiting) - np.log1p(closed),
        f"{name}_overdue": (kind.overdue(rows, at) + 0.5) / (waiting + 2),
    }


def _times(history: History, rows: Ints, at: Ints, share: Floats) -> dict[str, Floats]:
    opened, due = history.opened[rows], history.due[rows]
    return {
        "share": share,
        "left": np.log1p(np.maximum(due - at, 0) / DAY),
        "working_left": np.minimum(history.working_days(at, due), WORKING_DAYS_AT_MOST),
        "allowed": np.log1p((due - opened) / DAY),
    }


def _whole(history: History, rows: Ints, at: Ints) -> Floats:
    missed, known = history.kinds["all"].outcomes(rows, at)
    return np.asarray((missed + 1) / (known + 2), dtype=np.float64)


def _drawn(outcomes: tuple[Floats, Floats], above: Floats) -> Floats:
    missed, known = outcomes
    return (missed + DRAWN * above) / (known + DRAWN)


def _logit(share: NDArray[np.float64]) -> Floats:
    within = np.clip(share, 1e-3, 1 - 1e-3)
    return np.asarray(np.log(within / (1 - within)), dtype=np.float64)
