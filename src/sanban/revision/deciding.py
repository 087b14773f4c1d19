"""A person decides on a proposal: approved, its file is written for a day to come; or refused on a ground."""

from __future__ import annotations

import hashlib

from sanban.kernel.errors import Refused, SanbanError
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part, Submission
from sanban.revision.aggregate import Revision, stream_of
from sanban.revision.ports import Approval, Needs


def approve(
    needs: Needs, viewer: Actor, now: int, command_id: str, revision: Revision, approval: Approval
) -> Refused | None:
    """Approve, and write the file. What could not be written is not approved; approved again, it is written."""
    open_ = revision.state in ("proposed", "approved")
    refused = _not_to_be_written(needs, now, revision, approval) if open_ else None
    if refused is None:
        refused = _taken(needs, viewer, command_id, revision, "approve", _said(approval))
    return refused or needs.enact(revision.id, approval)


def _said(approval: Approval) -> dict[str, object]:
    named = f"{approval.authority}\n{approval.document}".encode()
    return {"day": approval.day, "adopted": hashlib.sha256(named).hexdigest()}


def _not_to_be_written(needs: Needs, now: int, revision: Revision, approval: Approval) -> Refused | None:
    try:
        if needs.begins(approval.day) <= now:
            message = "a rule comes into force on a day to come: no case is judged by it before"
            return Refused("not_ahead", message, "day: 2027-01-01")
        needs.check(revision, approval)
    except SanbanError as error:
        return Refused("cannot_be_written", error.message, error.example)
    return None


def refuse(needs: Needs, viewer: Actor, command_id: str, revision: Revision, ground: str) -> Refused | None:
    """Refuse on a ground; the same change is not proposed again."""
    return _taken(needs, viewer, command_id, revision, "refuse", {"ground": ground})


def _taken(
    needs: Needs, viewer: Actor, command_id: str, revision: Revision, step: str, args: dict[str, object]
) -> Refused | None:
    part = Part(stream_of(revision.id), step, args)
    return needs.ledger.submit(Submission(command_id, viewer, (part,))).refused
