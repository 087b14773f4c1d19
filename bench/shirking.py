"""What a unit wins by shirking: every figure of an honest unit beside that of its twin, on the same cases.

    python bench/shirking.py [--quick] [--cases N] [--seed N]

One JSON object a line: the way of shirking, the figure, honest and shirking as [holds, of], whether more is better, and
whether the shirker is better off. The last line of each way says what the unit was refused. Ends with 1 if any figure
of any way is won.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from parts.playing import WAYS
from parts.shirking import figures_of, is_won
from sanban.handling.figures.judging import FIGURES


def main() -> int:
    """Prints the figures; 1 when a shirker wins one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a hundred cases")
    parser.add_argument("--cases", type=int, default=400)
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    cases = min(asked.cases, 100) if asked.quick else asked.cases
    honest, _ = figures_of("", asked.seed, cases)
    won = 0
    for way in WAYS:
        shirking, refused = figures_of(way, asked.seed, cases)
        for figure in FIGURES:
            mine, twin = honest[figure.code], shirking[figure.code]
            better_off = is_won(figure, mine, twin)
            won += better_off
            line = {"way": way, "figure": figure.code, "honest": mine, "shirking": twin, "better": figure.better}
            print(json.dumps({**line, "won": better_off}), flush=True)
        print(json.dumps({"way": way, "refused": dict(refused)}), flush=True)
    return int(won > 0)


if __name__ == "__main__":
    sys.exit(main())
