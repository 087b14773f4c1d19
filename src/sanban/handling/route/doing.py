"""What a worker does at a stop: a step with its photos, at the time that they did it, signed for first where need be.

A phone that was offline sends what it kept, each under its own key, and may never have heard an answer. So a step that
was taken gives its answer again, though the case may have left the worker with it; what is refused is refused as on any
page. Signing for the order is a command of its own under a key made from the first, so that it, too, is taken once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any
from uuid import UUID, uuid5

import msgspec

from sanban.handling.aggregate import stream_of
from sanban.handling.joining import parts_of, verb_of
from sanban.handling.pages.forms import StepForm, args_of, forms_of, note_fault, submission
from sanban.handling.route.ports import RouteNeeds
from sanban.handling.views.case import case_page
from sanban.handling.views.lines import Opened
from sanban.kernel.case.engine import decide, offers
from sanban.kernel.case.fold import fold
from sanban.kernel.case.situation import Command
from sanban.kernel.case.state import Case
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.kernel.view import Missing, Upload, phrase
from sanban.ledger.port import Answer, Submission, submit_as_before

SIGNING = UUID("5e0a7c34-91d2-5b8e-8f4f-3d6b2a7c9e15")
MOST_PHOTOS = 5
ON_SITE = ("finish", "finish_task", "contact", "note")
"""Verbs of what is done at a stop; everything else is for the page of the case."""

NOT_ON_SITE = Refused("not_on_site", "a stop takes what is done there; the page of the case takes the rest", "finish")
NO_CASE = Missing(phrase("Case"), "GET /api/v1/cases gives the ids")


class Done(msgspec.Struct, frozen=True):
    """What was done: a step with its arguments, what is said and shown of it, and when, microseconds UTC; 0 = now."""

    step: str
    args: Mapping[str, Any]
    note: str
    photos: Sequence[Upload]
    at: int = 0


class Signing(msgspec.Struct, frozen=True):
    """How the order is signed for, and the case as it stands then."""

    step: str
    args: Mapping[str, Any]
    opened: Opened


def signing_of(needs: RouteNeeds, opened: Opened, viewer: Actor, now: int) -> Signing | None:
    """None where the viewer has nothing to sign for."""
    forms = forms_of(needs.needs, opened, viewer, now)
    form = next((one for one in forms if verb_of(opened.mechanism, one.name) == "accept"), None)
    args = args_of(form, {}, needs.needs, opened.case, now) if form else None
    if form is None or args is None or isinstance(args, Refused):
        return None
    situation = needs.needs.situation(opened.case, viewer, now)
    made = decide(opened.case, Command(form.name, args), situation)
    if isinstance(made, Refused):
        return None
    signed = reduce(fold, made, opened.case)
    steps = offers(signed, viewer, situation)
    return Signing(form.name, args, msgspec.structs.replace(opened, case=signed, steps=steps))


def forms_at(needs: RouteNeeds, opened: Opened, viewer: Actor, now: int) -> tuple[StepForm, ...]:
    """The forms of what may be done at the stop, now or once the order is signed for; done comes first."""
    signing = signing_of(needs, opened, viewer, now)
    ready = opened if signing is None else signing.opened
    verbs = {one.name: one.verb for one in ready.steps}
    forms = [form for form in forms_of(needs.needs, ready, viewer, now) if verbs[form.name] in ON_SITE]
    asked = [_with_words(form) if verbs[form.name] == "note" else form for form in forms]
    return tuple(sorted(asked, key=lambda form: ON_SITE.index(verbs[form.name])))


def _with_words(form: StepForm) -> StepForm:
    """A note says something."""
    fields = tuple(msgspec.structs.replace(field, required=field.name == "note") for field in form.fields)
    return msgspec.structs.replace(form, fields=fields)


def do(
    needs: RouteNeeds, viewer: Actor, command_id: str, case_id: str, done: Done, now: int
) -> Answer | Missing | Refused:
    """Takes the step; the same command again gives the same answer."""
    case = needs.needs.reader.state(stream_of(case_id))
    if not isinstance(case, Case):
        return NO_CASE
    opened = case_page(viewer, needs.needs, case_id, now=now)
    if verb_of(needs.needs.cases.pinned(case), done.step) not in ON_SITE:
        return NO_CASE if opened is None else NOT_ON_SITE
    fault = None if opened is None else note_fault(needs.needs, opened, done.step, done.note)
    if fault is not None:
        return fault
    made = _submission(needs, viewer, command_id, case, done)
    if isinstance(made, Refused):
        return NO_CASE if opened is None else made
    readings = [msgspec.structs.replace(made, occurred_at=at) for at in needs.rules.tellings(done.at, now)]
    if opened is not None:
        _sign(needs, viewer, command_id, opened, readings[0], now)
    answer = submit_as_before(needs.needs.ledger, readings)
    if answer.refused is None:
        return answer
    return NO_CASE if opened is None else answer.refused


def is_done(needs: RouteNeeds, viewer: Actor, command_id: str, case_id: str) -> bool:
    """Whether the viewer's very command was taken before, wherever the case is now."""
    events = needs.needs.reader.events(stream_of(case_id))
    return any(one.command_id == command_id and one.actor == viewer.id for one in events)


def _submission(needs: RouteNeeds, viewer: Actor, command_id: str, case: Case, done: Done) -> Submission | Refused:
    attached = needs.attaches(command_id, case, done.photos)
    if isinstance(attached, Refused):
        return attached
    made = submission(needs.needs, viewer, case, done.step, done.args, done.note, command_id)
    return msgspec.structs.replace(
        made,
        parts=(*made.parts, *attached[0]),
        secrets=(*made.secrets, *attached[1]),
    )


def _sign(needs: RouteNeeds, viewer: Actor, command_id: str, opened: Opened, made: Submission, now: int) -> None:
    """Signs for the order where the step can be taken only then; whether it then is, the ledger says."""
    step = made.parts[0].step
    if any(one.name == step for one in opened.steps):
        return
    signing = signing_of(needs, opened, viewer, now)
    if signing is not None and any(one.name == step for one in signing.opened.steps):
        parts = parts_of(stream_of(opened.case.id), opened.mechanism, signing.step, dict(signing.args))
        signed = Submission(str(uuid5(SIGNING, command_id)), viewer, parts, occurred_at=made.occurred_at)
        needs.needs.ledger.submit(signed)
