"""What changes from one dispatch directory to another, in words: rows that come, go, or answer otherwise."""

from __future__ import annotations

from collections.abc import Iterator

from sanban.kernel.duty.directory import ANY, Entry
from sanban.kernel.duty.table import DutyTable
from sanban.kernel.mechanism import Title


def directory_difference(old: DutyTable, new: DutyTable) -> tuple[Title, ...]:
    """Every change of a row, a line each in both languages; none where both answer the same."""
    return tuple(_lines(old.entries, new.entries))


def _lines(before: dict[str, Entry], after: dict[str, Entry]) -> Iterator[Title]:
    for name, entry in sorted(after.items()):
        was = before.get(name)
        if was is None:
            yield Title(f"新增条目{_said(entry, 'zh')}", f"row added: {_said(entry, 'en')}")
        elif was != entry:
            yield Title(
                f"条目{_said(was, 'zh')}改为{_said(entry, 'zh')}",
                f"row {_said(was, 'en')} becomes {_said(entry, 'en')}",
            )
    for name, entry in sorted(before.items()):
        if name not in after:
            yield Title(f"删除条目{_said(entry, 'zh')}", f"row removed: {_said(entry, 'en')}")


def _said(entry: Entry, language: str) -> str:
    anything = {"zh": "任何事项", "en": "any matter"}[language]
    anywhere = {"zh": "全区", "en": "anywhere"}[language]
    matter = anything if entry.matter == ANY else entry.matter
    area = anywhere if entry.area == ANY else entry.area
    if language == "zh":
        return f"{entry.id}（{matter}，{area}，职责{entry.duty}）由{entry.unit}承办"
    return f"{entry.id} ({matter}, {area}, duty {entry.duty}) is held by {entry.unit}"
