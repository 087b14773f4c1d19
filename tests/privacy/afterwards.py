"""What comes after the work in the scene: cases are closed and disputed, shifts are handed over, an auditor is bound.

A dispute says what its person said before, so that it is told by the same number; every second one becomes a case of
its own. The handovers name cases about the firm, and in their notes the number of one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from attachments.sample_files import picture
from joint.surrounded import meetings, sheet
from sanban.attachments.aggregate import Attachments, stream_of
from sanban.handling.pages.handover import hand_over
from sanban.intake.desk.deciding import Filled, open_case
from sanban.intake.desk.receiving import Said, reading, request_of
from sanban.intake.findings.reporting import Reported, Seen, report
from sanban.intake.ports import Wish
from sanban.joint.yearly.steps import propose
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.kernel.view import Upload
from sanban.ledger.port import Submission
from sanban.main.binding import intake_needs_of, needs_of
from sanban.main.joint.surrounding import yearly_needs_of
from sanban.main.scorecard.wiring import scorecard_needs_of
from sanban.scorecard.brief.composing import freeze
from sanban.scorecard.period.publishing import draft

if TYPE_CHECKING:
    from privacy.scene import Scene, Told

WEEK, MONTH = "2026-W22", "2026-05"
"""The last ones that are over."""
HANDING = ("operator-1", "handler-street-01")
WORKER = Actor("grid-worker-grids-01a", "grid_worker", "grids-01a", unit_kind="grid_team")
OPERATOR_2 = Actor("operator-2", "operator", "hotline", unit_kind="desk")


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


def finding(scene: Scene) -> dict[str, str]:
    """A finding with a photo, and the photo's id."""
    photos, seen = [Upload("a.jpg", picture())], Seen("street-light", "01-003", "三号杆不亮")
    told = report(intake_needs_of(scene.house), WORKER, scene.command_id(), seen, scene.now, photos)
    assert isinstance(told, Reported), told
    files = scene.house.reader.state(stream_of("finding", told.finding))
    assert isinstance(files, Attachments)
    return {"finding": told.finding, "finding_id": told.finding, "photo": files.shown[0].id}


def around(scene: Scene) -> dict[str, str]:
    """What else stands round the cases by now: one of each, by the name of the parameter that takes its id.

    No project is under way and no revision was proposed; a small scene has no matter for the year's list.
    """
    house, now = scene.house, scene.now
    led = next(one for one in scene.told if one.lead == "street-01" and one.case and one.subjects)
    figures, leader, coordinator = scorecard_needs_of(house), scene.people["leader-1"], scene.people["coordinator-1"]
    house.catch_up()
    for publish, who, span in ((freeze, leader, WEEK), (draft, coordinator, MONTH)):
        made = publish(figures, who, scene.command_id(), span, now)
        assert not isinstance(made, Refused), made
    item = propose(yearly_needs_of(house), coordinator, scene.command_id(), "2026", led.matter)
    return {
        "rating_id": sheet(house, "police", now, led.case),
        **{name: ids[0] for name, ids in meetings(house, now).items()},
        "item_id": item if isinstance(item, str) else "none",
        **finding(scene),
        "week": WEEK,
        "form": "docx",
        "period": MONTH,
        "project_id": "none",
        "revision_id": "none",
    }
