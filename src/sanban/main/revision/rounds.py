"""Rounds by which a deployment looks its rules over by itself, every so many days, as its settings say.

    the record --> what speaks against a rule, proposed with its replay --> what is in force, measured --> kept

It proposes and measures as `sanban revision propose --keep` and `measure` do; a person decides, as ever. A server only
asks whether one is due: the record is played in a process of its own, by `sanban revision round`.
"""

from __future__ import annotations

from uuid import NAMESPACE_URL, uuid5

import msgspec

from sanban.kernel.clock.calendar import DAY
from sanban.kernel.errors import SanbanError
from sanban.ledger.port import Part, Submission
from sanban.main.house import House
from sanban.main.revision.keeping import keep, measure_all
from sanban.main.revision.proposing import looked_for, writable
from sanban.revision.replay.standing import SYSTEM
from sanban.revision.round import STREAM, RoundArgs, RoundMade, last_round


def is_due(house: House) -> bool:
    """Whether the settings want rounds, and the last one is so many days ago."""
    days, last = house.home.settings.revise_days, last_round(house.reader)
    return days > 0 and (last is None or house.clock() >= last.at + days * DAY)


def make_round(house: House) -> RoundMade:
    """Look every rule over now, and keep what came of it."""
    looked = looked_for(house)
    told, left = writable(house, looked)
    kept = keep(house, looked.of(finding for finding, _ in told))
    made = RoundArgs(looked.tests, kept.new, len(left) + len(kept.left), len(measure_all(house)))
    part = Part(STREAM, "make", msgspec.to_builtins(made))
    name = str(uuid5(NAMESPACE_URL, f"{STREAM} {house.clock()}"))
    answer = house.ledger.submit(Submission(name, SYSTEM, (part,)))
    if answer.refused is not None:
        raise SanbanError(answer.refused.message, answer.refused.example)
    found = last_round(house.reader)
    assert found is not None, "a round was kept"
    return found
