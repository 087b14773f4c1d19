"""The same with what the unit's own grid workers find: an honest unit reports it, its twin says it was set right.

It was not. As often as the district declares somebody looks again, finds it so, and it becomes a case then; of all the
rest a resident complains a week later. From there on both twins work their cases honestly, so that what the figures
tell apart is the false word alone.
"""

from __future__ import annotations

from collections import Counter
from random import Random

from parts.playing import START
from parts.shirking import UNIT, Played, Shares, fate_of, shares_of, world_matters
from sanban.handling.figures.judging import Figure
from sanban.intake.findings.sweep import MATTER as FINDINGS
from sanban.kernel.clock.calendar import DAY
from sanban.kernel.mechanism import Title

WAY = "claiming it was set right on the spot"
FOUND_FIRST = Figure("found_first", Title("先于投诉发现", "Found before anybody complained"), "high")
COMPLAINED = 7 * DAY
WHOLE = 10_000


def figures_spotting(way: str, seed: int, cases: int) -> tuple[Shares, Counter[str]]:
    """The unit's figures over what it found, and what it was refused; '' is the honest twin."""
    declared = declared_numbers()
    plays, first = [], 0
    for number in range(cases):
        seen = START + number % 20 * DAY
        picked = Random(seed * 7_919 + number).random() * WHOLE < declared["recheck_share"]
        after = 0 if not way else declared["recheck_days"] * DAY if picked else COMPLAINED
        found = not way or picked
        first += found
        told = {"found": found, "received_at": seen if found else seen + after}
        plays.append(Played("", fate_of(seed, number), seen + after, told))
    refused: Counter[str] = sum((play.refused for play in plays), Counter())
    return shares_of(plays, UNIT) | {FOUND_FIRST.code: (first, cases)}, refused


def declared_numbers() -> dict[str, int]:
    """How often, and within how many days, a repair is looked at again."""
    mechanism = world_matters().mechanism_of(FINDINGS, START)
    assert mechanism is not None, "the shipped matters have the one of findings"
    return mechanism.parameters_at(START)
