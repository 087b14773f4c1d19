"""One case: what it is, its timeline, its clocks, its mechanism's diagram, and the steps this viewer may take.

A step that is refused shows the page again with what was typed and why (422). Whoever may not see the case gets the
same answer as for one that is not there.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal

import msgspec
from markupsafe import Markup

from sanban.handling.needs import Needs
from sanban.handling.pages.forms import StepForm, args_of, begun_with, forms_of, note_fault, submission
from sanban.handling.pages.lists import LIST_ROLES
from sanban.handling.relaying import note_of
from sanban.handling.views.case import case_page, explained_clock
from sanban.handling.views.lines import CaseView, ExplainedClock, Opened
from sanban.handling.views.lists import queues_of
from sanban.kernel.clock.calendar import MINUTE, Calendar, day_of_iso
from sanban.kernel.errors import Refused, SanbanError
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Role
from sanban.kernel.reply import started
from sanban.kernel.view import (
    Download,
    Missing,
    PageAnswer,
    PageRequest,
    PageRoute,
    Redirected,
    Shown,
    Values,
    phrase,
)

CASE_ROLES: frozenset[Role] = LIST_ROLES | {"property_manager"}

NOTICE_ROLES: frozenset[Role] = frozenset({"operator", "dispatcher", "coordinator", "leader", "auditor"})

TELLING = frozenset({"finish", "close"})
"""Verbs whose note is told to the requester."""

NO_CASE = Missing(phrase("Case"), "2026-000001")
NO_CLOCK = Missing(phrase("Clock"), "resolve.t1.3")
NO_DIAGRAM = Missing(phrase("Diagram"))
DONE = phrase("Done. The step stands in the ledger.")
DONE_AND_GONE = phrase("Done. The case is no longer with you.")


AtFault = Literal["", "unread", "unknown"]
"""Why a case is not shown as of an instant: it cannot be read as one, or nothing was known of the case then."""


class CaseContext(msgspec.Struct, frozen=True):
    """`handling/case.html`: the case and the forms of the steps offered, those seldom taken apart.

    `has_queue`: whether the viewer works from one; `answers`: templates to begin an answer with;
    `at`: the instant asked for, as typed; `at_fault`: why it is not shown as of then.
    """

    case: CaseView
    forms: tuple[StepForm, ...]
    seldom: tuple[StepForm, ...]
    has_diagram: bool
    has_queue: bool
    has_files: bool = False
    has_notices: bool = False
    has_room: bool = False
    answers: dict[str, str] = {}
    at: str = ""
    at_fault: AtFault = ""


class ClockContext(msgspec.Struct, frozen=True):
    """`handling/clock.html`: one clock, explained line by line."""

    clock: ExplainedClock


class DiagramContext(msgspec.Struct, frozen=True):
    """`handling/diagram.html`: the mechanism of a case, as large as it is drawn or as wide as the page (`whole`)."""

    case: CaseView
    mechanism: Title
    svg: str
    whole: bool


def routes(needs: Needs) -> tuple[PageRoute, ...]:
    """The case, its clock, its diagram, and the target of its steps."""

    def get(path: str, name: str, handler: Callable[[Needs, PageRequest], PageAnswer]) -> PageRoute:
        return PageRoute("GET", path, name, partial(handler, needs), roles=CASE_ROLES)

    return (
        get("/cases/{case_id}", "handling.case", _case),
        get("/cases/{case_id}/clocks/{clock_id}", "handling.clock", _clock),
        get("/cases/{case_id}/diagram", "handling.diagram", _diagram),
        PageRoute(
            "POST", "/cases/{case_id}/steps/{step}", "handling.step", partial(_take_step, needs), roles=CASE_ROLES
        ),
    )


def _case(needs: Needs, asked: PageRequest) -> PageAnswer:
    typed = asked.asked("at")
    at = _instant(needs.cases.calendar, typed)
    fault: AtFault = "unread" if typed and at is None else ""
    opened = case_page(asked.viewer, needs, asked.path["case_id"], now=asked.now, at=at)
    if opened is None and at is not None:
        at, fault = None, "unknown"
        opened = case_page(asked.viewer, needs, asked.path["case_id"], now=asked.now)
    if opened is None:
        return NO_CASE
    return _shown(needs, asked, opened, at=typed if at is not None else "", at_fault=fault)


def _clock(needs: Needs, asked: PageRequest) -> PageAnswer:
    found = explained_clock(asked.viewer, needs, asked.path["case_id"], asked.path["clock_id"], now=asked.now)
    return NO_CLOCK if found is None else Shown("handling/clock.html", ClockContext(found))


def _diagram(needs: Needs, asked: PageRequest) -> PageAnswer:
    """The page of the whole mechanism, scrolled to where the case stands; `part=near`: the case page's picture."""
    opened = case_page(asked.viewer, needs, asked.path["case_id"], now=asked.now)
    if opened is None:
        return NO_CASE
    if needs.diagrams is None:
        return NO_DIAGRAM
    if asked.asked("part") == "near":
        svg = needs.diagrams.svg(opened.mechanism, opened.case.state, asked.language, near=True)
        return Download(svg.encode(), f"{opened.mechanism.matter}.svg", "image/svg+xml", inline=True)
    drawn = needs.diagrams.svg(opened.mechanism, opened.case.state, asked.language)
    whole = asked.asked("size") == "whole"
    svg = Markup(drawn)  # noqa: S704 - Graphviz escapes the texts that it draws
    return Shown("handling/diagram.html", DiagramContext(opened.view, opened.mechanism.title, svg, whole))


def _take_step(needs: Needs, asked: PageRequest) -> PageAnswer:
    opened = case_page(asked.viewer, needs, asked.path["case_id"], now=asked.now)
    if opened is None:
        return NO_CASE
    step, note = asked.path["step"], asked.given("note")
    form = next((one for one in forms_of(needs, opened, asked.viewer, asked.now) if one.name == step), None)
    args = args_of(form, asked.form, needs, opened.case, asked.now) if form else {}
    refused = args if isinstance(args, Refused) else note_fault(needs, opened, step, note)
    if refused is None and not isinstance(args, Refused):
        note = note_of(needs, opened, step, args, note)
        answer = needs.ledger.submit(submission(needs, asked.viewer, opened.case, step, args, note, asked.command_id))
        refused = answer.refused
    if refused is not None:
        return _shown(needs, asked, opened, tried=(step, asked.form, refused))
    after = case_page(asked.viewer, needs, opened.case.id, now=asked.now)
    return Redirected("/queue", DONE_AND_GONE) if after is None else Redirected(f"/cases/{opened.case.id}", DONE)


def _shown(
    needs: Needs,
    asked: PageRequest,
    opened: Opened,
    *,
    at: str = "",
    at_fault: AtFault = "",
    tried: tuple[str, Values, Refused] | None = None,
) -> PageAnswer:
    """The page; a step that was refused and has no form any more is told by the refusal alone."""
    forms = forms_of(needs, opened, asked.viewer, asked.now, tried)
    answers = {
        code: title.zh if asked.language == "zh" else title.en for code, title in _answers(needs, opened).items()
    }
    begun = answers.get(asked.asked("answer"), "")
    if begun:
        forms = tuple(begun_with(one, begun) if _tells(opened, one) else one for one in forms)
    if tried is not None and not any(form.name == tried[0] for form in forms):
        return tried[2]
    context = CaseContext(
        case=opened.view,
        forms=tuple(form for form in forms if not form.seldom),
        seldom=tuple(form for form in forms if form.seldom),
        has_diagram=needs.diagrams is not None,
        has_queue=bool(queues_of(asked.viewer, needs.cases)),
        has_files=needs.has_files,
        has_notices=needs.has_notices and asked.viewer.role in NOTICE_ROLES,
        has_room=needs.has_room and bool(opened.case.whistles or opened.case.offers) and not opened.view.sight.own,
        answers=answers if any(_tells(opened, one) for one in forms) else {},
        at=at,
        at_fault=at_fault,
    )
    return Shown("handling/case.html", context, 422 if tried else 400 if at_fault == "unread" else 200)


def _answers(needs: Needs, opened: Opened) -> dict[str, Title]:
    """The template answers of the case's mechanism, with what the case knows filled in."""
    view = opened.view
    zh = {"number": view.number, "matter": view.matter.zh, "unit": view.lead.zh}
    en = {"number": view.number, "matter": view.matter.en, "unit": view.lead.en}
    found = needs.answers(opened.case.mechanism)
    return {code: Title(started(title.zh, zh), started(title.en, en)) for code, title in found.items()}


def _tells(opened: Opened, form: StepForm) -> bool:
    """Whether the form's note is what the requester is told."""
    return opened.mechanism.steps[form.name].verb in TELLING and any(field.name == "note" for field in form.fields)


def _instant(calendar: Calendar, text: str) -> int | None:
    """An instant from microseconds or local time as `2026-11-22T10:30`; None for neither, or outside the calendar."""
    if text.isdecimal() and len(text) <= 18:
        return int(text)
    day, _, time = text.replace(" ", "T").partition("T")
    hours, _, minutes = time.partition(":")
    if not (hours.isdecimal() and minutes[:2].isdecimal()):
        return None
    try:
        return calendar.start_of(day_of_iso(day)) + (int(hours) * 60 + int(minutes[:2]) + 1) * MINUTE - 1
    except (ValueError, SanbanError):
        return None
