"""How well the risk of becoming overdue orders requests, learned only from what was known on a date.

    python bench/overdue.py [--quick] [--train FILE...] [--test FILE...] [--map FIELD=COLUMN]
                            [--as-of DATE...] [--end DATE] [--gate]

For each date (1 September and 1 October) a model is learned as of it. A request past its target is overdue, closed or
not; one before its target is unknown. Judged on the requests of the test files whose outcome is known at the end of the
data (1 November), in two populations:

- `queue`: open on the date and not yet due: what a handler's queue holds. Features as of the date.
- `opened later`: opened on the date or after, each judged when it opens, on what was known at that moment by the model
  of the date. The model is not renewed.

Known at the end is not a fair sample: of requests due after the end only those closed early are known. So both are also
given for requests `due by the end`, all of whose outcomes are known: the fair population, and the harder one.
Yardsticks, learned on the outcomes known on the date: the overdue rate of the type alone (drawn to the mean by ten),
and a gradient booster on the plain columns (type, department, quarter, way in, point, hour, weekday, time allowed).
`calibration` is the expected error of the probability in ten bins of equal size, next to that of the type's rate. The
text of closing, the city's own `ontime` and the queue a request ended in are not read. Type and department are those of
the last state, for yardsticks alike.

The mean of the two dates is the figure. How censored requests are weighed in learning (a quarter) was chosen on these
dates among 0, .1, .25, .5; the areas differ by less than .02. With `--gate` it ends with 1 where the
mean area of a population is under .82.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
import time
from pathlib import Path

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

sys.path.insert(0, str(Path(__file__).resolve().parent))

from parts.city import SECOND, day, requests
from parts.gate import Gate, add_gate
from parts.sheets import FIELD_TOLD, data_folder, need, run
from sanban.handling.risk.features import rows_of
from sanban.handling.risk.history import History
from sanban.handling.risk.learning import learn
from sanban.handling.risk.model import RiskModel
from sanban.handling.risk.ordering import risks
from sanban.handling.risk.record import Record, Week
from sanban.kernel.errors import Refused, SanbanError

LOCAL = Week(offset=0)
DRAWN = 10
BINS = 10
GOAL = 0.82
KINDS_AT_MOST = 255
"""Kinds of a column that the booster takes; rarer ones are one."""
Plain = dict[str, tuple[str, float, float]]
"""Way in, latitude and longitude by request: columns that only the booster uses."""


def say(workload: str, figure: float, unit: str, yardstick: float | None = None) -> None:
    """One line. `ratio` is figure / yardstick."""
    ratio = round(figure / yardstick, 3) if yardstick else None
    line = {"bench": "overdue", "workload": workload, "figure": round(figure, 4), "unit": unit}
    print(json.dumps(line | {"yardstick": yardstick and round(yardstick, 4), "ratio": ratio}), flush=True)


def read(files: list[Path], told: list[str]) -> tuple[list[Record], Plain]:
    """The requests that have a target, each once."""
    found: dict[str, Record] = {}
    plain: Plain = {}
    for one in requests(files, ("due",), told):
        if one.due is not None:
            due = max(one.due, one.opened + 1)
            place = road(one.street or one.address)
            found[one.id] = Record(one.id, one.opened, due, one.matter, one.unit, one.area, place, one.closed)
            lat, lon = one.point or (math.nan, math.nan)
            plain[one.id] = (one.source, lat / 1e7, lon / 1e7)
    return sorted(found.values(), key=lambda one: (one.opened_at, one.id)), plain


def road(address: str) -> str:
    """The first road of an address, without number."""
    return re.sub(r"^[\d\- ]+", "", address.replace("INTERSECTION", "").strip()).split("&")[0].strip()


def type_rate(history: History, matter: np.ndarray, as_of: int) -> np.ndarray:
    """The yardstick's probability of each record: its type's rate as known on the date."""
    known = history.known(as_of)
    mean = history.missed[known].mean()
    missed = np.bincount(matter[known], history.missed[known], matter.max() + 1)
    return ((missed + DRAWN * mean) / (np.bincount(matter[known], minlength=matter.max() + 1) + DRAWN))[matter]


def plain_columns(records: list[Record], plain: Plain) -> np.ndarray:
    """What is plain at opening, categories as numbers."""
    names = [[one.matter for one in records], [one.unit for one in records], [one.area for one in records],
             [plain[one.id][0] for one in records]]  # fmt: skip
    coded = [kinds(column) for column in names]
    opened = np.array([one.opened_at for one in records]) // SECOND
    allowed = np.array([one.due_at for one in records]) // SECOND - opened
    points = np.array([plain[one.id][1:] for one in records])
    return np.column_stack([*coded, points, opened % 86_400 // 3_600, opened // 86_400 % 7, np.log1p(allowed)])


def kinds(column: list[str]) -> np.ndarray:
    """Each kind as a number, the rare ones of a long column as one."""
    _, number, counts = np.unique(column, return_inverse=True, return_counts=True)
    if len(counts) > KINDS_AT_MOST:
        number = np.minimum(np.argsort(np.argsort(-counts, kind="stable"))[number], KINDS_AT_MOST - 1)
    return number.astype(float)


def boosted(columns: np.ndarray, history: History, as_of: int, seed: int = 0) -> np.ndarray:
    """The yardstick's probability of each record by a gradient booster, learned on outcomes known on the date."""
    known = history.known(as_of)
    booster = HistGradientBoostingClassifier(categorical_features=[0, 1, 2, 3], random_state=seed)
    return booster.fit(columns[known], history.missed[known]).predict_proba(columns)[:, 1]


def calibration(missed: np.ndarray, probability: np.ndarray) -> float:
    """Expected calibration error in bins of equal size."""
    order = np.argsort(probability, kind="stable")
    bins = np.array_split(order, BINS)
    return float(sum(len(one) * abs(missed[one].mean() - probability[one].mean()) for one in bins) / len(order))


def judged(history: History, model: RiskModel, rows_: np.ndarray, at: np.ndarray) -> np.ndarray:
    """The model's probabilities of rows at instants."""
    return model.probabilities(rows_of(history, rows_, at))


Scores = dict[str, list[tuple[int, float, float, float, float, float]]]


def learned(records: list[Record], as_of: int) -> RiskModel:
    """A model of what was known on a date."""
    model = learn(records, as_of * SECOND, "bench", LOCAL)
    if isinstance(model, Refused):
        raise SanbanError(model.message, f"--as-of with {model.example}")
    return model


def one_date(records: list[Record], train: list[Record], plain: Plain, as_of: int, end: int, scores: Scores) -> None:
    """Learns as of one date and judges; adds a row of scores to each population."""
    model = learned(train, as_of)
    history = History(records, LOCAL)
    matter = np.unique([record.matter for record in records], return_inverse=True)[1]
    rate = type_rate(history, matter, as_of)
    booster = boosted(plain_columns(records, plain), history, as_of)
    known = history.known(end)
    queue, later = history.waiting(as_of), np.flatnonzero(history.opened >= as_of)
    for name, population, when in (
        ("queue", queue, np.full(len(queue), as_of)),
        ("opened later", later, history.opened[later]),
    ):
        for part, kept in (("known at the end", known), ("due by the end", history.due < end)):
            those = kept[population]
            rows_, at = population[those], when[those]
            missed = history.missed[rows_]
            if not 0 < missed.sum() < len(missed):
                sys.stderr.write(f"{name}, {part}: all of {len(missed)} ended alike, no order to measure\n")
                continue
            probability = judged(history, model, rows_, at)
            scores.setdefault(f"{name}, {part}", []).append((
                len(rows_), *(float(roc_auc_score(missed, one)) for one in (probability, rate[rows_], booster[rows_])),
                calibration(missed, probability), calibration(missed, rate[rows_]),
            ))  # fmt: skip


def report(scores: Scores, gate: Gate) -> None:
    """The means over the dates."""
    for name, per_date in scores.items():
        _, area, rate, booster, error, rate_error = np.mean(np.array(per_date), axis=0)
        say(f"{name}: requests", sum(row[0] for row in per_date), "requests")
        say(f"{name}: next to the type's rate", area, "AUC", rate)
        say(f"{name}: next to a booster", area, "AUC", booster)
        say(f"{name}: least of the dates, next to the goal", min(row[1] for row in per_date), "AUC", GOAL)
        gate.least(f"{name}, AUC", area, GOAL)
        say(f"{name}: calibration", error, "ECE", rate_error)


def speed(records: list[Record], as_of: int) -> None:
    """Learning, and the whole queue judged with reasons."""
    start = time.process_time()
    model = learned(records, as_of)
    say("learning, CPU", time.process_time() - start, "s")
    start = time.process_time()
    queue = risks(records, as_of * SECOND, model, LOCAL)
    used = time.process_time() - start
    say("queue judged with reasons, CPU", len(queue) / used, "requests/s")
    say("queue judged with reasons: history of", len([one for one in records if one.opened_at < as_of * SECOND]),
        "requests")  # fmt: skip


def main(given: argparse.Namespace) -> int:
    """Measures, prints; 1 where a goal is missed that is held to."""
    gate = Gate(holds=given.gate)
    need(*given.train, *given.test)
    dates = [day(date, "--as-of") // SECOND for date in given.as_of]
    end = day(given.end, "--end") // SECOND
    train, _ = read(given.train, given.map)
    records, plain = read(list(dict.fromkeys((*given.train, *given.test))), given.map)
    scores: Scores = {}
    for date in dates[-1:] if given.quick else dates:
        one_date(records, train, plain, date, end, scores)
    if not scores:
        raise SanbanError("by the end nothing is known to have been missed, or nothing kept", "--end 2011-11-01")
    report(scores, gate)
    speed(records, dates[-1])
    return gate.ended()


def _parser() -> argparse.ArgumentParser:
    city = data_folder() / "boston" / "requests_2011_jul_oct.csv.gz"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="the last of the dates only")
    parser.add_argument("--train", type=Path, nargs="+", default=[city])
    parser.add_argument("--test", type=Path, nargs="+", default=[city])
    parser.add_argument("--map", action="append", default=[], help=FIELD_TOLD)
    parser.add_argument("--as-of", nargs="+", default=["2011-09-01", "2011-10-01"])
    parser.add_argument("--end", default="2011-11-01", help="what is known then is the truth")
    add_gate(parser)
    return parser


if __name__ == "__main__":
    run(main, _parser())
