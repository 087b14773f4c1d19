"""What attachments are given by the rest of the house: where files are kept, and who may see and add what."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal

import msgspec

from sanban.attachments.keeping import Kept
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Actor
from sanban.ledger.port import Ledger, Reader

OwnerKind = Literal["request", "case", "meeting", "finding"]


class Owner(msgspec.Struct, frozen=True):
    """A request, case, meeting or finding, as the viewer stands to its files.

    `person`: under whose key its files are kept. `sees`: every file; else only those that the viewer added, or, where
    it `helps`, the viewer's unit. `adds`, `removes`: whether the viewer may now. `below`: requests of a case, and
    findings behind them, whose files are shown with it; asked for when they are listed. `page`: where they are shown,
    '' for the page of the owner.
    """

    kind: OwnerKind
    id: str
    number: str
    person: str
    sees: bool = False
    adds: bool = False
    removes: bool = False
    helps: bool = False
    below: Callable[[], Iterable[tuple[OwnerKind, str]]] = tuple
    page: str = ""


FindOwner = Callable[[Actor, OwnerKind, str, int], Owner | None]
"""Viewer, kind, id, now -> the owner; None when there is none or the viewer may not know of it."""


Marks = Callable[[Actor, int, str, bytes], bytes]
"""Viewer, now, media type, content -> a copy with the viewer's mark inside, where its format has a place for one."""


class Needs(msgspec.Struct, frozen=True):
    """Everything the pages and the API of attachments work with; `unit`: a unit's title at an instant."""

    ledger: Ledger
    reader: Reader
    kept: Kept
    owner: FindOwner
    mark: Marks
    unit: Callable[[str, int], Title]
