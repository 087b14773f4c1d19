"""Pages of project teams: the list, and one project at its gates.

/projects            every project; open blockers that no project has noted
/projects/{id}       gates with their blockers by unit and age, risks of the seasons, and the team's forms
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import msgspec

from sanban.joint.surrounding import OFFICES, day_end, day_start
from sanban.joint.team.ports import Needs
from sanban.joint.team.project import Project, is_centre
from sanban.joint.team.seeing import BlockerLine, ProjectLine, ProjectView, by_unit_and_age, project_view, projects
from sanban.joint.team.steps import block, found, note_risk, order, pass_gate, project_of
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Role
from sanban.kernel.view import Missing, PageAnswer, PageRequest, PageRoute, Redirected, Shown, phrase

LIST = "/projects"
NO_PROJECT = Missing(phrase("Project"), "GET /api/v1/projects gives the ids")
SEE_ROLES: frozenset[Role] = OFFICES | {"handler"}
FOUND_ROLES: frozenset[Role] = frozenset({"coordinator"})
TEAM_ROLES: frozenset[Role] = frozenset({"handler", "coordinator"})
DONE = {
    "block": phrase("The blocker stands at its gate."),
    "pass_gate": phrase("The gate is passed."),
    "order": phrase("The order of the gates is noted."),
    "note_risk": phrase("The risk is noted."),
}
FOUNDED = phrase("The team is founded.")
Act = Callable[[Needs, PageRequest, str], Refused | None]


class ListContext(msgspec.Struct, frozen=True):
    """`joint/projects.html`; `loose`: open blockers of no project."""

    lines: tuple[ProjectLine, ...]
    loose: tuple[BlockerLine, ...]
    gates: Mapping[str, Title]
    founds: bool
    units: Mapping[str, Title] = {}
    typed: Mapping[str, str] = {}
    fault: Refused | None = None


class ProjectContext(msgspec.Struct, frozen=True):
    """`joint/project.html`, with the choices of its forms and the one that was not taken."""

    project: ProjectView
    titles: Mapping[str, Title]
    seasons: Mapping[str, Title]
    typed: Mapping[str, str] = {}
    fault: Refused | None = None


def routes(needs: Needs) -> tuple[PageRoute, ...]:
    """The pages and the targets of their forms."""
    one = "/projects/{project_id}"

    def post(step: str, act: Act) -> PageRoute:
        handler = partial(_taken, needs, step, act)
        return PageRoute("POST", f"{one}/{step}", f"joint.project_{step}", handler, roles=TEAM_ROLES)

    return (
        PageRoute(
            "GET", LIST, "joint.projects", partial(_list, needs), roles=SEE_ROLES, menu=phrase("Projects"),
            icon="building", order=39,
        ),
        PageRoute("POST", LIST, "joint.project_found", partial(_found, needs), roles=FOUND_ROLES),
        PageRoute("GET", one, "joint.project", partial(_project, needs), roles=SEE_ROLES),
        post("block", lambda n, a, p: block(n, a.viewer, a.command_id, p, a.given("case"))),
        post("pass_gate", lambda n, a, p: pass_gate(n, a.viewer, a.command_id, p, a.given("gate"))),
        post("order", _order),
        post("note_risk", _note_risk),
    )  # fmt: skip


def _list(needs: Needs, asked: PageRequest) -> PageAnswer:
    return _listed(needs, asked)


def _listed(needs: Needs, asked: PageRequest, fault: Refused | None = None) -> Shown:
    context = ListContext(
        lines=projects(needs, asked.now),
        loose=by_unit_and_age(needs, needs.blockers(asked.viewer, ""), asked.now),
        gates=needs.terms.gates,
        founds=is_centre(asked.viewer),
        units=needs.units(asked.now),
        typed={name: asked.given(name) for name in asked.form} if fault else {},
        fault=fault,
    )
    return Shown("joint/projects.html", context, 422 if fault else 200)


def _found(needs: Needs, asked: PageRequest) -> PageAnswer:
    given = {"title": asked.given("title"), "unit": asked.given("unit")}
    done = found(needs, asked.viewer, asked.command_id, asked.now, **given)
    return _listed(needs, asked, done) if isinstance(done, Refused) else Redirected(f"{LIST}/{done}", FOUNDED)


def _project(needs: Needs, asked: PageRequest) -> PageAnswer:
    project = project_of(needs, asked.path["project_id"])
    return NO_PROJECT if project is None else _shown(needs, asked, project)


def _shown(needs: Needs, asked: PageRequest, project: Project, fault: Refused | None = None) -> Shown:
    context = ProjectContext(
        project=project_view(asked.viewer, needs, project, asked.now),
        titles=needs.terms.gates,
        seasons=needs.terms.seasons,
        typed={name: asked.given(name) for name in asked.form} if fault else {},
        fault=fault,
    )
    return Shown("joint/project.html", context, 422 if fault else 200)


def _taken(needs: Needs, step: str, act: Act, asked: PageRequest) -> PageAnswer:
    name = asked.path["project_id"]
    project = project_of(needs, name)
    if project is None:
        return NO_PROJECT
    fault = act(needs, asked, name)
    return _shown(needs, asked, project, fault) if fault else Redirected(f"{LIST}/{name}", DONE[step])


def _order(needs: Needs, asked: PageRequest, project: str) -> Refused | None:
    gate, after = asked.given("gate"), asked.given_all("after")
    return order(needs, asked.viewer, asked.command_id, project, gate, after, asked.given("note"))


def _note_risk(needs: Needs, asked: PageRequest, project: str) -> Refused | None:
    since, until = day_start(needs.calendar, asked.given("since")), day_end(needs.calendar, asked.given("until"))
    if isinstance(since, Refused) or isinstance(until, Refused):
        return since if isinstance(since, Refused) else until if isinstance(until, Refused) else None
    given = {"season": asked.given("season"), "text": asked.given("text")}
    return note_risk(needs, asked.viewer, asked.command_id, project, since=since, until=until, **given)
