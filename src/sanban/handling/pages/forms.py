"""The steps a viewer may take as small forms, and what they send back as a command.

A form works without JavaScript and carries a command id, so that sending it twice acts once. A note becomes a secret
in the vault under the case's own key, or the requester's whose request the step is about; the event gets its ref alone,
made from the command id and thus the same when the form is sent again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID, uuid5

import msgspec

from sanban.handling.aggregate import stream_of
from sanban.handling.joining import parts_of, verb_of
from sanban.handling.needs import Needs
from sanban.handling.pages.fields import Asking, FormField, fields_of
from sanban.handling.pages.planning import ring_in, rows_of, tasks_of
from sanban.handling.rewording import fault_of
from sanban.handling.views.lines import Opened
from sanban.handling.views.naming import Names
from sanban.kernel.case.state import Case
from sanban.kernel.clock.calendar import Calendar, day_of_iso
from sanban.kernel.duty.place import Place
from sanban.kernel.errors import Refused, SanbanError
from sanban.kernel.mechanism import Step, Title
from sanban.kernel.permission import Actor
from sanban.kernel.reply import unfilled
from sanban.kernel.view import Values, first
from sanban.ledger.port import Secret, Submission
from sanban.ledger.reading.texts import owner_of_text

NOTES = UUID("8d2f6a14-4f0e-5b6b-9a55-0c6c1f0b7d35")
LONGEST_NOTE = 4000

SELDOM = frozenset({"note", "locate", "split", "reclassify", "migrate", "supervise", "waive", "plan", "pass_down",
    "shelve", "lengthen_promise", "attach", "reword", "unmask", "message", "relay",
    "name_subject", "clear_subject"})  # fmt: skip
"""Verbs that stand below the others: rarely the next thing to do."""

Args = dict[str, Any]


class StepForm(msgspec.Struct, frozen=True):
    """One step as a form. `at_once`: one press is enough; `primary`: what the case waits for; `fault`: of a try.

    `begun`: its note begins with a template answer.
    """

    name: str
    title: Title
    path: str
    fields: tuple[FormField, ...]
    at_once: bool
    primary: bool
    seldom: bool
    fault: Refused | None = None
    begun: bool = False


def begun_with(form: StepForm, text: str) -> StepForm:
    """The form with its note begun, for a person to finish and send."""
    fields = tuple(
        msgspec.structs.replace(field, values=(text,)) if field.name == "note" else field for field in form.fields
    )
    return msgspec.structs.replace(form, fields=fields, begun=True)


def forms_of(
    needs: Needs, opened: Opened, viewer: Actor, now: int, tried: tuple[str, Values, Refused] | None = None
) -> tuple[StepForm, ...]:
    """The forms of every step offered, what the case waits for first, else in file order.

    `tried`: a step that was refused, with what was typed.
    """
    names = Names(needs.cases, now)
    found: list[StepForm] = []
    for step in opened.steps:
        fields = fields_of(Asking(needs, opened, viewer, now, step, names))
        if fields is not None:
            is_first = _moves_on(step) and not any(form.primary for form in found)
            found.append(_form(opened.case, step, fields, primary=is_first))
    found.sort(key=lambda form: not form.primary)
    if tried is not None:
        found = [_kept(form, *tried[1:]) if form.name == tried[0] else form for form in found]
    return tuple(found)


def _moves_on(step: Step) -> bool:
    """Whether a case can wait for this step: it leads on, and not back; a call-back is what closing waits for."""
    return (bool(step.to) and step.verb != "rework" and step.verb not in SELDOM) or step.verb == "call_back"


def args_of(form: StepForm, sent: Values, needs: Needs, case: Case, now: int) -> Args | Refused:
    """The arguments that a sent form gives; what was left empty is left out."""
    args: Args = {}
    for field in form.fields:
        if field.kind == "area" or not _is_given(field, sent):
            continue
        try:
            args[field.name] = _read(field, sent, needs.cases.calendar)
        except (ValueError, SanbanError):
            return Refused("bad_arguments", f"{field.name} cannot be read", "2026-12-31")
    completed = _COMPLETED.get(form.name) or _COMPLETED.get(verb_of(needs.cases.pinned(case), form.name))
    return completed(args, needs, case, now) if completed else args


def submission(
    needs: Needs, viewer: Actor, case: Case, step: str, args: Mapping[str, Any], note: str, command_id: str
) -> Submission:
    """The command; the note stands beside it as a secret, and as a ref in its arguments.

    A step that brings a request in or takes one out has the request's own part beside it: both, or neither.
    """
    given, secrets = dict(args), tuple[Secret, ...]()
    if note:
        ref = note_ref(command_id, step)
        given["note"] = ref
        secrets = (Secret(ref, owner_of_note(needs, case, args), "text", note),)
    parts = parts_of(stream_of(case.id), needs.cases.pinned(case), step, given)
    return Submission(command_id, viewer, parts, secrets=secrets)


def note_ref(command_id: str, step: str) -> str:
    """The ref of a step's note: the same when the form is sent again."""
    return f"v:{uuid5(NOTES, f'{command_id} {step}').hex}"


def owner_of_note(needs: Needs, case: Case, args: Mapping[str, Any]) -> str:
    """The key that a note stands under: of the requester whose request the step names, else of the case."""
    named = args.get("request")
    request = case.request(named) if isinstance(named, str) else None
    own = stream_of(case.id)
    return owner_of_text(needs.reader, *((request.requester, own) if request is not None else (own,)))


def note_fault(needs: Needs, opened: Opened, step: str, note: str) -> Refused | None:
    """None when the note is whole, and may be read by those whom the step gives it to."""
    return length_fault(note) or fault_of(needs, opened.case, verb_of(opened.mechanism, step), note)


def length_fault(note: str) -> Refused | None:
    """None when the note is not too long and nothing of a template is left to be written in it."""
    if len(note) > LONGEST_NOTE:
        return Refused("note_too_long", f"a note has at most {LONGEST_NOTE} characters", "a few sentences")
    return unfilled(note)


def _form(case: Case, step: Step, fields: tuple[FormField, ...], *, primary: bool) -> StepForm:
    return StepForm(
        name=step.name,
        title=step.title,
        path=f"/cases/{case.id}/steps/{step.name}",
        fields=fields,
        at_once=not any(field.required and not _preset(field) for field in fields) and not _asks_first(fields),
        primary=primary,
        seldom=step.verb in SELDOM,
    )


def _is_given(field: FormField, sent: Values) -> bool:
    if field.kind == "rows":
        return bool(tasks_of(sent))
    return bool(first(sent, field.name, "".join(field.values[:1] if _preset(field) else ())))


def _preset(field: FormField) -> bool:
    return field.kind == "preset"


def _asks_first(fields: Iterable[FormField]) -> bool:
    """Whether something optional is nevertheless worth asking before the step is taken."""
    return any(field.kind in ("multi", "number", "list", "text") for field in fields)


def _kept(form: StepForm, sent: Values, fault: Refused) -> StepForm:
    """The form again, with what was typed and why it was refused."""
    fields = tuple(_typed(field, sent, fault) for field in form.fields)
    return msgspec.structs.replace(form, fields=fields, fault=fault)


def _typed(field: FormField, sent: Values, fault: Refused) -> FormField:
    if field.kind == "rows":
        ring = ring_in(sent) if fault.reason == "plan_cycle" else ()
        return msgspec.structs.replace(field, rows=rows_of(sent), ring=ring)
    if field.name not in sent or _preset(field):
        return field
    return msgspec.structs.replace(field, values=sent[field.name])


def _read(field: FormField, sent: Values, calendar: Calendar) -> Any:
    given = first(sent, field.name, field.values[0] if _preset(field) else "")
    match field.kind:
        case "yes_no":
            return given == "yes"
        case "number":
            return int(given)
        case "date":
            return calendar.start_of(day_of_iso(given) + 1)
        case "rows":
            return tasks_of(sent)
        case "multi":
            return [value for value in sent[field.name] if value]
    return given


def _located(args: Args, needs: Needs, case: Case, now: int) -> Args:
    """The grid's street, and the exact place as it was."""
    grid = args.get("grid", "")
    street = needs.cases.duty(None).grids.street_of(Place(grid or None, None), now)
    return {**args, "street": street or case.street, "place": case.place}


_COMPLETED = {"locate": _located}
