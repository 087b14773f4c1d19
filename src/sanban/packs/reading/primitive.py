"""Matters that are not cases: an account, a pool of places, a checklist. Their files fill the kernel's declarations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from sanban.kernel.account import Account, Redemption
from sanban.kernel.capacity import Pool
from sanban.kernel.clock.calendar import DAY, HOUR, MINUTE
from sanban.kernel.clock.limit import Unit
from sanban.kernel.errors import SanbanError
from sanban.kernel.score import Checklist, ChecklistItem
from sanban.packs.reading.head import Head
from sanban.packs.reading.section import Section

Primitive = Account | Pool | Checklist
Made = TypeVar("Made")

LARGEST: Final = 2**52
UNLIMITED: Final = "unlimited"
_NATURAL: Final[dict[Unit, int]] = {"minute": MINUTE, "hour": HOUR, "day": DAY}


def read_primitive(section: Section, head: Head) -> Primitive | None:
    """The declaration under the key named as the kind; None, with its fault, where it cannot be made."""
    part = section.section(head.kind, head.kind, required=True)
    if part is None:
        return None
    read: Callable[[Section, str], Primitive | None] = _READERS[head.kind]
    made = _made(part, read, head.matter)
    part.close()
    return made


def _made(section: Section, read: Callable[[Section, str], Made], name: str) -> Made | None:
    """What is read; the kernel's refusal to make it becomes a fault."""
    try:
        return read(section, name)
    except SanbanError as error:
        section.refuse(section.node, "bad_declaration", error.message, error.example)
        return None


def _account(section: Section, name: str) -> Account:
    unit = section.text("unit", "coupon", required=True)
    floor = section.integer("floor", -LARGEST, 0)
    ceiling = section.integer("ceiling", 0, LARGEST) if section.has("ceiling") else None
    part = section.section("redeem", "redeem")
    redeem = None
    if part is not None:
        redeem = Redemption(
            part.integer("price", 1, LARGEST, default=1, required=True), part.text("gives", "book", required=True)
        )
        part.close()
    return Account(name, unit, floor, ceiling, redeem)


def _pool(section: Section, name: str) -> Pool:
    modes: dict[str, int | None] = {}
    table = section.section("modes", "modes", example="{on_site: 65, online: unlimited}", required=True)
    for mode, text in ({} if table is None else table.texts()).items():
        free = text == UNLIMITED or table is None
        modes[mode] = None if free or table is None else table.integer(mode, 0, 1_000_000)
    hold = section.length("hold_for", "15 minutes")
    if hold is not None and hold.unit not in _NATURAL:
        section.refuse(
            section.node, "not_natural_time", "hold_for is in minutes, hours or days", "hold_for: 15 minutes"
        )
    return Pool(name, modes, None if hold is None else hold.count * _NATURAL.get(hold.unit, DAY))


def _checklist(section: Section, name: str) -> Checklist:
    rounds = section.integer("rounds", 1, 9, default=1)
    items = tuple(_item(part) for part in section.sections("items", "item").values())
    return Checklist(name, items, rounds)


def _item(section: Section) -> ChecklistItem:
    item = ChecklistItem(
        section.name, section.integer("count", 1, 999, default=1), section.flag("mandatory", default=True)
    )
    section.close()
    return item


_READERS: Final[dict[str, Callable[[Section, str], Primitive]]] = {
    "account": _account,
    "capacity": _pool,
    "checklist": _checklist,
}
