"""The events of the attachments of one request, case or meeting, in the stream `attachment:<owner>`.

What a file shows and what it was called stand in the vault, under the key of the person whose request it belongs to;
they go when the person is erased. `at` is the instant of recording, microseconds UTC.
"""

from __future__ import annotations

import msgspec

from sanban.kernel.case.words import Code, Id, TextRef


class AttachmentEvent(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """What all have; `by`: the account, `unit`: of the unit."""

    v: int = 1
    at: int
    by: Code
    unit: Code = ""


class AttachmentAdded(AttachmentEvent, frozen=True, tag="attachment.added"):
    """A file was added. `parts`: refs of its pieces in order; `name`: ref of what it was called; `size` in bytes."""

    id: Id
    person: Id
    media: Code
    size: int
    parts: tuple[TextRef, ...]
    name: TextRef = ""


class AttachmentRemoved(AttachmentEvent, frozen=True, tag="attachment.removed"):
    """It is shown to nobody any more; its pieces go when the person is erased."""

    id: Id


Event = AttachmentAdded | AttachmentRemoved
