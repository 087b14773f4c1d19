"""Public cases like what somebody is about to file, and filing as one more who has the same: "me too".

Likeness comes from the duplicates' index, by words and address; the street that was picked gives what is open there of
the same matter. Whoever has the same files a request of their own: own receipt, own age, own promised date, own reply
and call-back. It joins the case in the same command, both or neither.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from sanban.intake.duplicates.entry import Entry
from sanban.intake.duplicates.ports import Told
from sanban.intake.nearby.finding import Filter, Nearby, PublicCase
from sanban.kernel.permission import Actor
from sanban.ledger.port import Submission

SYSTEM = Actor("nearby", "system")
SHOWN_AT_MOST = 3


class Joins(msgspec.Struct, frozen=True):
    """The case that a filing joins, through the port of cases."""

    nearby: Nearby
    case: str
    matter: str

    def change(self, read: Submission) -> Submission:
        """The request is received and attached, and no machine opens another case for it."""
        first = read.parts[0]
        joining = self.nearby.desk.joins.joining(self.case, "attach", first.stream.partition(":")[2])
        return msgspec.structs.replace(read, actor=SYSTEM, parts=(first, *joining.parts))


def similar(
    nearby: Nearby, text: str, address: str, street: str, matters: Sequence[str], now: int
) -> tuple[PublicCase, ...]:
    """Open public cases of these matters that may be the same, the likeliest first."""
    public = nearby.matters(now)
    wanted = tuple(one for one in matters if one in public)
    if not wanted:
        return ()
    asked = Told(Entry("", now, wanted[0], text=text, address=address), person="", street=street)
    alike = nearby.firsts([one.request for one in nearby.desk.earlier.suggest(asked, now)], now)
    likely = nearby.cases(Filter(wanted, status="open", firsts=alike), now, SHOWN_AT_MOST) if alike else ()
    there = tuple(code for code, grid in nearby.grids(now).items() if street and grid.street == street)
    around = nearby.cases(Filter(wanted, there, "open"), now, SHOWN_AT_MOST) if there else ()
    found = {one.id: one for one in (*likely, *around)}
    return tuple(found.values())[:SHOWN_AT_MOST]


def joining(nearby: Nearby, public_id: str, now: int) -> Joins | None:
    """The open public case of this id; None when it is none, or is over by now."""
    found = nearby.open_case(public_id, now)
    case = nearby.case_of(found[0]) if found else ""
    return Joins(nearby, case, found[1]) if found and case else None
