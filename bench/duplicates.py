"""How often the original of a duplicate is among the three suggested, and how fast, against a million requests.

    python bench/duplicates.py [--quick] [--requests FILE...] [--pairs FILE...] [--map FIELD=COLUMN]
                               [--earlier N] [--lookups N] [--gate]

**Quality.** The requests are played in the order they came in. Before a duplicate is added, candidates are taken from
what the index holds at that moment: 180 days back, all types, open and closed; a request counts as open if it was not
closed by then. Pairs are those the city itself named, whose original was filed before the duplicate. Weights are
learned in five folds; requests of the same problem (linked through any pair) are always in the same fold, and so are
the affinities of types. A pair whose original is not among the candidates counts as missed. Texts of closing are never
read, nor the queue a request ended in. Type and department are those of the city's last state, for both sides alike.

- `top 3`: the named original itself. Yardstick: nearest earlier point, another type 100 m farther (the penalty that
  does best on these very pairs), the later of two equally near; the whole city is searched.
- `top 3, same problem`: any request that the city linked with the original; `top 3, declared weights`: those that
  come with the product, which know no types. They were rounded from weights learned here and are no cross-validation.

**Speed.** The same requests, moved at random by up to 50 m each copy, until there are a million within 180 days: `one
city` puts all copies on one another, 24 times as dense as the city is; `cities side by side` moves each copy 0.5
degree north, as dense as the city is. Crowded default points are copied as they are. Each look-up is the whole
`suggest`: sketches, candidates, features, ranking and reasons of three; one process, one thread. Memory is what the
process grew by while the index was filled. `CPU` figures count this process's own time, for machines that others use.

With `--gate` it ends with 1 where fewer than nine in ten originals are among the three, or where fewer than 500
look-ups are done in a second by the clock on the wall.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path
from statistics import median

import numpy as np
from msgspec.structs import replace

sys.path.insert(0, str(Path(__file__).resolve().parent))

from parts.city import DAY, pairs, requests
from parts.gate import Gate, add_gate
from parts.sheets import FIELD_TOLD, data_folder, need, run
from sanban.intake.duplicates.entry import Entry
from sanban.intake.duplicates.features import Compared
from sanban.intake.duplicates.finding import Duplicates
from sanban.intake.duplicates.index import DuplicateIndex
from sanban.intake.duplicates.learning import Example, example, folds, learn
from sanban.intake.duplicates.weights import Weights, declared, written
from sanban.kernel.errors import SanbanError

LOOK_BACK = 180 * DAY
PENALTY = 100.0
TOP = 3
GOAL = 500.0
RECALL_GOAL = 0.9
SEED = 20
MOVED = 4_500
"""Half a hundred metres, in 1e-7 degree."""
CROWD = 100
FAR = 1e9
"""Metres to a request whose point is not known."""


def say(workload: str, figure: float, unit: str, yardstick: float | None = None) -> None:
    """One line. `ratio` is figure / yardstick."""
    ratio = round(figure / yardstick, 3) if yardstick else None
    line = {"bench": "duplicates", "workload": workload, "figure": round(figure, 4), "unit": unit}
    print(json.dumps(line | {"yardstick": yardstick and round(yardstick, 4), "ratio": ratio}), flush=True)


def entries_of(files: list[Path], told: list[str]) -> list[Entry]:
    """The requests, in the order they came in."""
    found = [
        Entry(one.id, one.opened, one.matter, one.unit, one.point, one.street or one.address, closed_at=one.closed)
        for one in requests(files, ("id",), told)
    ]
    return sorted(found, key=lambda entry: (entry.opened_at, entry.id))


def latitude_of(entries: list[Entry]) -> int:
    """Where the city lies, to a hundredth of a degree, in 1e-7 degree; 0 where no point is known."""
    known = [entry.point[0] for entry in entries if entry.point]
    return round(median(known), -5) if known else 0


def problems(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """A name of the problem for each request of a pair: linked ones have the same."""
    leader: dict[str, str] = {}

    def of(request: str) -> str:
        while leader.setdefault(request, request) != request:
            request = leader[request]
        return request

    for one, other in pairs:
        leader[of(one)] = of(other)
    return {request: of(request) for request in list(leader)}


class Played:
    """The pairs as they came up: examples for learning, and what ranking needs."""

    def __init__(self, entries: list[Entry], pairs: list[tuple[str, str]]) -> None:
        opened = {entry.id: entry for entry in entries}
        problem = problems(pairs)
        wanted: dict[str, list[str]] = {}
        for new, original in pairs:
            if new in opened and original in opened:
                apart = opened[new].opened_at - opened[original].opened_at
                if apart > 0 and apart <= LOOK_BACK:
                    wanted.setdefault(new, []).append(original)
        self.examples: list[Example] = []
        self.later: list[np.ndarray] = []
        self.kin: list[np.ndarray] = []
        index = DuplicateIndex(latitude_of(entries))
        for entry in entries:
            for original in wanted.get(entry.id, ()):
                self._play(index, entry, opened[original], problem)
            index.add(entry)
        self.matters = Counter(entry.matter for entry in entries)

    def _play(self, index: DuplicateIndex, entry: Entry, original: Entry, problem: dict[str, str]) -> None:
        query = index.query(entry)
        slots = index.candidates(query)
        names = [index.columns.name(slot) for slot in slots.tolist()]
        kin = np.array([problem.get(name) == problem[entry.id] for name in names], bool)
        compared = Compared(index, query, slots, {})
        right = names.index(original.id) if original.id in names else None
        matters = [index.columns.matters.names[number] for number in index.columns.matter[slots].tolist()]
        self.examples.append(example(problem[entry.id], (entry.matter, original.matter), compared, matters, right, kin))
        self.later.append(index.columns.opened[slots])
        self.kin.append(kin)

    def ranks(self, numbers: list[int], weights: Weights) -> tuple[list[float], list[float]]:
        """Where the original, and the first of its problem, are ranked; infinite where they are no candidates."""
        exact, kindred = [], []
        for number in numbers:
            one = self.examples[number]
            scores = weights.scores(one.with_affinity(weights.affinity))
            order = np.lexsort((-self.later[number], -scores))
            exact.append(math.inf if one.right is None else float(np.flatnonzero(order == one.right)[0]))
            first = np.flatnonzero(self.kin[number][order])
            kindred.append(float(first[0]) if len(first) else math.inf)
        return exact, kindred


def nearest_ranks(entries: list[Entry], pairs: list[tuple[str, str]]) -> list[float]:
    """The yardstick: where the original is among all earlier requests by distance and type."""
    place = {entry.id: number for number, entry in enumerate(entries)}
    points = np.array([entry.point or (math.nan, math.nan) for entry in entries], float) * 0.0111195
    points[:, 1] *= math.cos(math.radians(latitude_of(entries) / 1e7))
    opened = np.array([entry.opened_at for entry in entries])
    matters = np.unique([entry.matter for entry in entries], return_inverse=True)[1]
    found = []
    for new, original in pairs:
        if new not in place or original not in place:
            continue
        at, right = place[new], place[original]
        if not 0 < opened[at] - opened[right] <= LOOK_BACK:
            continue
        earlier = np.flatnonzero((opened < opened[at]) & (opened >= opened[at] - LOOK_BACK))
        apart = np.nan_to_num(np.hypot(*(points[earlier] - points[at]).T), nan=FAR)
        far = apart + PENALTY * (matters[earlier] != matters[at])
        mine = far[earlier == right][0]
        found.append(float((far < mine - 1e-6).sum() + ((abs(far - mine) <= 1e-6) & (earlier > right)).sum()))
    return found


def quality(entries: list[Entry], linked: list[tuple[str, str]], keep: Path | None, gate: Gate) -> None:
    """Recall by cross-validation next to the nearest point."""
    played = Played(entries, linked)
    if not played.examples:
        message = f"of {len(linked)} pairs none has both requests in the files, the original at most 180 days earlier"
        raise SanbanError(message, "--requests requests.csv --pairs pairs.csv with the same numbers")
    fold = folds([one.group for one in played.examples], 5, SEED)
    exact, kindred, unnamed = [], [], []
    for number in range(5):
        train = [one for one, at in zip(played.examples, fold, strict=True) if at != number]
        tested = np.flatnonzero(fold == number).tolist()
        ranks = played.ranks(tested, learn(train, played.matters, "crossed", "four of five folds"))
        exact += ranks[0]
        kindred += ranks[1]
        bare = learn(train, played.matters, "crossed", "four of five folds", by_matter=False)
        unnamed += played.ranks(tested, bare)[0]
    near = nearest_ranks(entries, linked)
    say("pairs whose original was filed before", len(exact), "pairs", len(linked))
    say("original among the candidates", sum(rank < math.inf for rank in exact) / len(exact), "recall")
    for top in (1, TOP, 10):
        share = sum(rank < top for rank in exact) / len(exact)
        say(f"top {top}, cross-validated", share, "recall", sum(rank < top for rank in near) / len(near))
    nearest = sum(rank < TOP for rank in near) / len(near)
    gate.least("top 3, cross-validated, recall", sum(rank < TOP for rank in exact) / len(exact), RECALL_GOAL)
    say("top 3, same problem", sum(rank < TOP for rank in kindred) / len(kindred), "recall")
    say("top 3, cross-validated, no type named", sum(rank < TOP for rank in unnamed) / len(unnamed), "recall", nearest)
    given = played.ranks(list(range(len(played.examples))), declared())[0]
    say("top 3, declared weights", sum(rank < TOP for rank in given) / len(given), "recall", nearest)
    if keep:
        source = "learned on a city's own links by bench/duplicates.py"
        for by_matter, path in ((True, keep), (False, keep.with_suffix(".bare.json"))):
            learned = learn(played.examples, played.matters, keep.stem, source, by_matter=by_matter)
            path.write_bytes(written(learned.file))


def copies(entries: list[Entry], count: int, north: int) -> Iterator[Entry]:
    """`count` requests within 180 days made of the real ones, each copy moved; default points stay where they are."""
    rng = np.random.default_rng(SEED)
    often = Counter(entry.point for entry in entries)
    times = math.ceil(count / len(entries))
    first = entries[0].opened_at
    span = max(1, entries[-1].opened_at - first)
    for number, entry in enumerate(entries):
        opened = first + (entry.opened_at - first) * LOOK_BACK // span
        lat, lon = entry.point or (0, 0)
        moved = rng.integers(-MOVED, MOVED + 1, (times, 2)) * (often[entry.point] < CROWD)
        for copy, (up, aside) in enumerate(moved[: math.ceil((count - number) / len(entries))].tolist()):
            point = (lat + up + copy * north, lon + aside) if entry.point else None
            yield replace(entry, id=f"{copy:02d}-{entry.id}", opened_at=opened + copy, point=point)


def speed(entries: list[Entry], earlier: int, lookups: int, north: int, name: str, *, held: bool) -> None:
    """Look-ups a second, filling and memory; in a process of its own, so that memory is that of the index.

    It ends the process, with 1 where a goal is missed that is `held` to.
    """
    rng = np.random.default_rng(SEED + 1)
    asked_at = set(rng.choice(earlier + lookups, lookups, replace=False).tolist())
    asked: list[Entry] = []
    duplicates = Duplicates(latitude_of(entries))
    before, start, now = resident(), time.process_time(), 0
    for number, entry in enumerate(copies(entries, earlier + lookups, north)):
        now = max(now, entry.opened_at + 1)
        if number in asked_at:
            asked.append(entry)
        else:
            duplicates.index.add(entry)
    filled = time.process_time() - start
    size = len(duplicates.index)
    say(f"{name}: memory of {size:,} requests", resident() - before, "MB")
    say(f"{name}: adding, CPU", size / filled, "requests/s")
    times, start = [], time.process_time()
    for entry in asked:
        began = time.perf_counter()
        duplicates.suggest(replace(entry, opened_at=now))
        times.append(time.perf_counter() - began)
    used = time.process_time() - start
    say(f"{name}: look-ups against {size:,}, clock on the wall", len(times) / sum(times), "look-ups/s", GOAL)
    say(f"{name}: look-ups against {size:,}, CPU", len(times) / used, "look-ups/s", GOAL)
    say(f"{name}: look-up, median", median(times) * 1000, "ms")
    say(f"{name}: look-up, 99 of 100", float(np.percentile(times, 99)) * 1000, "ms")
    gate = Gate(holds=held)
    gate.least(f"{name}: look-ups/s", len(times) / sum(times), GOAL)
    sys.exit(gate.ended())


def resident() -> float:
    """Resident memory in MB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


def main(given: argparse.Namespace) -> int:
    """Measures, prints; 1 where a goal is missed that is held to."""
    gate = Gate(holds=given.gate)
    need(*given.requests, *given.pairs)
    entries = entries_of(given.requests, given.map)
    quality(entries, pairs(given.pairs), given.keep, gate)
    earlier = given.earlier or (100_000 if given.quick else 1_000_000)
    arrangements = [(0, "one city")] if given.quick else [(0, "one city"), (5_000_000, "cities side by side")]
    ended = gate.ended()
    for north, name in arrangements:
        asked = (entries, earlier, given.lookups, north, name)
        child = get_context("spawn").Process(target=speed, args=asked, kwargs={"held": given.gate})
        child.start()
        child.join()
        ended = ended or child.exitcode or 0
    return ended


def _parser() -> argparse.ArgumentParser:
    city = data_folder() / "boston"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a look-up against 100,000 requests, one arrangement")
    parser.add_argument("--requests", type=Path, nargs="+", default=[city / "requests_2011_jul_oct.csv.gz"])
    parser.add_argument("--pairs", type=Path, nargs="+", default=[city / "duplicate_pairs.csv"])
    parser.add_argument("--map", action="append", default=[], help=FIELD_TOLD)
    parser.add_argument("--earlier", type=int, help="requests in the index; a million if not said")
    parser.add_argument("--lookups", type=int, default=2_000)
    parser.add_argument("--keep", type=Path, help="writes the weights learned on all pairs to this file")
    add_gate(parser)
    return parser


if __name__ == "__main__":
    run(main, _parser())
