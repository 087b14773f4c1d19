"""Project teams in the API: projects, their gates with blockers by unit and age, and the team's steps."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated

import msgspec

from sanban.joint.shapes import CaseName, Code, Day, Text, Unit
from sanban.joint.surrounding import day_end, day_start
from sanban.joint.team.pages import FOUND_ROLES, NO_PROJECT, SEE_ROLES, TEAM_ROLES
from sanban.joint.team.ports import Needs
from sanban.joint.team.seeing import BlockerLine, ProjectLine, ProjectView, by_unit_and_age, project_view, projects
from sanban.joint.team.steps import block, found, note_risk, order, pass_gate, project_of
from sanban.kernel.errors import Refused
from sanban.kernel.view import ApiRequest, ApiRoute, Missing


class FoundBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the project is called, and whose it is."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=200, examples=["北外滩绿地项目"])]
    unit: Unit


class BlockBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A case by number or id; it stands at the gate that it names itself."""

    case: CaseName


class GateBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which gate."""

    gate: Code


class OrderBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A gate, those that have to be passed before it, and why."""

    gate: Code
    text: Text
    after: Annotated[tuple[Code, ...], msgspec.Meta(max_length=20)] = ()


class RiskBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a season may bring, from a day to the end of another."""

    season: Code
    since: Day
    until: Day
    text: Text


class ProjectsAnswer(msgspec.Struct, frozen=True):
    """Every project, and open blockers that none has noted."""

    items: tuple[ProjectLine, ...]
    loose: tuple[BlockerLine, ...]


Act = Callable[[Needs, ApiRequest, str], Refused | None]


def routes(needs: Needs) -> tuple[ApiRoute, ...]:
    """The operations."""
    one = "/projects/{project_id}"

    def post(step: str, act: Act, body: type[msgspec.Struct], summary: str) -> ApiRoute:
        return ApiRoute(
            "POST", f"{one}/{step}", f"joint.project_{step}", partial(_taken, needs, act), ProjectView, request=body,
            roles=TEAM_ROLES, summary=summary,
        )  # fmt: skip

    return (
        ApiRoute(
            "GET", "/projects", "joint.projects", partial(_list, needs), ProjectsAnswer, roles=SEE_ROLES,
            summary="Large projects, and the open blockers that none has noted",
        ),
        ApiRoute(
            "POST", "/projects", "joint.project_found", partial(_found, needs), ProjectView, request=FoundBody,
            roles=FOUND_ROLES, summary="Found the team of a project",
        ),
        ApiRoute(
            "GET", one, "joint.project", partial(_project, needs), ProjectView, roles=SEE_ROLES,
            summary="A project at its gates, with what blocks each by unit and age",
        ),
        post("block", _block, BlockBody, "Note a case as a blocker of the gate that it names"),
        post("pass_gate", _pass, GateBody, "Pass a gate that nothing blocks and whose predecessors are passed"),
        post("order", _order, OrderBody, "Let a gate wait for others than declared, skipping none, never in a ring"),
        post("note_risk", _note_risk, RiskBody, "Note what a season may bring"),
    )  # fmt: skip


def _list(needs: Needs, asked: ApiRequest) -> ProjectsAnswer:
    loose = by_unit_and_age(needs, needs.blockers(asked.viewer, ""), asked.now)
    return ProjectsAnswer(projects(needs, asked.now), loose)


def _found(needs: Needs, asked: ApiRequest) -> ProjectView | Missing | Refused:
    given = {"title": asked.body.title, "unit": asked.body.unit}
    done = found(needs, asked.viewer, asked.command_id, asked.now, **given)
    return done if isinstance(done, Refused) else _view(needs, asked, done)


def _project(needs: Needs, asked: ApiRequest) -> ProjectView | Missing:
    return _view(needs, asked, asked.path["project_id"])


def _taken(needs: Needs, act: Act, asked: ApiRequest) -> ProjectView | Missing | Refused:
    project = asked.path["project_id"]
    if project_of(needs, project) is None:
        return NO_PROJECT
    return act(needs, asked, project) or _view(needs, asked, project)


def _view(needs: Needs, asked: ApiRequest, project: str) -> ProjectView | Missing:
    known = project_of(needs, project)
    return NO_PROJECT if known is None else project_view(asked.viewer, needs, known, asked.now)


def _block(needs: Needs, asked: ApiRequest, project: str) -> Refused | None:
    return block(needs, asked.viewer, asked.command_id, project, asked.body.case)


def _pass(needs: Needs, asked: ApiRequest, project: str) -> Refused | None:
    return pass_gate(needs, asked.viewer, asked.command_id, project, asked.body.gate)


def _order(needs: Needs, asked: ApiRequest, project: str) -> Refused | None:
    body: OrderBody = asked.body
    return order(needs, asked.viewer, asked.command_id, project, body.gate, body.after, body.text)


def _note_risk(needs: Needs, asked: ApiRequest, project: str) -> Refused | None:
    body: RiskBody = asked.body
    since, until = day_start(needs.calendar, body.since), day_end(needs.calendar, body.until)
    if isinstance(since, Refused):
        return since
    if isinstance(until, Refused):
        return until
    given = {"season": body.season, "text": body.text}
    return note_risk(needs, asked.viewer, asked.command_id, project, since=since, until=until, **given)
