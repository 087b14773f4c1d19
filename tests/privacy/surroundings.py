"""What stands round the cases of the scene: one of each, by the name of the parameter that takes its id.

A meeting is over, with a photo at its minutes; a project is blocked by a case that was raised on a visit and is about
the firm; the ledger has looked its rules over and proposes a change for what it found in these very cases; the figures
of the week in which they came in are published. A small scene has no matter for the year's list.
"""

from __future__ import annotations

from attachments.sample_files import picture
from joint.surrounded import meetings, sheet
from privacy.scene import Scene
from sanban.attachments.aggregate import Attachments, stream_of
from sanban.attachments.filing import add
from sanban.intake.findings.reporting import Reported, Seen, report
from sanban.joint.team.steps import block, found
from sanban.joint.yearly.steps import propose
from sanban.kernel.permission import Actor
from sanban.kernel.view import Upload
from sanban.main.attaching import attachment_needs_of
from sanban.main.binding import intake_needs_of
from sanban.main.joint.surrounding import team_needs_of, yearly_needs_of
from sanban.main.revision.keeping import keep
from sanban.main.revision.proposing import looked_for, writable
from sanban.main.scorecard.commands import shown as published

WEEK = "2026-W23"
"""The last that is over, in which the cases came in."""
WORKER = Actor("grid-worker-grids-01a", "grid_worker", "grids-01a", unit_kind="grid_team")


def around(scene: Scene) -> dict[str, str]:
    """All of it."""
    house, now, coordinator = scene.house, scene.now, scene.people["coordinator-1"]
    led = next(one for one in scene.told if one.lead == "street-01" and one.case and one.subjects)
    house.catch_up()
    published(house)
    item = propose(yearly_needs_of(house), coordinator, scene.command_id(), "2026", led.matter)
    held = {name: ids[0] for name, ids in meetings(house, now).items()}
    return {
        "rating_id": sheet(house, "police", now, led.case),
        **held,
        "minutes": file_of_meeting(scene, held["meeting_id"]),
        "item_id": item if isinstance(item, str) else "none",
        **finding(scene),
        **project(scene),
        **proposal(scene),
        **dict.fromkeys(("visit", "visit_id"), scene.visit),
        "week": WEEK,
        "form": "docx",
        "period": WEEK,
    }


def finding(scene: Scene) -> dict[str, str]:
    """A finding with a photo, and the photo's id."""
    photos, seen = [Upload("a.jpg", picture())], Seen("street-light", "01-003", "三号杆不亮")
    told = report(intake_needs_of(scene.house), WORKER, scene.command_id(), seen, scene.now, photos)
    assert isinstance(told, Reported), told
    files = scene.house.reader.state(stream_of("finding", told.finding))
    assert isinstance(files, Attachments)
    return {"finding": told.finding, "finding_id": told.finding, "photo": files.shown[0].id}


def file_of_meeting(scene: Scene, meeting: str) -> str:
    """A photo at a meeting's minutes, which its head says where it was taken."""
    needs, chair = attachment_needs_of(scene.house, scene.needs), scene.people["coordinator-1"]
    owner = needs.owner(chair, "meeting", meeting, scene.now)
    assert owner is not None
    added = add(needs, chair, scene.command_id(), owner, Upload("签到.jpg", picture()))
    assert isinstance(added, str), added
    return added


def project(scene: Scene) -> dict[str, str]:
    """A project, and the number of the case that blocks it."""
    needs, coordinator = team_needs_of(scene.house), scene.people["coordinator-1"]
    made = found(needs, coordinator, scene.command_id(), scene.now, title="滨江绿地项目", unit="street-01")
    assert isinstance(made, str), made
    blocker = next(one.case for one in scene.issues if one.case)
    assert block(needs, coordinator, scene.command_id(), made, blocker) is None
    return {"project_id": made, "blocker": scene.case(blocker).number}


def proposal(scene: Scene) -> dict[str, str]:
    """The first change that the ledger proposes; a small scene has none."""
    looked = looked_for(scene.house)
    written, _ = writable(scene.house, looked)
    if not written:
        return {"revision_id": "none"}
    (found, _), *_ = written
    (kept,) = keep(scene.house, looked.of([found])).new
    return {"revision_id": kept}
