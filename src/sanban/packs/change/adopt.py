"""Adopting what ships as an illustration: authority, document and date go into its file, and its origin becomes local.

    adopt              a matter's file                 origin, adopted
    adopt_parameters   numbers by date                 origin, source
    adopt_calendar     the office hours of a calendar  office.origin, office.adopted
    adopt_district     a district's files              origin, adopted

Only these lines change; comments and everything else stay as they are written. The result is read back before the file
is replaced, in one move, so a file is either as it was or adopted.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final

from sanban.kernel.clock.calendar import day_of_iso
from sanban.kernel.errors import SanbanError
from sanban.packs.document import Node, parse_document, read_document

EXAMPLE: Final = "--authority 区城运中心 --document 城运〔2026〕3号 --date 2026-01-15"
_ORIGIN: Final = re.compile(r"(?P<indent> *)origin: *(?P<origin>[a-z]+) *(?P<comment>#.*)?")
_SOURCE: Final = re.compile(r" +source: *(?P<first>.*)")


def adoption(authority: str, document: str, date: str) -> dict[str, str]:
    """An adoption, checked. Raises SanbanError for a value that is missing or no date."""
    given = {"authority": authority.strip(), "document": document.strip(), "date": date.strip()}
    for key, value in given.items():
        if not value or not value.isprintable():
            raise SanbanError(f"an adoption needs its {key}, on one line", EXAMPLE)
    try:
        day_of_iso(given["date"])
    except ValueError as wrong:
        raise SanbanError(f"{given['date']!r} is not a date", EXAMPLE) from wrong
    return given


def adopt(path: Path, authority: str, document: str, date: str) -> None:
    """Record the adoption in a matter's file. Raises SanbanError for bad values, FaultsFound for a bad file."""
    given = adoption(authority, document, date)
    text = adopted_text(path.read_text(encoding="utf-8"), read_document(path), given)
    root = parse_document(text.encode(), str(path))
    _replace(path, text, given, written=_plain(root, "origin") == "local" and _table(root, "adopted") == given)


def adopt_parameters(path: Path, authority: str, document: str, date: str) -> None:
    """Make the illustrative parameters of a file local, with the adoption as their source; the values stay."""
    given = adoption(authority, document, date)
    lines: list[str] = []
    adopting = False
    for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
        origin, source = _ORIGIN.fullmatch(line.rstrip()), _SOURCE.fullmatch(line.rstrip())
        if origin is not None:
            adopting = origin["origin"] == "illustrative"
            lines.append(f"{origin['indent']}origin: local\n" if adopting else line)
        elif source is not None and adopting:
            lines.append(f"{line[: line.index('source')]}source: {_flow({**given, 'authority': None})}\n")
        else:
            lines.append(line)
    text = "".join(lines)
    root = parse_document(text.encode(), str(path))
    parts = root.value.values() if isinstance(root.value, dict) else ()
    _replace(path, text, given, written=all(_plain(part, "origin") != "illustrative" for part in parts))


def adopt_calendar(folder: Path, authority: str, document: str, date: str) -> None:
    """Record who adopted the office hours of a calendar. Raises SanbanError where its folder has no one head file."""
    given = adoption(authority, document, date)
    heads = [path for path in sorted(folder.glob("*.yaml")) if not re.search(r"-[12][0-9]{3}$", path.stem)]
    if len(heads) != 1:
        raise SanbanError(f"{folder} is not a calendar's folder: it has {len(heads)} head files", "calendar/cn.yaml")
    text, matched = re.subn(
        r"(?m)^( +)origin: *[a-z]+.*\n(?:\1adopted: .*\n)?",
        lambda found: f"{found[1]}origin: local\n{found[1]}{line_of(given)}\n",
        heads[0].read_text(encoding="utf-8"),
    )
    root = parse_document(text.encode(), str(heads[0]))
    office = root.value.get("office") if isinstance(root.value, dict) else None
    written = matched == 1 and office is not None and _table(office, "adopted") == given
    _replace(heads[0], text, given, written=written)


def adopt_district(folder: Path, authority: str, document: str, date: str) -> None:
    """Record who adopted a district's files. Raises SanbanError for one that says it is invented."""
    path = folder / "district.yaml"
    if not path.is_file():
        raise SanbanError(f"{folder} holds no district.yaml", "sanban district new --home DIR")
    if _plain(read_document(path), "synthetic") in ("yes", "true"):
        message = f"{path} says that the district is invented; put your own units and grids in, then change that line"
        raise SanbanError(message, "synthetic: no")
    adopt(path, authority, document, date)


def adopted_text(text: str, root: Node, given: dict[str, str]) -> str:
    """The text of a file with `origin: local` and the adoption behind it; an older adoption is replaced."""
    lines = text.splitlines(keepends=True)
    kept = [line for number, line in enumerate(lines, start=1) if number not in _span(root, "adopted", lines)]
    for index, line in enumerate(kept):
        if line.startswith("origin:"):
            comment = line.partition(" #")
            tail = f"  #{comment[2].rstrip()}" if comment[1] else ""
            kept[index] = f"origin: local{tail}\n{line_of(given)}\n"
            break
    return "".join(kept)


def line_of(given: dict[str, str]) -> str:
    """The adoption as one line of a file."""
    return f"adopted: {_flow(given)}"


def _flow(given: dict[str, str] | dict[str, str | None]) -> str:
    shown = (f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in given.items() if value is not None)
    return f"{{{', '.join(shown)}}}"


def _replace(path: Path, text: str, given: dict[str, str], *, written: bool) -> None:
    if not written:
        raise SanbanError(
            f"{path}: the adoption cannot be written into this file by itself", f"origin: local\n{line_of(given)}"
        )
    draft = path.with_name(path.name + ".new")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def _span(root: Node, key: str, lines: list[str]) -> range:
    """The line numbers of a key and its value at the top of a file; none where the file has no such key."""
    node = root.value.get(key) if isinstance(root.value, dict) else None
    if node is None:
        return range(0)
    end = node.key_line + 1
    while end <= len(lines) and lines[end - 1][:1] in (" ", "\t"):
        end += 1
    return range(node.key_line, end)


def _plain(root: Node, key: str) -> object:
    return root.value[key].value if isinstance(root.value, dict) and key in root.value else None


def _table(root: Node, key: str) -> object:
    value = _plain(root, key)
    return {name: part.value for name, part in value.items()} if isinstance(value, dict) else None
