"""What the auditor's pages and API of looks work with, and what other slices lend them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Actor
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


Kept = tuple[str, dict[str, str]]
"""A condition on the rows `look` of a query over looks, and its parameters: without what a viewer may not know."""


def nothing(_viewer: Actor) -> Kept:
    """Nothing is kept from anybody."""
    return "", {}


class Needs(msgspec.Struct, frozen=True):
    """What a viewer may know of: `case`: of a case's id or number; `unmasked`: those of a case, or of an account,
    newest first; `kept`: leaves the rest out of a list.
    """

    reader: Reader
    records: Records
    case: Callable[[Actor, str], Subject | None]
    unmasked: Callable[[Actor, str, str], Sequence[Shown]]
    unit: Callable[[str], Title]
    kept: Callable[[Actor], Kept] = nothing
