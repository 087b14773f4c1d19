"""Changing one setting in a `sanban.toml` that people write: its line is replaced, everything else stays as it is.

The changed text is read back before it takes the file's place; when it would not say what was wanted (a value over
several lines, say), nothing is written and the line to write by hand is told.
"""

from __future__ import annotations

import json
import re

import msgspec

from sanban.kernel.errors import FaultsFound, SanbanError
from sanban.ledger.home import Home, write_private
from sanban.ledger.settings import FILE_NAME, read_settings


def change_setting(home: Home, name: str, value: str | tuple[str, ...]) -> None:
    """Writes a setting of the first level. Raises SanbanError where the file's form does not allow it."""
    path = home.folder / FILE_NAME
    line = f"{name} = {json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)}"
    draft = home.folder / f".{FILE_NAME}.draft"
    write_private(draft, changed_text(path.read_text(encoding="utf-8-sig"), name, line).encode())
    try:
        written = getattr(read_settings(draft), name) == value
    except FaultsFound:
        written = False
    finally:
        text = draft.read_bytes()
        draft.unlink()
    if not written:
        raise SanbanError(f"{path} cannot be changed by itself; write this line into it", line)
    write_private(path, text)
    msgspec.structs.force_setattr(home, "settings", read_settings(path))


def changed_text(text: str, name: str, line: str) -> str:
    """The text with the setting's line replaced, or with a new first line."""
    head, table, tail = text.partition("\n[")
    changed, found = re.subn(rf"(?m)^{name} *=.*$", lambda _: line, head)
    return (changed if found else f"{line}\n{head}") + table + tail
