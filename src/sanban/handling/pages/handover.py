"""The handover of a shift: what is open, urgent and promised, who is on duty, and the two signatures."""

from __future__ import annotations

from functools import partial

import msgspec

from sanban.handling.handover.leaving import Leaving, leaving
from sanban.handling.handover.shift import SHIFT_ROLES, stream_of
from sanban.handling.needs import Needs
from sanban.handling.pages.forms import LONGEST_NOTE, length_fault, note_ref
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.kernel.view import PageAnswer, PageRequest, PageRoute, Redirected, Shown, phrase
from sanban.ledger.port import Answer, Part, Secret, Submission

PATH = "/handover"
HANDED = phrase("Handed over. You stay answerable until another officer takes over.")
TAKEN = phrase("Taken over. You are answerable from now on.")


class Handing(msgspec.Struct, frozen=True):
    """What a viewer is shown. `note`: of the last handover, '' where it is not shown.

    `takes`, `hands`: which signature may be theirs now.
    """

    leaving: Leaving
    note: str
    takes: bool
    hands: bool


class HandoverContext(Handing, frozen=True):
    """`handling/handover.html`."""

    longest: int = LONGEST_NOTE
    typed: str = ""
    fault: Refused | None = None


def routes(needs: Needs) -> tuple[PageRoute, ...]:
    """The page and its two signatures."""
    return (
        PageRoute(
            "GET",
            PATH,
            "handling.handover",
            partial(_handover, needs),
            roles=SHIFT_ROLES,
            menu=phrase("Shift handover"),
            icon="transfer",
            order=28,
        ),
        PageRoute("POST", f"{PATH}/give", "handling.hand_over", partial(_give, needs), roles=SHIFT_ROLES),
        PageRoute("POST", f"{PATH}/take", "handling.take_over", partial(_take, needs), roles=SHIFT_ROLES),
    )


def _handover(needs: Needs, asked: PageRequest) -> PageAnswer:
    return _shown(needs, asked)


def _shown(needs: Needs, asked: PageRequest, fault: Refused | None = None) -> PageAnswer:
    shown = handing(needs, asked.viewer, asked.now)
    if isinstance(shown, Refused):
        return shown
    typed = asked.given("note") if fault else ""
    context = HandoverContext(shown.leaving, shown.note, shown.takes, shown.hands, typed=typed, fault=fault)
    return Shown("handling/handover.html", context, 422 if fault else 200)


def _give(needs: Needs, asked: PageRequest) -> PageAnswer:
    answer = hand_over(needs, asked.viewer, asked.command_id, asked.given("note"), asked.now)
    return _signed(needs, asked, answer, HANDED)


def _take(needs: Needs, asked: PageRequest) -> PageAnswer:
    return _signed(needs, asked, take_over(needs, asked.viewer, asked.command_id), TAKEN)


def _signed(needs: Needs, asked: PageRequest, answer: Answer | Refused, notice: str) -> PageAnswer:
    refused = answer if isinstance(answer, Refused) else answer.refused
    return Redirected(PATH, notice) if refused is None else _shown(needs, asked, refused)


def handing(needs: Needs, viewer: Actor, now: int) -> Handing | Refused:
    """What the viewer's unit leaves, with the note of the last handover and who may sign."""
    left = leaving(viewer, needs, now)
    if isinstance(left, Refused):
        return left
    last = left.last
    note = needs.reader.open_secrets([left.note]).get(left.note, "") if left.note else ""
    waits = last is not None and not last.taken_by
    takes = waits and last is not None and last.last.actor != viewer.id
    return Handing(left, note, takes, not waits)


def hand_over(needs: Needs, viewer: Actor, command_id: str, note: str, now: int) -> Answer | Refused:
    """The one signature. What is left is counted here, at this instant; nothing of it is the sender's to say."""
    left = leaving(viewer, needs, now)
    if isinstance(left, Refused):
        return left
    fault = length_fault(note)
    if fault is not None:
        return fault
    urgent = [row.case_id for row in left.urgent]
    args: dict[str, object] = {
        "open": left.counts.total,
        "urgent": len(urgent),
        "promised": len(left.promised),
        "cases": list(dict.fromkeys((*urgent, *left.promised, *left.again)))[:200],
    }
    secrets: tuple[Secret, ...] = ()
    stream = stream_of(viewer.unit)
    if note:
        args["note"] = note_ref(command_id, "hand_over")
        secrets = (Secret(str(args["note"]), stream, "text", note),)
    return needs.ledger.submit(Submission(command_id, viewer, (Part(stream, "hand_over", args),), secrets=secrets))


def take_over(needs: Needs, viewer: Actor, command_id: str) -> Answer:
    """The other signature."""
    return needs.ledger.submit(Submission(command_id, viewer, (Part(stream_of(viewer.unit), "take_over"),)))
