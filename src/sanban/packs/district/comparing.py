"""What changes from one dispatch directory to another, in words: rows that come, go, or answer otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sanban.kernel.duty.directory import ANY, Entry
from sanban.kernel.duty.table import DutyTable
from sanban.kernel.mechanism import Title


def directory_difference(old: DutyTable, new: DutyTable, matters: Mapping[str, Title]) -> tuple[Title, ...]:
    """Every change of a row, a line each in both languages; none where both answer the same.

    `matters`: what matters are called; units and areas are called as the tables say.
    """
    titles = {code: Title(one.title_zh, one.title_en) for code, (*_, one) in (old.units | new.units).items()}
    return tuple(_Telling({**titles, **matters}).lines(old.entries, new.entries))


class _Telling:
    """Rows in words, with what their codes are called."""

    def __init__(self, titles: Mapping[str, Title]) -> None:
        self._titles = titles

    def lines(self, before: dict[str, Entry], after: dict[str, Entry]) -> Iterator[Title]:
        for name, entry in sorted(after.items()):
            was, now = before.get(name), self._said(entry)
            if was is None:
                yield Title(f"新增条目{now.zh}", f"row added: {now.en}")
            elif was != entry:
                then = self._said(was)
                yield Title(f"条目{then.zh}改为{now.zh}", f"row {then.en} becomes {now.en}")
        for name, entry in sorted(before.items()):
            if name not in after:
                gone = self._said(entry)
                yield Title(f"删除条目{gone.zh}", f"row removed: {gone.en}")

    def _said(self, entry: Entry) -> Title:
        matter = Title("任何事项", "any matter") if entry.matter == ANY else self._called(entry.matter)
        area = Title("全区", "anywhere") if entry.area == ANY else self._called(entry.area)
        unit = self._called(entry.unit)
        return Title(
            f"{entry.id}（{matter.zh}，{area.zh}，职责{entry.duty}）由{unit.zh}承办",
            f"{entry.id} ({matter.en}, {area.en}, duty {entry.duty}) is held by {unit.en}",
        )

    def _called(self, code: str) -> Title:
        """The title, the code where it has none."""
        return self._titles.get(code) or Title(code, code)
