"""The 33 systems a district asks for, read from `_systems.yaml`: what the product shows of each, and by which tests.

A system has acceptance statements; a statement has the tests that show it, as pytest node ids of functions. How far a
system works is computed from that and never written down: `works` when every statement has a test, `part` when some
have, `absent` when none has. That the named tests and matters exist is itself tested.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Literal, TypeVar

import msgspec

from sanban.kernel.errors import FaultsFound
from sanban.kernel.mechanism import Title
from sanban.packs.document import Node, read_document
from sanban.packs.loading import SHIPPED
from sanban.packs.reading.section import Notes, Section

State = Literal["works", "part", "absent"]
T = TypeVar("T")

FILE: Final = SHIPPED / "_systems.yaml"
_ID: Final = re.compile(r"[AB][1-9][0-9]?")
_TEST: Final = re.compile(r"tests/[a-z0-9_/]+\.py::test_[a-z0-9_]+")
_TEST_EXAMPLE: Final = "tests/kernel/test_account.py::test_three_coupons_are_one_book_and_two_are_refused"
_SYSTEM_EXAMPLE: Final = "- {id: A15, name: {zh: 换书券, en: Book coupons}, accepts: [...]}"


class Accept(msgspec.Struct, frozen=True):
    """One acceptance statement in our own words, and the tests that show it, none if nothing does yet."""

    says: Title
    tests: tuple[str, ...] = ()


class System(msgspec.Struct, frozen=True):
    """One system. `link`: where the demo shows it, '' for nowhere. `state` and `tests` follow from `accepts` alone."""

    id: str
    name: Title
    accepts: tuple[Accept, ...]
    matters: tuple[str, ...] = ()
    link: str = ""
    state: State = "absent"
    tests: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "state", _state_of(self.accepts))
        msgspec.structs.force_setattr(
            self, "tests", tuple(dict.fromkeys(test for one in self.accepts for test in one.tests))
        )

    @property
    def zh(self) -> str:
        """The name in Chinese."""
        return self.name.zh

    @property
    def en(self) -> str:
        """The name in English."""
        return self.name.en


def load_systems(path: Path = FILE) -> tuple[System, ...]:
    """All systems in the order of the file. Raises FaultsFound with every fault."""
    notes = Notes()
    root = Section(read_document(path), "systems", notes)
    found = tuple(_each(root, "systems", _SYSTEM_EXAMPLE, notes, _system))
    root.close()
    _once(root, found, notes)
    if notes.faults:
        raise FaultsFound(sorted(notes.faults))
    return found


def _state_of(accepts: tuple[Accept, ...]) -> State:
    shown = sum(bool(one.tests) for one in accepts)
    if not shown:
        return "absent"
    return "works" if shown == len(accepts) else "part"


def _system(section: Section, notes: Notes) -> System:
    system = System(
        id=_fitting(section, "id", _ID, "A15"),
        name=section.title("name", required=True) or Title("?", "?"),
        accepts=tuple(_each(section, "accepts", "- says: {zh: 两张不够, en: Two are refused}", notes, _accept)),
        matters=section.words("matters", "[book-swap]"),
        link=section.text("link", "/cases?matter=noise"),
    )
    if system.link and not system.link.startswith("/"):
        section.refuse(section.node, "not_a_path", f"link {system.link!r} is no path of ours", "link: /cases")
    section.close()
    return system


def _accept(section: Section, notes: Notes) -> Accept:
    tests = section.word_nodes("tests", f"[{_TEST_EXAMPLE}]")
    for node in tests:
        if not _TEST.fullmatch(str(node.value)):
            notes.refuse(node, "not_a_test", f"{node.value!r} is not the id of a test function", _TEST_EXAMPLE)
    accept = Accept(section.title("says", required=True) or Title("?", "?"), tuple(str(node.value) for node in tests))
    section.close()
    return accept


def _fitting(section: Section, key: str, pattern: re.Pattern[str], example: str) -> str:
    text = section.text(key, example, required=True)
    if text and not pattern.fullmatch(text):
        section.refuse(section.node, f"bad_{key}", f"{text!r} is not an {key} here", f"{key}: {example}")
    return text


def _each(section: Section, key: str, example: str, notes: Notes, read: Callable[[Section, Notes], T]) -> Iterator[T]:
    node = section.take(key, example, required=True)
    items: list[Node] = node.value if node is not None and isinstance(node.value, list) else []
    if node is not None and not items:
        section.refuse(node, "wrong_kind", f"{key} is a list that is not empty", example)
    for item in items:
        yield read(Section(item, key.removesuffix("s"), notes), notes)


def _once(root: Section, systems: tuple[System, ...], notes: Notes) -> None:
    ids = [system.id for system in systems]
    for twice in sorted({each for each in ids if each and ids.count(each) > 1}):
        notes.refuse(root.node, "id_twice", f"{twice} stands here twice", "each id once")
