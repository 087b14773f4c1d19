"""`sanban risk train` and `evaluate`: the risk of becoming overdue, learned from the ledger's own cases as of a date.

A date in the past asks honestly: the model learns from what was known then, and is measured on what became of the cases
that were open then, next to the declared fallback and to the rate of the matter alone. Learning needs scikit-learn,
which no server loads: this module is imported by these two commands and by the demo.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

import msgspec
import numpy as np
from sklearn.metrics import roc_auc_score

from sanban.handling.risk.features import rows_of
from sanban.handling.risk.history import SECOND, Floats, History, Ints
from sanban.handling.risk.learning import learn
from sanban.handling.risk.model import RiskModel, written
from sanban.handling.risk.record import Record, Week
from sanban.handling.risk.shelf import RiskHead, shelf
from sanban.handling.risk.stored import standings
from sanban.kernel.clock.calendar import day_of_iso
from sanban.kernel.errors import Refused, SanbanError
from sanban.main.house import House
from sanban.main.learning.advising import MODELS
from sanban.main.learning.warning import week_of
from sanban.packs.reading.head import instant_of_day

BINS = 10
FEWEST_JUDGED = 20


class RiskTrained(msgspec.Struct, frozen=True):
    """What was learned. `looks`: times that cases were looked at, each as they stood then."""

    model: str
    as_of: int
    cases: int
    looks: int
    seconds: float


class RiskEvaluated(msgspec.Struct, frozen=True):
    """How well the open cases of the date were put in order; areas under the curve, None where all ended alike.

    `share` and `matter`: of the fallback and of the matter's rate, on the same cases. `calibration_error`: of the
    probability, in bins of equal size.
    """

    as_of: int
    judged: int
    missed: int
    area: float | None
    share: float | None
    matter: float | None
    calibration_error: float | None


def train_risk(house: House, as_of: str = "") -> RiskTrained:
    """Learns from what was known at the start of a local date, '' = now, and puts the model in use."""
    start = time.perf_counter()
    now = house.clock()
    model = _learned(_records(house, now), _instant(house, as_of) if as_of else now, week_of(house.zone, now))
    head = RiskHead(model.file.as_of, model.file.learned_on)
    shelf(house.home.folder / MODELS).put(written(model.file), head, now)
    cases = sum(1 for _ in _records(house, now))
    return RiskTrained(model.model, head.as_of, cases, head.learned_on, round(time.perf_counter() - start, 1))


def evaluate_risk(house: House, as_of: str) -> RiskEvaluated:
    """Learns as of a local date and measures on the cases that were open then and whose outcome is known now."""
    now, instant = house.clock(), _instant(house, as_of)
    model = _learned(_records(house, now), instant, week_of(house.zone, now))
    history = History(_records(house, now), week_of(house.zone, now))
    at = instant // SECOND
    open_then = history.waiting(at)
    rows = open_then[history.known(now // SECOND)[open_then]]
    if len(rows) < FEWEST_JUDGED:
        message = f"of the cases open then the outcome of {len(rows)} is known; {FEWEST_JUDGED} are needed"
        raise SanbanError(message, "an earlier date, so that their due times have passed")
    return _measured(model, history, rows, at)


def _measured(model: RiskModel, history: History, rows: Ints, at: int) -> RiskEvaluated:
    then = np.full(len(rows), at, np.int64)
    table = rows_of(history, rows, then)
    missed = history.missed[rows]
    said = model.probabilities(table)
    used = (then - history.opened[rows]) / (history.due[rows] - history.opened[rows])
    of_matter, known = history.kinds["matter"].outcomes(rows, then)
    bins = np.array_split(np.argsort(said, kind="stable"), BINS)
    error = sum(len(one) * abs(missed[one].mean() - said[one].mean()) for one in bins if len(one)) / len(rows)
    return RiskEvaluated(
        as_of=at * SECOND,
        judged=len(rows),
        missed=int(missed.sum()),
        area=_area(missed, said),
        share=_area(missed, used),
        matter=_area(missed, (of_matter + 1) / (known + 2)),
        calibration_error=round(float(error), 3),
    )


def _area(missed: np.ndarray, said: Floats) -> float | None:
    return round(float(roc_auc_score(missed, said)), 3) if 0 < missed.sum() < len(missed) else None


def _learned(records: Iterable[Record], as_of: int, week: Week) -> RiskModel:
    model = learn(records, as_of, "ledger", week)
    if isinstance(model, Refused):
        raise SanbanError(model.message, model.example)
    return model


def _instant(house: House, date: str) -> int:
    try:
        return instant_of_day(day_of_iso(date), house.zone)
    except ValueError as error:
        raise SanbanError(f"{date!r} is not a date", "--as-of 2026-03-01") from error


def _records(house: House, now: int) -> Iterator[Record]:
    return (one.record for one in standings(house.reader, now))
