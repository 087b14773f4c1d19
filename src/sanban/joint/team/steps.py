"""A team at work: founding, noting blockers and risks, ordering and passing gates."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid5

from sanban.joint.surrounding import sent, state_of, written
from sanban.joint.team.ports import Needs
from sanban.joint.team.project import Project, stream_of
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part

PROJECTS = UUID("c7a94f10-3b2e-5d68-a4f1-90e6d27b5c38")


def project_of(needs: Needs, project: str) -> Project | None:
    """The project of an id."""
    found: Project | None = state_of(needs, stream_of(project), Project)
    return found


def found(needs: Needs, viewer: Actor, command_id: str, now: int, *, title: str, unit: str) -> str | Refused:
    """Founds a team; the project's id."""
    if unit not in needs.units(now):
        return Refused("no_owner", "a project has one unit that answers for it", "construction")
    project = str(uuid5(PROJECTS, f"{viewer.id} {command_id}"))
    said = written(needs, stream_of(project), command_id, title)
    if isinstance(said, Refused):
        return said
    part = Part(stream_of(project), "found", {"unit": unit, "title": said.ref})
    return sent(needs, viewer, command_id, part, said.secrets) or project


def block(needs: Needs, viewer: Actor, command_id: str, project: str, case: str) -> Refused | None:
    """Notes a case, by number or id, as a blocker of the gate that it names."""
    known = needs.case(viewer, case)
    if known is None:
        return Refused("not_a_blocker", "there is no such case, or none for this account", "2026-000001")
    return sent(needs, viewer, command_id, Part(stream_of(project), "block", {"case": known.id}))


def pass_gate(needs: Needs, viewer: Actor, command_id: str, project: str, gate: str) -> Refused | None:
    """Passes a gate that nothing blocks."""
    return sent(needs, viewer, command_id, Part(stream_of(project), "pass_gate", {"gate": gate}))


def order(
    needs: Needs, viewer: Actor, command_id: str, project: str, gate: str, after: Sequence[str], text: str
) -> Refused | None:
    """Lets a gate wait for others than declared; the text says why."""
    said = written(needs, stream_of(project), command_id, text)
    if isinstance(said, Refused):
        return said
    part = Part(stream_of(project), "order", {"gate": gate, "after": list(after), "note": said.ref})
    return sent(needs, viewer, command_id, part, said.secrets)


def note_risk(
    needs: Needs, viewer: Actor, command_id: str, project: str, *, season: str, since: int, until: int, text: str
) -> Refused | None:
    """Notes what a season may bring."""
    said = written(needs, stream_of(project), command_id, text)
    if isinstance(said, Refused):
        return said
    args = {"season": season, "since": since, "until": until, "text": said.ref}
    return sent(needs, viewer, command_id, Part(stream_of(project), "note_risk", args), said.secrets)
