"""The handover of a shift: what is open, urgent and promised, who is on duty, and the two signatures."""

from __future__ import annotations

from functools import partial

import msgspec

from sanban.handling.handover.leaving import Leaving, leaving
from sanban.handling.handover.shift import SHIFT_ROLES, stream_of
from sanban.handling.needs import Needs
from sanban.handling.pages.forms import LONGEST_NOTE, length_fault, note_ref
from sanban.kernel.errors import Refused
from sanban.kernel.view import PageAnswer, PageRequest, PageRoute, Redirected, Shown, phrase
from sanban.ledger.port import Part, Secret, Submission

PATH = "/handover"
HANDED = phrase("Handed over. You stay answerable until another officer takes over.")
TAKEN = phrase("Taken over. You are answerable from now on.")


class HandoverContext(msgspec.Struct, frozen=True):
    """`handling/handover.html`. `note`: of the last handover, '' where it is not shown.

    `takes`: whether this viewer may take over now.
    """

    leaving: Leaving
    note: str
    takes: bool
    hands: bool
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
    left = leaving(asked.viewer, needs, asked.now)
    if isinstance(left, Refused):
        return left
    last = left.last
    note = needs.reader.open_secrets([left.note]).get(left.note, "") if left.note else ""
    waits = last is not None and not last.taken_by
    takes = waits and last is not None and last.last.actor != asked.viewer.id
    context = HandoverContext(left, note, takes, not waits, typed=asked.given("note") if fault else "", fault=fault)
    return Shown("handling/handover.html", context, 422 if fault else 200)


def _give(needs: Needs, asked: PageRequest) -> PageAnswer:
    """What is left is counted here, at this instant; nothing of it is the browser's to say."""
    left = leaving(asked.viewer, needs, asked.now)
    if isinstance(left, Refused):
        return left
    note = asked.given("note")
    refused = length_fault(note)
    if refused is not None:
        return _shown(needs, asked, refused)
    urgent = [row.case_id for row in left.urgent]
    args: dict[str, object] = {
        "open": left.counts.total,
        "urgent": len(urgent),
        "promised": len(left.promised),
        "cases": list(dict.fromkeys((*urgent, *left.promised, *left.again)))[:200],
    }
    secrets: tuple[Secret, ...] = ()
    stream = stream_of(asked.viewer.unit)
    if note:
        args["note"] = note_ref(asked.command_id, "hand_over")
        secrets = (Secret(str(args["note"]), stream, "text", note),)
    return _sent(
        needs,
        asked,
        Submission(asked.command_id, asked.viewer, (Part(stream, "hand_over", args),), secrets=secrets),
        HANDED,
    )


def _take(needs: Needs, asked: PageRequest) -> PageAnswer:
    part = Part(stream_of(asked.viewer.unit), "take_over")
    return _sent(needs, asked, Submission(asked.command_id, asked.viewer, (part,)), TAKEN)


def _sent(needs: Needs, asked: PageRequest, submission: Submission, notice: str) -> PageAnswer:
    answer = needs.ledger.submit(submission)
    return _shown(needs, asked, answer.refused) if answer.refused is not None else Redirected(PATH, notice)
