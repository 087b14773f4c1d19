"""A new version of a file with one thing changed: a matter's limit or part, a row of a district's directory.

    with_limit     a limit gets another length; an inherited one is declared anew, with that length alone
    without_part   a part that the file declares itself is left out
    without_inherited  one that it inherits is named under `remove:`
    dated          the same file as another version, in force from a day and adopted by whoever approved it
    with_numbers   the titles of numbers that another matter has and this one declares now
    with_row       a further row of the directory, in force from a day; it goes before an older one for the same
    without_row    a row ends on a day

Everything else stays as it is written, comments too. Each gives the text back; it is checked by whoever loads it.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final

from sanban.kernel.clock.limit import Length
from sanban.kernel.errors import SanbanError
from sanban.packs.change.adopt import adopted_text
from sanban.packs.document import Node, parse_document, read_document

PARTS: Final = ("steps", "tasks", "limits", "joint.tests")
EXAMPLE: Final = "limits:\n  resolve: {within: 20 working_days}"
REMOVE: Final = "remove: [limits.answer]"
ROW: Final = "rows:\n  - {id: d-water, duty: water, unit: water}"


def own_parts(path: Path) -> frozenset[str]:
    """The parts that a matter's file declares itself, by their place in it, as `steps.NAME`."""
    root = read_document(path)
    return frozenset(f"{part}.{name}" for part in PARTS for name in _table(_within(root, part), ""))


def with_limit(text: str, limit: str, within: Length) -> str:
    """The file with the limit of that length. Raises SanbanError for a file that is written in another way."""
    said = f"{within.count} {within.unit}{'s' if within.count > 1 else ''}"
    root = parse_document(text.encode(), "mechanism.yaml")
    lines = text.splitlines(keepends=True)
    own = _table(_node(root, "limits"), limit)
    if "within" in own:
        index = own["within"].line - 1
        was = re.escape(str(own["within"].value))
        lines[index], found = re.subn(rf"(?<=within: ){was}(?=[,}}\s])", said, lines[index], count=1)
    elif own:
        raise SanbanError(f"limit {limit} cannot be given a length in this file by itself", EXAMPLE)
    else:
        found = _put_under(lines, "limits", f"  {limit}: {{within: {said}}}\n", root)
    return _checked("".join(lines), bool(found), ("limits", limit, "within"), said)


def without_part(text: str, about: str) -> str:
    """The file without a part that it declares. Raises SanbanError for one that it does not."""
    part, _, name = about.rpartition(".")
    root = parse_document(text.encode(), "mechanism.yaml")
    own = _table(_within(root, part), "")
    if name not in own:
        raise SanbanError(f"this file does not declare {about} itself", f"remove: [{about}]")
    lines = text.splitlines(keepends=True)
    first = own[name].key_line
    if len(own) == 1:
        first = _within(root, part).key_line
    last = _end_of(lines, first)
    return "".join([*lines[: first - 1], *lines[last:]])


def without_inherited(text: str, about: str) -> str:
    """The file that leaves out a part which it inherits. Raises SanbanError for one that is written in another way."""
    changed, found = re.subn(r"(?m)^(remove: \[[^\]]*)\]", rf"\1, {about}]", text, count=1)
    if not found:
        changed = re.sub(r"(?m)^extends: .*\n", rf"\g<0>remove: [{about}]\n", text, count=1)
    listed = _node(parse_document(changed.encode(), "mechanism.yaml"), "remove").value
    if not isinstance(listed, list) or about not in [one.value for one in listed]:
        raise SanbanError(f"{about} cannot be left out of this file by itself", REMOVE)
    return changed


def versioned(text: str, day: str) -> str:
    """The file as the version of a day."""
    text, found = re.subn(r"(?m)^version: .*$", f"version: {day}", text, count=1)
    if not found:
        raise SanbanError("a matter's file has its version on a line of its own", "version: 2026-01-01")
    return text


def dated(text: str, day: str, adopted: dict[str, str]) -> str:
    """The file as the version of a day, local and adopted."""
    text = versioned(text, day)
    return adopted_text(text, parse_document(text.encode(), "mechanism.yaml"), adopted)


def with_row(text: str, row: dict[str, str]) -> str:
    """The directory with a further row at its end, once. Raises SanbanError where its rows are not a list of lines."""
    shown = ", ".join(f"{key}: {_scalar(value)}" for key, value in row.items())
    line = f"  - {{{shown}}}\n"
    changed = text if line in text else f"{text.rstrip()}\n{line}"
    rows = _node(parse_document(changed.encode(), "directory.yaml"), "rows").value
    if not isinstance(rows, list) or row.keys() not in [_table(one, "").keys() for one in rows]:
        raise SanbanError("a row is put under `rows:`, the last key of the file", ROW)
    return changed


def without_row(text: str, row: str, day: str, adopted: str = "") -> str:
    """The directory whose row ends on a day, as adopted, or never was where no day is given.

    Raises SanbanError where the row is not a line of its own.
    """
    line = re.compile(rf"(?m)^(  - \{{id: {re.escape(row)}, .*?)(?:, valid_to: [0-9-]+)?\}}(?:  #.*)?\n")
    ended = f", valid_to: {day}}}  # {adopted}".rstrip(" #")
    changed, found = line.subn(lambda one: f"{one[1]}{ended}\n" if day else "", text)
    if found != 1:
        raise SanbanError(f"row {row} is not a line of its own", ROW)
    return changed


def with_numbers(text: str, numbers: str, source: str) -> str:
    """The texts of a matter with the titles, out of `source`, of the parameters that `numbers` declares; put once.

    Raises SanbanError where the matter has titles of parameters already.
    """
    titles = _table(parse_document(source.encode(), "zh.yaml"), "parameters")
    wanted = _table(parse_document(numbers.encode(), "flood.yaml"), "")
    line = f"parameters: {{{', '.join(f'{name}: {_scalar(str(titles[name].value))}' for name in wanted)}}}\n"
    if text.endswith(line):
        return text
    if _table(parse_document(text.encode(), "zh.yaml"), "parameters"):
        example = "parameters: {flood_minutes: 时段}"
        raise SanbanError("these texts have parameters already; put the new ones there by hand", example)
    return f"{text.rstrip()}\n{line}"


def _scalar(value: str) -> str:
    return value if re.fullmatch(r"[A-Za-z0-9_.\-]+", value) else json.dumps(value, ensure_ascii=False)


def _put_under(lines: list[str], key: str, line: str, root: Node) -> int:
    """Put a line first under a key of the file, or the key and it at the end; how many were put."""
    node = root.value.get(key) if isinstance(root.value, dict) else None
    if node is None:
        lines.append(f"{key}:\n{line}")
    elif node.line == node.key_line:
        return 0
    else:
        lines.insert(node.key_line, line)
    return 1


def _end_of(lines: list[str], first: int) -> int:
    """The last line of the key that begins on a line: up to the next that is indented as little."""
    indent = len(lines[first - 1]) - len(lines[first - 1].lstrip())
    last = first
    while last < len(lines):
        line = lines[last]
        if line.strip() and len(line) - len(line.lstrip()) <= indent:
            break
        last += 1
    return last


def _checked(text: str, found: bool, path: tuple[str, ...], said: str) -> str:
    """The text, read back: the value at the path is what was meant."""
    node = parse_document(text.encode(), "mechanism.yaml")
    for key in path:
        node = _node(node, key)
    if not found or node.value != said:
        raise SanbanError(f"{'.'.join(path)} cannot be written into this file by itself", EXAMPLE)
    return text


def _node(node: Node, key: str) -> Node:
    """The value of a key, or an empty mapping."""
    return node.value.get(key, _EMPTY) if isinstance(node.value, dict) else _EMPTY


def _within(node: Node, path: str) -> Node:
    """The value at a dotted path, or an empty mapping."""
    for key in path.split("."):
        node = _node(node, key)
    return node


def _table(node: Node, key: str) -> dict[str, Node]:
    value = (_node(node, key) if key else node).value
    return value if isinstance(value, dict) else {}


_EMPTY: Final = Node({}, 0, 0)
