"""Adopting a matter: the authority, the document and the date go into its file, and its origin becomes local.

Only these lines change; comments and everything else stay as they are written. The result is read back before the file
is replaced, in one move, so a file is either as it was or adopted.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from sanban.kernel.clock.calendar import day_of_iso
from sanban.kernel.errors import SanbanError
from sanban.packs.document import Node, parse_document, read_document

EXAMPLE: Final = "--authority 区城运中心 --document 城运〔2026〕3号 --date 2026-01-15"


def adopt(path: Path, authority: str, document: str, date: str) -> None:
    """Record the adoption in a matter's file. Raises SanbanError for bad values, FaultsFound for a bad file."""
    given = {"authority": authority.strip(), "document": document.strip(), "date": date.strip()}
    _check(given)
    text = adopted_text(path.read_text(encoding="utf-8"), read_document(path), given)
    root = parse_document(text.encode(), str(path))
    if _plain(root, "origin") != "local" or _table(root, "adopted") != given:
        raise SanbanError(
            f"{path}: the adoption cannot be written into this file by itself", f"origin: local\n{line_of(given)}"
        )
    draft = path.with_name(path.name + ".new")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


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
    return (
        f"adopted: {{{', '.join(f'{key}: {json.dumps(value, ensure_ascii=False)}' for key, value in given.items())}}}"
    )


def _check(given: dict[str, str]) -> None:
    for key, value in given.items():
        if not value or not value.isprintable():
            raise SanbanError(f"an adoption needs its {key}, on one line", EXAMPLE)
    try:
        day_of_iso(given["date"])
    except ValueError as wrong:
        raise SanbanError(f"{given['date']!r} is not a date", EXAMPLE) from wrong


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
