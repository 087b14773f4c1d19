"""What comes after the work in the scene: cases are closed and disputed, shifts handed over, a visit is held.

A dispute says what its person said before, so that it is told by the same number; every second one becomes a case of
its own. The handovers name cases about the firm, and in their notes the number of one. Of two issues that are noted on
the visit one waits at the desk, and the other is a case about the firm. The city lists its orders of the day: one
otherwise than they stand here, one not at all, and one that never came.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sanban.handling.pages.handover import hand_over
from sanban.intake.city.platform.tables import write_table
from sanban.intake.desk.deciding import Filled, open_case
from sanban.intake.desk.receiving import Said, Taken, reading, request_of
from sanban.intake.ports import Wish
from sanban.intake.visits.noting import note_issue, open_visit
from sanban.intake.visits.seeing import visit_of
from sanban.kernel.permission import Actor
from sanban.ledger.port import Submission
from sanban.main.binding import needs_of

if TYPE_CHECKING:
    from privacy.scene import Scene, Told

HANDING = ("operator-1", "handler-street-01")
OPERATOR_2 = Actor("operator-2", "operator", "hotline", unit_kind="desk")
NEVER_CAME = "SH2026-0002"
"""An order that only the city lists, under a number that may be told of an ordinary request."""


def close(scene: Scene, finished: list[Told]) -> list[Told]:
    """Checked, asked and closed as not solved; those of them that are."""
    called = {"reached": True, "contacted": True, "resolved": "no"}
    for who, step, args in (
        ("verifier-1", "verify", {}),
        (OPERATOR_2, "call_back", called),
        ("dispatcher-1", "close_unsolved", {"ending": "unsolved"}),
    ):
        more = ({**args, "request": one.request} if step == "call_back" else args for one in finished)
        steps = zip(finished, more, strict=True)
        scene.take((scene.made(one.case, who, step, **given) for one, given in steps), may_fail=True)
    scene.house.run()
    return [one for one in finished if scene.case(one.case).closed_at is not None]


def dispute(scene: Scene, closed: list[Told]) -> list[Told]:
    """A request of the same person against each closing; every second one has a case of its own by now."""
    found = [one._replace(request=_disputed(scene, one), case="?" if at % 2 else "") for at, one in enumerate(closed)]
    for one in found:
        request = request_of(scene.needs, one.request)
        if one.case and request is not None:
            wish = Wish(scene.command_id(), "noise", street="street-01")
            desk, command = scene.people["dispatcher-1"], scene.command_id()
            assert open_case(scene.needs, desk, command, request, wish, Filled(), scene.now) is None
    scene.house.run()
    return [scene.known(one) for one in found]


def _disputed(scene: Scene, one: Told) -> str:
    said = Said(**scene.person(one.number), disputes=one.case, origin=f"request:{one.request}")
    read = reading(scene.needs, scene.people["operator-1"], scene.command_id(), said, scene.now)
    assert isinstance(read, Submission)
    scene.take(iter([read]))
    return read.parts[0].stream.partition(":")[2]


def hand_shifts_over(scene: Scene, named: Iterator[Told]) -> None:
    """The hotline and the street hand over, each with a note on one case."""
    for who, one in zip(HANDING, named, strict=False):
        note = f"密记{one.number:04d}，等回电"
        answer = hand_over(needs_of(scene.house), scene.people[who], scene.command_id(), note, scene.now)
        assert getattr(answer, "refused", answer) is None


def hold_visit(scene: Scene, residents: list[Told]) -> tuple[str, list[Told]]:
    """The visit's id, and what was raised there by the same people; what is about somebody is a case by now."""
    needs, host = scene.needs, scene.people["handler-street-01"]
    place = scene.person(residents[0].number)["address"]
    visit = open_visit(needs, host, scene.command_id(), place, "street-01", scene.now)
    held = visit_of(needs, visit) if isinstance(visit, str) else None
    assert held is not None, visit
    issues = []
    for one in residents:
        taken = note_issue(needs, host, scene.command_id(), held, Said(**scene.person(one.number)), scene.now)
        assert isinstance(taken, Taken), taken
        issues.append(
            one._replace(request=taken.request, case="?" if one.subjects else "", matter="project-blocker", station="")
        )
    scene.open(one for one in issues if one.case)
    return held.opened.id, [scene.known(one) for one in issues]


def list_day(scene: Scene, orders: list[str]) -> None:
    """The exchange with the city, and its own list of the day's orders."""
    scene.house.exchange()
    words = scene.house.city_times.terms.files
    states = dict.fromkeys(orders[1:], "open") | {orders[-1]: "replied", NEVER_CAME: "open"}
    head = [words.columns[name][0] for name in ("number", "state")]
    rows = [[number, words.states[state][0]] for number, state in states.items()]  # type: ignore[index]  # keys are words
    day = scene.house.calendar.local(scene.now)[:10]
    write_table(scene.house.home.folder / "city" / "day" / f"{day}.csv", [head, *rows])
