"""What the auditor's pages and API of looks work with, and what other slices lend them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from sanban.kernel.mechanism import Title
from sanban.ledger.port import Reader
from sanban.looks.recording import Records


class Shown(msgspec.Struct, frozen=True):
    """A requester's name and number, shown to an account on a ground. Instants in microseconds UTC."""

    case: str
    account: str
    unit: str
    unit_title: Title
    ground: Title
    at: int
    until: int


class Subject(NamedTuple):
    """What was asked for: how it is called, what looks may be about it, and which cases it is in."""

    id: str
    number: str
    about: tuple[str, ...]


class Needs(msgspec.Struct, frozen=True):
    """`case`: of a case's id or number; `unmasked`: those of a case, or of an account, newest first."""

    reader: Reader
    records: Records
    case: Callable[[str], Subject | None]
    unmasked: Callable[[str, str], Sequence[Shown]]
    unit: Callable[[str], Title]
