"""A rating at work: rating, appealing and reviewing, each with its text on the way into the vault."""

from __future__ import annotations

from collections.abc import Mapping

from sanban.joint.rating.ports import Needs
from sanban.joint.rating.sheet import Sheet, stream_of
from sanban.joint.surrounding import OFFICES, sent, state_of, written
from sanban.kernel.errors import Refused
from sanban.kernel.permission import UNIT_ROLES, Actor
from sanban.ledger.port import Part

_KNOWN = "SELECT 1 FROM rating_view WHERE district = :district AND stream = :stream {kept}"


def sheet_of(needs: Needs, viewer: Actor, rating: str) -> Sheet | None:
    """A sheet as far as the viewer may know of it: the street, the unit and the offices do, unless it is about them."""
    kept, selves = needs.kept(viewer, "rating_view")
    if not needs.reader.query(_KNOWN.format(kept=kept), {"stream": stream_of(rating), **selves}):
        return None
    sheet: Sheet | None = state_of(needs, stream_of(rating), Sheet)
    if sheet is None or viewer.role in OFFICES:
        return sheet
    own = viewer.role in UNIT_ROLES and viewer.unit in (sheet.opened.street, sheet.opened.unit)
    return sheet if own else None


def take(
    needs: Needs, viewer: Actor, command_id: str, rating: str, step: str, text: str, args: Mapping[str, object]
) -> Refused | None:
    """Takes a step with what is said to it; why not, if not."""
    stream = stream_of(rating)
    said = written(needs, stream, command_id, text)
    if isinstance(said, Refused):
        return said
    name = "reason" if step == "review" else "note"
    return sent(needs, viewer, command_id, Part(stream, step, {**args, name: said.ref}), said.secrets)
