"""The events of a project, in the stream `project:<id>`. Texts stand in the vault.

`at`: recorded, microseconds UTC; `by`: the account.
"""

from __future__ import annotations

import msgspec

from sanban.kernel.case.words import Code, Id, TextRef


class ProjectEvent(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """What all have."""

    v: int = 1
    at: int
    by: Code


class ProjectFounded(ProjectEvent, frozen=True, tag="project.founded"):
    """A team for a project. `unit`: whose it is; `after`: gate -> the gates before it."""

    id: Id
    number: Code
    unit: Code
    title: TextRef
    after: dict[Code, tuple[Code, ...]]


class GatesOrdered(ProjectEvent, frozen=True, tag="project.gates_ordered"):
    """For this project a gate waits for these; `note`: why, '' in the first ones."""

    gate: Code
    after: tuple[Code, ...]
    note: TextRef = ""


class ProjectBlocked(ProjectEvent, frozen=True, tag="project.blocked"):
    """A case blocks a gate. `number`: the case's."""

    case: Id
    number: Code
    gate: Code


class ProjectGatePassed(ProjectEvent, frozen=True, tag="project.gate_passed"):
    """Nothing blocked the gate any more, and those before it were passed."""

    gate: Code


class RiskNoted(ProjectEvent, frozen=True, tag="project.risk_noted"):
    """What a season may bring, from `since` up to, not including, `until` (microseconds UTC)."""

    season: Code
    since: int
    until: int
    text: TextRef


Event = ProjectFounded | GatesOrdered | ProjectBlocked | ProjectGatePassed | RiskNoted
