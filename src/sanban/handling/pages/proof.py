"""The ledger's proof page, open to everybody, and the page of the systems that the product carries.

What systems there are, and how far each works, is known where the product is put together; it is passed in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

import msgspec

from sanban.handling.views.proof import LedgerProof, Verified, ledger_proof
from sanban.kernel.mechanism import Title
from sanban.kernel.view import PageRequest, PageRoute, Shown, phrase
from sanban.ledger.port import Reader


class SystemRow(msgspec.Struct, frozen=True):
    """One system: what works of it, by which matters, proven by which tests, shown where ('' = nowhere)."""

    id: str
    name: Title
    state: Literal["works", "part", "absent"]
    matters: tuple[Title, ...] = ()
    tests: tuple[str, ...] = ()
    link: str = ""


class LedgerContext(msgspec.Struct, frozen=True):
    """`handling/ledger.html`."""

    proof: LedgerProof


class SystemsContext(msgspec.Struct, frozen=True):
    """`handling/systems.html`: the rows, and how many there are of each state."""

    rows: tuple[SystemRow, ...]
    works: int
    part: int
    absent: int


def ledger_routes(reader: Reader, verified: Callable[[], Verified | None]) -> tuple[PageRoute, ...]:
    """`/ledger`; `verified` gives the last verification that was run, None when there was none."""
    return (
        PageRoute(
            "GET",
            "/ledger",
            "handling.ledger",
            partial(_ledger, reader, verified),
            public=True,
            menu=phrase("Ledger proof"),
            icon="certificate",
            order=80,
        ),
    )


def systems_routes(systems: Callable[[], Sequence[SystemRow]]) -> tuple[PageRoute, ...]:
    """`/systems`."""
    return (
        PageRoute(
            "GET",
            "/systems",
            "handling.systems",
            partial(_systems, systems),
            public=True,
            menu=phrase("Systems"),
            icon="layout-dashboard",
            order=90,
        ),
    )


def _ledger(reader: Reader, verified: Callable[[], Verified | None], _asked: PageRequest) -> Shown:
    return Shown("handling/ledger.html", LedgerContext(ledger_proof(reader, verified)))


def _systems(systems: Callable[[], Sequence[SystemRow]], _asked: PageRequest) -> Shown:
    rows = tuple(systems())
    works, part, absent = (sum(row.state == state for row in rows) for state in ("works", "part", "absent"))
    return Shown("handling/systems.html", SystemsContext(rows, works, part, absent))
