"""What is in force at an instant: half-open spans of validity and the versions of one code.

Everything duty stands on (grids, units, directory entries, links) is kept in versions, never edited in place. A
version holds from `valid_from` up to, and not including, `valid_to`; `valid_to` of `None` means until further notice.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Protocol, TypeVar

from sanban.kernel.errors import SanbanError


class Valid(Protocol):
    """Anything with a span of validity, in microseconds UTC."""

    @property
    def valid_from(self) -> int: ...

    @property
    def valid_to(self) -> int | None: ...


class Coded(Valid, Protocol):
    """A version of something that has a code."""

    @property
    def code(self) -> str: ...


V = TypeVar("V", bound=Valid)
C = TypeVar("C", bound=Coded)


def in_force(version: Valid, instant: int) -> bool:
    """Whether `version` holds at `instant` (microseconds UTC)."""
    return version.valid_from <= instant and (version.valid_to is None or instant < version.valid_to)


def version_at(versions: Iterable[V], instant: int) -> V | None:
    """The one of `versions` that holds at `instant`."""
    for version in versions:
        if in_force(version, instant):
            return version
    return None


def versions_by_code(what: str, items: Iterable[C]) -> dict[str, tuple[C, ...]]:
    """The versions of each code, oldest first. Raises `SanbanError` if two versions of one code overlap in time."""
    grouped: dict[str, list[C]] = {}
    for item in items:
        grouped.setdefault(item.code, []).append(item)
    return {code: _in_order(what, code, grouped[code]) for code in sorted(grouped)}


def _in_order(what: str, code: str, versions: list[C]) -> tuple[C, ...]:
    ordered = tuple(sorted(versions, key=lambda version: version.valid_from))
    for earlier, later in pairwise(ordered):
        if earlier.valid_to is None or earlier.valid_to > later.valid_from:
            raise SanbanError(
                f"{what} {code}: two versions hold at {later.valid_from}; a version ends where the next begins",
                f"{what} {code} valid_to: {later.valid_from}, and the next valid_from: {later.valid_from}",
            )
    return ordered
