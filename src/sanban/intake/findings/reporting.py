"""Reporting a finding: which matters and grids are offered, the command, and which repairs are looked at again.

Three taps: what (a tile), where (the worker's own grid stands already), send. A repair on the spot is picked for a
second look by a keyed digest of its id, as often as the district's file declares: nobody can tell beforehand, and
everybody who holds the key comes to the same answer.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from uuid import UUID, uuid5

import msgspec

from sanban.intake.desk.placing import NOT_A_POINT
from sanban.intake.files.cells import read_degrees
from sanban.intake.findings.finding import KIND, Finding, stream_of
from sanban.intake.findings.sweep import DAY, MATTER
from sanban.intake.place.border import outside
from sanban.intake.ports import Needs
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Mechanism, Title
from sanban.kernel.permission import Actor
from sanban.kernel.view import Upload
from sanban.ledger.port import Part, Secret, Submission, submit_as_before

FINDINGS = UUID("b3f9e4d1-6a0c-5c1d-8d55-1b7f2c9e4a60")
LONGEST_TEXT = 1000
MOST_PHOTOS = 5
WHOLE = 10_000

_COUNTS = (
    "SELECT matter, COUNT(*) FROM finding_view WHERE district = :district AND unit = :unit AND recorded_at > :since "
    "GROUP BY matter"
)


class Seen(msgspec.Struct, frozen=True):
    """What a worker reports. `lon`, `lat`: degrees, '' when not known; `seen_at`: microseconds UTC, 0 = now."""

    matter: str
    grid: str = ""
    text: str = ""
    fixed: bool = False
    lon: str = ""
    lat: str = ""
    seen_at: int = 0


class Reported(msgspec.Struct, frozen=True):
    """A finding that stands in the ledger."""

    finding: str
    number: str
    state: str
    repeated: bool = False


class Tile(msgspec.Struct, frozen=True):
    """A matter to tap."""

    matter: str
    title: Title


def tiles(needs: Needs, viewer: Actor, now: int) -> tuple[Tile, ...]:
    """Matters that a worker can report with a tap: those that ask for nothing more, the usual ones first."""
    rows = needs.reader.query(_COUNTS, {"unit": viewer.unit, "since": now - 90 * DAY})
    often = {str(matter): int(count) for matter, count in rows}
    found = [Tile(one.matter, one.title) for one in needs.matters(now) if reportable(one)]
    return tuple(sorted(found, key=lambda tile: (-often.get(tile.matter, 0), tile.matter)))


def reportable(mechanism: Mechanism) -> bool:
    """Whether a case of the matter can be opened from a finding: nothing is required, and somebody else checks it."""
    checked = any(step.verb in ("verify", "call_back") for step in mechanism.steps.values())
    return checked and not any(field.required for field in mechanism.form.values())


def grids_of(needs: Needs, viewer: Actor, now: int) -> tuple[str, ...]:
    """The grids that the viewer's unit works in, by the directory; for a street all of its grids."""
    grids, duty = needs.duty.grids, needs.duty
    own = {entry.area for entry in duty.entries.values() if entry.unit == viewer.unit and entry.level == "grid"}
    known = [version for code in grids.versions if (version := grids.version(code, now)) is not None]
    return tuple(sorted(one.code for one in known if one.code in own or one.street == viewer.unit))


def report(
    needs: Needs, viewer: Actor, command_id: str, seen: Seen, now: int, photos: Sequence[Upload] = ()
) -> Reported | Refused:
    """Takes the finding down with its photos; sent again, it answers the same."""
    mechanism = next((one for one in needs.matters(now) if one.matter == seen.matter and reportable(one)), None)
    if mechanism is None:
        return Refused("unknown_matter", "choose a matter that is in force", "street-light")
    grid = _located(needs, seen, now)
    if isinstance(grid, Refused):
        return grid
    if needs.duty.grids.version(grid, now) is None:
        return Refused("unknown_grid", "the district has no grid of this code now", "choose one from the list")
    if len(seen.text) > LONGEST_TEXT:
        return Refused("text_too_long", f"at most {LONGEST_TEXT:,} characters", "a few sentences")
    if seen.fixed and not seen.text:
        return Refused("empty_note", "say what was done on the spot", "已清理占道杂物")
    if seen.fixed and len(photos) < declared(needs, now).get("fixed_photos", 0):
        return Refused("no_photo", "a photo shows what was set right on the spot", "take one after the work")
    located = msgspec.structs.replace(seen, grid=grid)
    readings = [
        _submission(needs, viewer, command_id, located, mechanism, found_at, now)
        for found_at in needs.shift.tellings(seen.seen_at, now)
    ]
    submission = readings[0]
    told = submission.parts[0].args
    attached = needs.attaches(command_id, (KIND, _id_of(viewer, command_id)), str(told["person"]), photos)
    if isinstance(attached, Refused):
        return attached
    parts, secrets = attached
    whole = (
        msgspec.structs.replace(one, parts=(*one.parts, *parts), secrets=(*one.secrets, *secrets)) for one in readings
    )
    answer = submit_as_before(needs.ledger, whole)
    if answer.refused is not None:
        return answer.refused
    found = needs.reader.state(submission.parts[0].stream)
    assert isinstance(found, Finding), "an accepted command's finding stands in the ledger"
    return Reported(found.reported.id, found.reported.number, found.state, answer.repeated)


def recheck(
    needs: Needs, viewer: Actor, command_id: str, finding: str, now: int, *, holds: bool, seen_at: int = 0
) -> Refused | None:
    """Somebody else looked at a repair; `seen_at`: when, microseconds UTC, 0 = now."""
    part, tellings = Part(stream_of(finding), "recheck", {"holds": holds}), needs.shift.tellings(seen_at, now)
    readings = (Submission(command_id, viewer, (part,), occurred_at=seen) for seen in tellings)
    return submit_as_before(needs.ledger, readings).refused


def sampled(key: bytes, finding: str, share: int) -> bool:
    """Whether a repair is looked at again; `share` in basis points."""
    drawn = int.from_bytes(hmac.digest(key, b"recheck " + finding.encode(), "sha256")[:8], "big")
    return drawn % WHOLE < share


def declared(needs: Needs, now: int) -> dict[str, int]:
    """The district's numbers for findings: of the matter `grid-sweep`, in force now; empty where it has none."""
    return next((one.parameters_at(now) for one in needs.matters(now) if one.matter == MATTER), {})


def _submission(
    needs: Needs, viewer: Actor, command_id: str, seen: Seen, mechanism: Mechanism, found_at: int | None, now: int
) -> Submission:
    finding = _id_of(viewer, command_id)
    person = f"person:{uuid5(FINDINGS, f'person {finding}')}"
    ref = f"v:{uuid5(FINDINGS, f'text {finding}').hex}"
    numbers = declared(needs, now)
    args: dict[str, object] = {
        "matter": seen.matter,
        "grid": seen.grid,
        "person": person,
        "text": ref,
        "found_at": found_at,
        "fixed": seen.fixed,
        "recheck": seen.fixed and sampled(needs.party_key, finding, numbers.get("recheck_share", 0)),
        "recheck_days": numbers.get("recheck_days", 1),
    }
    text = seen.text or f"网格员发现：{mechanism.title.zh}"
    part = Part(stream_of(finding), "report", args)
    secrets = (Secret(ref, person, "text", text),)
    return Submission(command_id, viewer, (part,), occurred_at=found_at, secrets=secrets)


def _id_of(viewer: Actor, command_id: str) -> str:
    return str(uuid5(FINDINGS, f"{viewer.id} {command_id}"))


def _located(needs: Needs, seen: Seen, now: int) -> str | Refused:
    """The grid of the phone's position; the one that was chosen when it gave none."""
    if not (seen.lon or seen.lat):
        return seen.grid
    lon, lat = read_degrees(seen.lon, 180), read_degrees(seen.lat, 90)
    if lon is None or lat is None:
        return NOT_A_POINT
    return needs.locate(lon, lat) or outside(needs.duty.grids, now)
