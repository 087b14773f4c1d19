"""Adding, listing, opening and removing files, each for one viewer.

A file is looked at first (`sniffing`), a picture is encoded anew (`pictures`), and only then it is cut into secrets
and submitted with its event. Who may not see a file gets the same answer as for one that is not there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from uuid import UUID, uuid5

import msgspec

from sanban.attachments.aggregate import Attachments, stream_of
from sanban.attachments.event import AttachmentAdded
from sanban.attachments.keeping import Kept
from sanban.attachments.pictures import clean_picture
from sanban.attachments.ports import Needs, Owner, OwnerKind
from sanban.attachments.sniffing import PICTURES, sniff
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.kernel.view import Upload
from sanban.ledger.port import Part, Secret, Submission

FILES = UUID("5b7c6e0a-9f6b-5d43-8a4e-1c0b7b0de3a5")
LONGEST_NAME = 80
_UNPRINTED = re.compile(r"[\x00-\x1f\x7f/\\:*?\"<>|]+")

NO_PICTURE = Refused("no_picture", "a photo is a picture", "a JPEG from the phone")
NOT_ALLOWED = Refused("not_permitted", "files are added by those who work on it", "sign in as one of its unit")


class Line(msgspec.Struct, frozen=True):
    """One file in a list. `media` as `image/jpeg`; `size` in bytes; `at` in microseconds UTC."""

    id: str
    owner_kind: OwnerKind
    owner_id: str
    name: str
    media: str
    size: int
    at: int
    by_unit: str
    is_picture: bool


class Opened(msgspec.Struct, frozen=True):
    """A file and what it is."""

    line: Line
    content: bytes


def add(needs: Needs, viewer: Actor, command_id: str, owner: Owner, upload: Upload) -> str | Refused:
    """Adds a file; its id, or why not. The same command gives the same file."""
    if not owner.adds:
        return NOT_ALLOWED
    ready = readied(needs.kept, command_id, (owner.kind, owner.id), owner.person, (upload,))
    if isinstance(ready, Refused):
        return ready
    parts, secrets = ready
    answer = needs.ledger.submit(Submission(command_id, viewer, parts, secrets=secrets))
    return answer.refused or str(parts[0].args["id"])


def readied(
    kept: Kept,
    command_id: str,
    owner: tuple[OwnerKind, str],
    person: str,
    uploads: Sequence[Upload],
    *,
    pictures: bool = False,
) -> tuple[tuple[Part, ...], tuple[Secret, ...]] | Refused:
    """What a command says and keeps to add these files, by itself or with others; the first fault of any of them.

    `pictures`: nothing else is taken.
    """
    parts: list[Part] = []
    secrets: list[Secret] = []
    for number, upload in enumerate(uploads):
        found = sniff(upload.name, upload.content)
        if isinstance(found, Refused):
            return found
        if pictures and not found.is_picture:
            return NO_PICTURE
        content = clean_picture(found.media_type, upload.content) if found.is_picture else upload.content
        if isinstance(content, Refused):
            return content
        again = f" {number}" if number else ""
        attachment_id = str(uuid5(FILES, f"{command_id} {'.'.join(owner)}{again}"))
        name = Secret(f"v:{uuid5(FILES, f'name {attachment_id}').hex}", person, "file_name", plain_name(upload.name))
        pieces = kept.secrets(attachment_id, person, content)
        args = {
            "id": attachment_id,
            "person": person,
            "media": found.media_type.replace("/", "."),
            "size": len(content),
            "parts": [secret.ref for secret in pieces],
            "name": name.ref,
        }
        parts.append(Part(stream_of(*owner), "add", args))
        secrets += (*pieces, name)
    return tuple(parts), tuple(secrets)


def remove(needs: Needs, viewer: Actor, command_id: str, owner: Owner, attachment_id: str) -> Refused | None:
    """Shows a file to nobody any more; None when that is done."""
    if not owner.removes:
        return NOT_ALLOWED
    part = Part(stream_of(owner.kind, owner.id), "remove", {"id": attachment_id})
    return needs.ledger.submit(Submission(command_id, viewer, (part,))).refused


def lines(needs: Needs, viewer: Actor, owner: Owner) -> tuple[Line, ...]:
    """The files of a request, or of a case and its requests, that the viewer may see, oldest first."""
    found = [(kind, id_, one) for kind, id_ in _owners(owner) for one in _shown(needs, viewer, owner, kind, id_)]
    names = needs.reader.open_secrets([one.name for _, _, one in found if one.name])
    listed = [_line(kind, id_, one, names.get(one.name, "")) for kind, id_, one in found]
    return tuple(sorted(listed, key=lambda line: (line.at, line.id)))


def open_file(needs: Needs, viewer: Actor, owner: Owner, attachment_id: str) -> Opened | None:
    """The file; None when there is none, it was removed or erased, or the viewer may not see it."""
    shown = _shown(needs, viewer, owner, owner.kind, owner.id)
    one = next((one for one in shown if one.id == attachment_id), None)
    content = needs.kept.read(one.parts) if one else None
    if one is None or content is None:
        return None
    name = needs.reader.open_secrets([one.name]).get(one.name, "") if one.name else ""
    return Opened(_line(owner.kind, owner.id, one, name), content)


def plain_name(name: str) -> str:
    """A name without folders, control signs and the signs that file systems know; its ending is kept."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    shown = "".join(sign for sign in _UNPRINTED.sub("_", last) if unicodedata.category(sign)[0] != "C").strip(" .")
    stem, dot, ending = shown.rpartition(".")
    return f"{stem[: LONGEST_NAME - 8]}{dot}{ending[:7]}" if dot and stem else shown[:LONGEST_NAME] or "file"


def _owners(owner: Owner) -> Iterator[tuple[OwnerKind, str]]:
    yield owner.kind, owner.id
    yield from owner.below()


def _shown(needs: Needs, viewer: Actor, owner: Owner, kind: OwnerKind, id_: str) -> tuple[AttachmentAdded, ...]:
    have = needs.reader.state(stream_of(kind, id_))
    if not isinstance(have, Attachments):
        return ()
    return tuple(
        one
        for one in have.shown
        if owner.sees or one.by == viewer.id or (owner.helps and one.unit and one.unit == viewer.unit)
    )


def _line(kind: OwnerKind, id_: str, one: AttachmentAdded, name: str) -> Line:
    media = one.media.replace(".", "/")
    return Line(one.id, kind, id_, name, media, one.size, one.at, one.unit, media in PICTURES)
