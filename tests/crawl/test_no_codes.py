"""No page says a name that programs use where a title belongs: every kind of page, as every account, in both languages.

The names are those that the deployment declares: of matters, states, steps, tasks, limits, fields, gates, endings,
grounds, units, figures, roles, events and refusals. In Chinese none of them is a word; in English those that are put
together (`materials_ready`, `street-light`) are none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, get_args

import msgspec
import pytest

from crawl.crawling import Crawl, Page
from sanban.kernel.case.event import Event
from sanban.kernel.mechanism import Mechanism
from sanban.kernel.permission import Role
from sanban.main.house import House

TECHNICAL = frozenset({"code", "pre", "textarea", "script", "style", "svg"})
"""What stands in these is shown as it is written."""
A_FILES_OWN = "change-head"
"""The heading over what changes in a file: rules are named there as the file names them, and by their titles."""
MARK = "mark-text"
"""The mark of who looks, by account and unit, on every page."""
NAMED_FOR_AUDITORS = {
    "/ledger": "commands are called there as the ledger calls them",
    "/looks": "a page without a title is called by its route",
}
WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[_.-][A-Za-z0-9]+)*")
TOGETHER = re.compile(r"[_.-]")
STARTS = ("/",)
BY_OTHER_WAYS = {"/findings", "/findings/{finding_id}/attachments", "/visits/{visit}", "/firms"}
"""What comes by another way than the phone."""


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_page_says_a_name_of_programs(crawl: Crawl, district: House, language: str) -> None:
    names = declared(district)
    told = names if language == "zh" else {name for name in names if TOGETHER.search(name)}
    kinds: set[str] = set()
    found: dict[str, str] = {}
    for page in crawl.pages(language, *STARTS):
        kinds.add(page.kind)
        if not page.kind.startswith(tuple(NAMED_FOR_AUDITORS)):
            found |= {
                f"{page.kind} {name}": f"{page.account} {page.path}"
                for name in said(page)
                if name in told or "_" in name
            }
    assert len(kinds) > 60
    assert kinds >= BY_OTHER_WAYS
    assert found == {}


def said(page: Page) -> set[str]:
    """The words of a page in Latin letters."""
    marks = " ".join(one.text() for one in page.main.every("span") if one.attributes.get("class") == MARK).split()
    for one in page.main.every("section"):
        if one.attributes.get("aria-labelledby") == A_FILES_OWN:
            one.inside.clear()
    words = Counter(word for part in page.main.every("body") for word in WORD.findall(part.text(TECHNICAL)))
    return set(words - Counter(marks))


def declared(house: House) -> set[str]:
    """Every name that the deployment declares."""
    names = {event.__struct_config__.tag for event in get_args(Event)} | set(get_args(Role))
    names |= set(house.district.duty.units)
    for matter in house.matters.in_force(house.clock()):
        names.add(matter.head.matter)
        if matter.mechanism is not None:
            names |= set(_named(matter.mechanism))
    return {str(name) for name in names if len(str(name)) > 2}


def _named(mechanism: Mechanism) -> Iterator[str]:
    """The keys of everything that a mechanism declares."""
    for value in msgspec.structs.asdict(mechanism).values():
        yield from _keys(value)


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (key for key in value if isinstance(key, str))
        for one in value.values():
            yield from _keys(one)
    elif isinstance(value, msgspec.Struct) and not isinstance(value, Mechanism):
        for name in value.__struct_fields__:
            yield from _keys(getattr(value, name))
