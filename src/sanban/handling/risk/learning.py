"""Learns the risk as of a date, from nothing that was not known then. The only module here that needs scikit-learn.

A request is seen several times: when it opened, and every `STEP_DAYS` while it was open and not yet due (landmarks),
each time as it stood then. Its outcome is what was known on the date:

- due before the date: known, whatever it was;
- due later and closed by then: kept, but those of its age that will be missed cannot be known yet. Taking it in full
  would teach that long limits are always kept; leaving it out would teach nothing of long limits. It counts for
  `CENSORED_WEIGHT`;
- due later and still open: unknown, left out.

Logistic regression on standardised features, penalised; the same records and date give the same model.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from sklearn.linear_model import LogisticRegression

from sanban.handling.risk.features import FEATURES, rows_of
from sanban.handling.risk.history import DAY, SECOND, History, Ints
from sanban.handling.risk.model import RiskFile, RiskModel, Weight
from sanban.handling.risk.record import Record, Week
from sanban.kernel.errors import Refused

STEP_DAYS = 2
SETTLING_DAYS = 10
"""Days at the start of the data that are only counted: before, no rate is worth anything."""
CENSORED_WEIGHT = 0.25
STRENGTH = 0.01
FEWEST = 200


def seen(history: History, as_of: int) -> tuple[Ints, Ints]:
    """(rows, instants) at which requests are seen for learning as of a date; all outcomes known by then. Seconds."""
    known = history.known(as_of)
    start = int(history.opened.min(initial=as_of)) + SETTLING_DAYS * DAY
    opening = np.flatnonzero(known & (history.opened >= start))
    rows, instants = [opening], [history.opened[opening]]
    for instant in range(as_of - DAY, start, -STEP_DAYS * DAY):
        waiting = history.waiting(instant)
        waiting = waiting[known[waiting]]
        rows.append(waiting)
        instants.append(np.full(len(waiting), instant, np.int64))
    return np.concatenate(rows), np.concatenate(instants)


def learn(records: Iterable[Record], as_of: int, name: str, week: Week | None = None) -> RiskModel | Refused:
    """A model of what was known at `as_of` (microseconds UTC); refused where too few outcomes were.

    What happened later in `records` is not looked at.
    """
    history = History((record for record in records if record.opened_at < as_of), week)
    rows, instants = seen(history, as_of // SECOND)
    missed = history.missed[rows]
    if min(int(missed.sum()), int((~missed).sum())) < FEWEST:
        return Refused(
            "too_few_outcomes",
            f"The risk is learned from {FEWEST} missed and {FEWEST} kept requests at least.",
            "a date by which a few months of requests are due",
        )
    table = rows_of(history, rows, instants)
    centre, scale = table.mean(axis=0), table.std(axis=0)
    scale = np.where(scale > 1e-9, scale, 1.0)
    weight = np.where(history.due[rows] < as_of // SECOND, 1.0, CENSORED_WEIGHT)
    fitted = LogisticRegression(C=STRENGTH, max_iter=1000).fit((table - centre) / scale, missed, sample_weight=weight)
    features = {
        feature: Weight(round(float(at), 6), round(float(spread), 6), round(float(slope), 6))
        for feature, at, spread, slope in zip(FEATURES, centre, scale, fitted.coef_[0], strict=True)
    }
    return RiskModel(RiskFile(name, as_of, len(rows), round(float(fitted.intercept_[0]), 6), features))
