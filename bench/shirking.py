"""What a unit wins by shirking: every figure of an honest unit beside that of its twin, on the same cases.

    python bench/shirking.py [--quick] [--cases N] [--seed N] [--gate]

The ways are those of a unit with the orders that it is sent, those around whistles (of the street that whistles, of the
unit that it calls), and that with what its grid workers find: it was set right, they say, and it was not. One JSON
object a line: the way of shirking, the unit, the figure, whether more is better, honest and shirking as [holds, of],
and whether the shirker is better off. The last line of each way says what the unit was refused. With `--gate` it ends
with 1 if any figure of any way is won.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from parts.gate import Gate, add_gate
from parts.twins import all_twins


def main() -> int:
    """Prints the figures; 1 when a shirker wins one and the goal is held to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a hundred cases")
    parser.add_argument("--cases", type=int, default=400)
    parser.add_argument("--seed", type=int, default=7)
    add_gate(parser)
    asked = parser.parse_args()
    gate = Gate(holds=asked.gate)
    cases = min(asked.cases, 100) if asked.quick else asked.cases
    won = 0
    for twins in all_twins(asked.seed, cases):
        for one in twins.compared:
            won += one.is_won
            line = {"way": twins.way, "unit": twins.unit, "figure": one.figure.code, "better": one.figure.better}
            print(json.dumps({**line, "honest": one.honest, "shirking": one.shirking, "won": one.is_won}), flush=True)
        print(json.dumps({"way": twins.way, "unit": twins.unit, "refused": dict(twins.refused)}), flush=True)
    gate.most("figures that shirking wins", won, 0)
    return gate.ended()


if __name__ == "__main__":
    sys.exit(main())
