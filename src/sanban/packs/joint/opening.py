"""Opens a file of `_joint`: a district's own file takes the place of the shipped illustration."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from sanban.kernel.clock.limit import Length
from sanban.kernel.mechanism import Title
from sanban.packs.loading import SHIPPED
from sanban.packs.reading import opening
from sanban.packs.reading.section import Section

JOINT: Final = SHIPPED / "_joint"


def opened(district: Path, name: str, what: str) -> AbstractContextManager[tuple[Section, str]]:
    """The file's mapping and its origin. Raises FaultsFound with every fault once all was read."""
    return opening.opened(opening.own_or_shipped(district / name, JOINT), what)


def length_of(section: Section, key: str, example: str = "5 working_days") -> Length:
    """A length that has to be there."""
    return section.length(key, example, required=True) or Length(1, "working_day")


def titles_of(section: Section, key: str, what: str) -> dict[str, Title]:
    """Codes with their titles; at least one."""
    table = section.section(key, key, example="{some_code: {zh: ..., en: ...}}", required=True)
    if table is None:
        return {}
    return {name: table.title(name) or Title(name, name) for name in table.each(what)}
