"""What pages and API show of projects: the list, and one project's gates with what blocks them by unit and age."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from sanban.joint.surrounding import opened_texts
from sanban.joint.team.ports import Blocker, Needs
from sanban.joint.team.project import Project, is_centre, may_act
from sanban.kernel.clock.calendar import DAY
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Actor

MOST = 200
_PROJECTS = (
    "SELECT project, number, unit, title, founded_at, passed FROM project_view WHERE district = :district "
    "ORDER BY founded_at DESC, project LIMIT :most"
)
GateState = Literal["passed", "blocked", "waits", "ready"]


class ProjectLine(msgspec.Struct, frozen=True):
    """A project in the list; so many of its gates are passed."""

    project: str
    number: str
    title: str
    unit: str
    unit_title: Title
    founded_at: int
    passed: int


class BlockerLine(msgspec.Struct, frozen=True):
    """A case that blocks, or did: its unit, and its age in days."""

    case: str
    number: str
    unit: str
    unit_title: Title
    days: int
    is_open: bool
    gate: str


class GateView(msgspec.Struct, frozen=True):
    """A gate: how it stands, what comes before it, and its blockers by unit, the oldest first."""

    gate: str
    title: Title
    state: GateState
    passed_at: int
    after: tuple[str, ...]
    blockers: tuple[BlockerLine, ...]


class RiskLine(msgspec.Struct, frozen=True):
    """What a season may bring. `now`: it is that time of the year."""

    season: str
    title: Title
    since: int
    until: int
    text: str
    now: bool


class ProjectView(msgspec.Struct, frozen=True):
    """One project. `acts`: the viewer is of the team; `orders`: they may order the gates otherwise."""

    project: str
    number: str
    title: str
    unit: str
    unit_title: Title
    founded_at: int
    gates: tuple[GateView, ...]
    risks: tuple[RiskLine, ...]
    acts: bool
    orders: bool


def projects(needs: Needs, now: int) -> tuple[ProjectLine, ...]:
    """Every project, newest first. One statement and one look into the vault."""
    rows = needs.reader.query(_PROJECTS, {"most": MOST})
    texts = opened_texts(needs, [row[3] for row in rows])
    return tuple(
        ProjectLine(project, number, texts.get(title, ""), unit, needs.unit(unit, now), at, passed)
        for project, number, unit, title, at, passed in rows
    )


def project_view(viewer: Actor, needs: Needs, project: Project, now: int) -> ProjectView:
    """One project in words, with the blockers that the viewer may know of."""
    founded = project.founded
    lines = by_unit_and_age(needs, needs.blockers(viewer, founded.id), now)
    texts = opened_texts(needs, [founded.title, *(risk.text for risk in project.risks)])
    return ProjectView(
        project=founded.id,
        number=founded.number,
        title=texts.get(founded.title, ""),
        unit=founded.unit,
        unit_title=needs.unit(founded.unit, now),
        founded_at=founded.at,
        gates=tuple(_gate(needs, project, gate, lines) for gate in needs.terms.gates),
        risks=tuple(
            RiskLine(
                one.season,
                needs.terms.seasons.get(one.season, Title(one.season, one.season)),
                one.since,
                one.until,
                texts.get(one.text, ""),
                one.since <= now < one.until,
            )
            for one in sorted(project.risks, key=lambda risk: (risk.since, risk.at))
        ),
        acts=may_act(viewer, project),
        orders=is_centre(viewer),
    )


def by_unit_and_age(needs: Needs, found: Sequence[Blocker], now: int) -> tuple[BlockerLine, ...]:
    """Blockers unit by unit, those of a unit oldest first; open ones before closed ones."""
    ranked = sorted(found, key=lambda one: (not one.is_open, one.unit, one.opened_at, one.case))
    return tuple(
        BlockerLine(
            one.case,
            one.number,
            one.unit,
            needs.unit(one.unit, now),
            max(0, now - one.opened_at) // DAY,
            one.is_open,
            one.gate,
        )
        for one in ranked
    )


def _gate(needs: Needs, project: Project, gate: str, lines: tuple[BlockerLine, ...]) -> GateView:
    own = tuple(line for line in lines if line.gate == gate)
    state: GateState = "ready"
    if gate in project.passed:
        state = "passed"
    elif any(line.is_open for line in own):
        state = "blocked"
    elif project.waits_for(gate):
        state = "waits"
    after = project.after.get(gate, ())
    return GateView(gate, needs.terms.gates[gate], state, project.passed.get(gate, 0), after, own)
