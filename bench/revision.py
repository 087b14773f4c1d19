"""Whether the ledger's proposals find rules that are wrong, and no others; and whether shirking wins anything.

    python bench/revision.py [--quick] [--districts N] [--seed N] [--gate]

Each simulated district has thirty days of cases, units that shirk, and planted faults: two rows of the directory that
point to the wrong unit, a limit that cannot be met, a limit that never binds, a wave of cases about one thing, and what
never fires: a step, a task, a limit with a condition, a three-cross test, a row. One JSON object a line: per district
what was found of what was planted and which proposals are false; at the end all together, next to the goals of
9 in 10 found and 1 in 10 false. Every case has one lead at every instant and a ruling within two hops, or the run ends
there. With `--gate` it ends with 1 where a goal is missed or a shirker wins.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from parts.districts import Planted
from parts.gate import Gate, add_gate
from parts.twins import all_twins
from sanban.packs.change.revise import own_parts
from sanban.packs.desk.revision import load_revision_terms
from sanban.packs.district.loading import shipped_district
from sanban.revision.proposing.looking import propose
from sanban.revision.proposing.observing import observed
from sanban.revision.proposing.thresholds import Thresholds

FOUND, FALSE = 0.9, 0.1


def tell(workload: str, figure: float, unit: str, yardstick: float | None, **more: object) -> None:
    """One line of the outcome."""
    ratio = None if not yardstick else round(figure / yardstick, 3)
    line = {"bench": "revision", "workload": workload, "figure": round(figure, 3), "unit": unit}
    print(json.dumps({**line, "yardstick": yardstick, "ratio": ratio, **more}, ensure_ascii=False), flush=True)


def one_district(seed: int) -> tuple[frozenset[str], frozenset[str]]:
    """What was planted and what was proposed."""
    thresholds = Thresholds(**load_revision_terms(shipped_district()))
    with tempfile.TemporaryDirectory() as name:
        district = Planted(seed, Path(name))
        rules = district.rules
        start = time.perf_counter()
        seen = observed(district.cases(), rules)
        own = {key: own_parts(district.matters.keys[key].path) for key in seen.mechanisms}
        looked = propose(seen, rules, own, thresholds)
        proposed = frozenset(district.plan.mended(one.change) for one in looked.findings)
        planted = district.plan.faults(district.true.duty)
        tell(
            f"district {seed}", len(planted & proposed), "faults found", len(planted),
            missed=sorted(planted - proposed), false=sorted(proposed - planted), ways=sorted(district.ways.values()),
            tests=looked.tests, seconds=round(time.perf_counter() - start, 1),
        )  # fmt: skip
    return planted, proposed


def won_by_shirking(seed: int, cases: int) -> list[str]:
    """The figures that some way of shirking wins."""
    return [
        f"{twins.way}: {one.figure.code}" for twins in all_twins(seed, cases) for one in twins.compared if one.is_won
    ]


def main() -> int:
    """Prints the outcome; 1 when a goal is missed that is held to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer districts, under 50 s")
    parser.add_argument("--districts", type=int, help="how many; 14 ways of shirking need 5")
    parser.add_argument("--seed", type=int, default=1)
    add_gate(parser)
    asked = parser.parse_args()
    gate = Gate(holds=asked.gate)
    count = asked.districts or (5 if asked.quick else 30)
    outcomes = [one_district(seed) for seed in range(asked.seed, asked.seed + count)]
    planted = sum(len(one) for one, _ in outcomes)
    found = sum(len(one & other) for one, other in outcomes)
    proposed = sum(len(other) for _, other in outcomes)
    tell("faults found of those planted", found / planted, "share", FOUND, found=found, planted=planted)
    tell("false among the proposals", (proposed - found) / max(proposed, 1), "share", FALSE, proposals=proposed)
    won = won_by_shirking(asked.seed, 40 if asked.quick else 200)
    tell("figures that shirking wins", len(won), "figures", None, won=won)
    gate.least("faults found of those planted", found / planted, FOUND)
    gate.most("false among the proposals", (proposed - found) / max(proposed, 1), FALSE)
    gate.most("figures that shirking wins", len(won), 0)
    return gate.ended()


if __name__ == "__main__":
    sys.exit(main())
