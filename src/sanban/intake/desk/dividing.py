"""A message that speaks of several matters: in one action each matter becomes a request of its own, with its own case.

    parts_of    which matter has which words, in the order in which they are spoken of
    pieces_of   the text as the desk may divide it by hand, where nothing is proposed or what is proposed is wrong
    divide      the first stays with the request; of each further one a request of the same person is made

All of it is one command. A part has the age and the channel of the message and the person's contact, but words, case,
lead, clocks and reply of its own. A part whose matter wants its form filled in waits at the desk, and so does the
request; where the message names whom it may be about, or is behind a case, all of them wait for the desk.
The receipt stays one: whoever follows it is shown every part.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from uuid import UUID, uuid5

import msgspec

from sanban.intake.aggregate import stream_of
from sanban.intake.desk.about import named_by
from sanban.intake.desk.deciding import command_of, owner_of
from sanban.intake.event import Block, Candidate
from sanban.intake.ports import Needs, Wish
from sanban.intake.request import Request
from sanban.intake.triage import WHOLE
from sanban.intake.triage.blocks import pieces
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.kernel.view import DAMAGED
from sanban.ledger.port import Part, Secret, Submission, was_taken

BY_HAND = "desk"
"""Stands where a model's version does, of what the desk itself divided."""
PARTS = UUID("3c0f6d7e-8a51-5b7d-9a44-7d2c1b9e6f05")
UNKNOWN_MATTER = Refused("unknown_matter", "choose a matter that is in force", "noise")
OUTSIDE = Refused(
    "outside_the_text", "a piece lies outside what was said", '{"start": 0, "end": 12, "matter": "noise"}'
)
ONE_MATTER = Refused("one_matter", "this request speaks of one matter", "open its case")
_CARRIED = (
    "requester",
    "desk",
    "channel",
    "received_at",
    "name",
    "phone",
    "address",
    "point",
    "grid",
    "street",
    "proxy",
    "disputes",
)


class Spoken(msgspec.Struct, frozen=True):
    """One matter of a message: how sure, and where in the text it is spoken of."""

    matter: str
    confidence: int
    blocks: tuple[Block, ...]

    def words(self, text: str) -> str:
        """What was said of it, a line for each block."""
        return "\n".join(text[one.start : one.end].strip() for one in self.blocks)


class Piece(msgspec.Struct, frozen=True):
    """A piece of a text, by offsets, and the matter that is suggested for it, '' where none is."""

    start: int
    end: int
    text: str
    matter: str = ""


def pieces_of(request: Request, text: str) -> tuple[Piece, ...]:
    """What the desk may say the matter of, piece by piece; none where the text has no two."""
    found = [
        Piece(
            start,
            end,
            text[start:end].strip(),
            next((b.matter for b in request.blocks if b.start <= start < b.end), ""),
        )
        for start, end in pieces(text)
    ]
    return tuple(found) if len(found) > 1 else ()


def by_hand(found: Sequence[Piece], matters: Sequence[str]) -> tuple[Block, ...]:
    """The blocks of pieces whose matters the desk said; what has none stays with the whole message."""
    said = zip(found, matters, strict=True)
    return tuple(Block(piece.start, piece.end, matter, WHOLE) for piece, matter in said if matter)


def parts_of(blocks: Sequence[Block]) -> tuple[Spoken, ...]:
    """The matters of a message, each once."""
    found: dict[str, list[Block]] = {}
    for block in blocks:
        found.setdefault(block.matter, []).append(block)
    return tuple(Spoken(matter, max(one.confidence for one in of), tuple(of)) for matter, of in found.items())


def divide(
    needs: Needs, viewer: Actor, command_id: str, request: Request, now: int, blocks: Sequence[Block] = ()
) -> Refused | None:
    """Makes a request of each further matter and opens the cases of all that need no form.

    `blocks`: the pieces as the desk assigned them; none: as triage suggested. The same again changes nothing.
    """
    first, *others = parts_of(blocks or request.blocks) or (None,)
    ids, own_id = tuple(_id_of(request, spoken) for spoken in others), command_of(command_id, "divide")
    same = ids == request.parts and tuple(blocks or request.blocks) == request.blocks
    if same and was_taken(needs.reader, stream_of(request.id), own_id, viewer):
        return None
    text = text_of(needs, request)
    if first is None or not others or request.parts or not text:
        return ONE_MATTER
    if refused := _unfit(blocks, text, {one.matter for one in needs.matters(now)}):
        return refused
    asks = named_by(needs.duty, needs.reader, request, now)
    plain = (one for one in needs.matters(now) if not any(field.required for field in one.form.values()))
    ready = set() if asks or request.behind else {one.matter for one in plain}
    parts: list[Part] = []
    secrets: list[Secret] = []
    for spoken in others:
        part = _part_of(request, spoken, BY_HAND if blocks else request.model)
        parts += _received(part, spoken)
        parts += _opened(needs, part, spoken.matter, command_id) if spoken.matter in ready else ()
        secrets.append(Secret(part.received.text, owner_of(needs, request), "text", spoken.words(text)))
    parts.append(Part(stream_of(request.id), "divide", {"parts": ids, "blocks": msgspec.to_builtins(blocks)}))
    parts += _opened(needs, request, first.matter, command_id) if first.matter in ready else ()
    submission = Submission(own_id, viewer, tuple(parts), secrets=tuple(secrets))
    return needs.ledger.submit(submission).refused


def text_of(needs: Needs, request: Request) -> str:
    """What was said; '' where it was erased or cannot be read."""
    text = needs.reader.open_secrets([request.received.text]).get(request.received.text, "")
    return "" if text == DAMAGED else text


def _unfit(blocks: Sequence[Block], text: str, in_force: Set[str]) -> Refused | None:
    if any(block.matter not in in_force for block in blocks):
        return UNKNOWN_MATTER
    if any(block.end > len(text) or not text[block.start : block.end].strip() for block in blocks):
        return OUTSIDE
    return None


def _id_of(request: Request, spoken: Spoken) -> str:
    return str(uuid5(PARTS, f"{request.id} {spoken.matter}"))


def _part_of(request: Request, spoken: Spoken, model: str) -> Request:
    """The part as it will stand once it is received."""
    own = _id_of(request, spoken)
    received = msgspec.structs.replace(
        request.received,
        id=own,
        text=f"v:{uuid5(PARTS, f'text {own}').hex}",
        title="",
        origin=stream_of(request.id),
    )
    return Request(received, candidates=(Candidate(spoken.matter, spoken.confidence),), model=model)


def _received(part: Request, spoken: Spoken) -> Sequence[Part]:
    received, stream = part.received, stream_of(part.id)
    carried = {name: value for name in _CARRIED if (value := getattr(received, name))}
    said = {"matter": spoken.matter, "confidence": spoken.confidence}
    return (
        Part(stream, "receive", carried | {"text": received.text, "origin": received.origin}),
        Part(stream, "suggest", {"model": part.model, "candidates": [said]}),
    )


def _opened(needs: Needs, part: Request, matter: str, command_id: str) -> Sequence[Part]:
    return needs.opens.submission(part, Wish(f"{command_id} {matter}", matter)).parts
