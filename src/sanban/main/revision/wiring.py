"""What proposals are lent in this deployment, and the routes that come of it."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from sanban.handling.aggregate import stream_of
from sanban.handling.figures.judging import BY_CODE
from sanban.handling.needs import Needs as HandlingNeeds
from sanban.handling.views.lists import case_of_number, cases_about
from sanban.handling.views.masking import sight_of
from sanban.handling.views.naming import Names, plain
from sanban.kernel.case.state import Case
from sanban.kernel.case.verbs.imposing import IMPOSED
from sanban.kernel.duty.directory import ANY
from sanban.kernel.errors import SanbanError
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Actor
from sanban.kernel.view import ApiRoute, PageRoute, Waits
from sanban.main.house import House
from sanban.main.revision.enacting import EXAMPLE, check, enact
from sanban.main.revision.loaded import standing_of
from sanban.main.revision.opening import behind
from sanban.main.revision.proposing import diff_of, diff_of_written, difference_of, words_of
from sanban.main.revision.replaying import day
from sanban.revision import api, pages
from sanban.revision.aggregate import Revision
from sanban.revision.ports import Called, Evidence, Needs

ANY_MATTER: Final = Title("任何事项", "any matter")


def page_routes(house: House) -> tuple[PageRoute, ...]:
    """The pages."""
    return pages.routes(needs_of(house))


def operations(house: House) -> tuple[ApiRoute, ...]:
    """The operations of the API."""
    return api.routes(needs_of(house))


def waits(house: House) -> Waits:
    """What waits for a decision."""
    return partial(pages.waits, needs_of(house))


def needs_of(house: House) -> Needs:
    """What proposals work with."""
    said: dict[tuple[str, int], tuple[Title, ...]] = {}
    return Needs(
        ledger=house.ledger,
        reader=house.reader,
        case=partial(_evidence, house),
        knows=partial(_knows, house),
        about=lambda viewer: cases_about(viewer, house.reader, house.cases, house.clock()),
        differences=partial(_differences, house, said),
        diff=partial(_diff, house),
        standing=partial(standing_of, house),
        words=partial(words_of, house),
        called=partial(_called, house, {}),
        behind=behind(house),
        matter=lambda code: ANY_MATTER if code == ANY else Names(house.cases, house.clock()).matter(code),
        unit=lambda code: Names(house.cases, house.clock()).unit(code),
        begins=lambda text: day(house, text, EXAMPLE),
        check=partial(check, house),
        enact=partial(enact, house),
    )


def _differences(house: House, said: dict[tuple[str, int], tuple[Title, ...]], revision: Revision) -> tuple[Title, ...]:
    """The change in words, against the version that was in force when it was proposed; files are read once for each.

    One whose file is gone says what the stream says.
    """
    change, at = revision.change, revision.proposed_at
    if (revision.id, at) not in said:
        try:
            said[revision.id, at] = difference_of(house, change, at)
        except SanbanError:
            said[revision.id, at] = (words_of(house, change),)
    return said[revision.id, at]


def _diff(house: House, revision: Revision) -> str:
    """The same as a diff of files; '' where its file is gone. A row in force stands in the directory already."""
    change = revision.change
    try:
        if change.kind == "row" and revision.state == "in_force":
            return diff_of_written(house, change, revision.from_day)
        return diff_of(house, revision.change, revision.proposed_at)
    except SanbanError:
        return ""


def _called(house: House, titles: dict[tuple[Called, str], Title], kind: Called, code: str) -> Title:
    """What a limit, a figure or a step is called, by the first matter in force that has it."""
    if not titles:
        for matter in house.matters.in_force(house.clock()):
            if matter.mechanism is not None:
                for name, limit in matter.mechanism.limits.items():
                    titles.setdefault(("limit", name), limit.title)
                for name, step in matter.mechanism.steps.items():
                    titles.setdefault(("step", name), step.title)
    if kind == "figure" and code in BY_CODE:
        return BY_CODE[code].title
    return titles.get((kind, code), IMPOSED.get(code, plain(code)) if kind == "limit" else plain(code))


def _knows(house: House, viewer: Actor, number: str) -> bool:
    """Whether the viewer may know that the case with this number is there."""
    return bool(case_of_number(viewer, house.reader, house.cases, number, house.clock()))


def _evidence(house: House, viewer: Actor, case_id: str) -> Evidence | None:
    """A case, where the viewer may know that it is there."""
    case: Any = house.reader.state(stream_of(case_id))
    if not isinstance(case, Case):
        return None
    now = house.clock()
    needs = HandlingNeeds(house.ledger, house.reader, house.cases)
    if not sight_of(viewer, needs, case, house.cases.pinned(case), now).case:
        return None
    names = Names(house.cases, now)
    return Evidence(
        case.id, case.number, names.matter(case.matter), names.state(case.matter, case.state), case.opened_at
    )
