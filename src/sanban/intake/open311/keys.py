"""Who may file: keys that the centre gave to programs, and how often each may file.

    HOME/open311.toml     [[key]] tables: name, SHA-256 of the key, when it was given, whether it was withdrawn (0600)

A key is 32 random bytes and is shown once; it cannot be guessed, so its digest needs no slow hash. The file is written
whole or not at all and read again when it has changed: a new key needs no restart, a withdrawn one is out at once.
`Pace` counts in the memory of one process; several processes allow several times as much.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import threading
import tomllib
from collections import deque
from pathlib import Path
from typing import Annotated

import msgspec

from sanban.kernel.errors import Fault, FaultsFound, SanbanError
from sanban.ledger.home import write_private

FILE_NAME = "open311.toml"
MINUTE = 60_000_000
_NAMED = "sanban open311 key city-app --home DIR"

Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9._-]{1,31}$(?!\n)")]


class Key(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A program's key. `issued_at` in microseconds UTC."""

    name: Name
    sha256: str
    issued_at: int
    withdrawn: bool = False


class _Book(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    key: tuple[Key, ...] = ()


class Keys:
    """The keys of one home."""

    def __init__(self, home: Path) -> None:
        self._path = home / FILE_NAME
        self._stamp: tuple[int, int] | None = None
        self._book = _Book()

    def find(self, key: str) -> Key | None:
        """The entry of a key, withdrawn ones included; None when it is none of ours."""
        digest = _digest(key)
        return next((one for one in self.all() if hmac.compare_digest(one.sha256, digest)), None)

    def all(self) -> tuple[Key, ...]:
        """Every entry, in the order of giving."""
        if not self._path.exists():
            return ()
        status = self._path.stat()
        stamp = (status.st_mtime_ns, status.st_ino)
        if stamp != self._stamp:
            self._book = _parse(self._path)
            self._stamp = stamp
        return self._book.key

    def issue(self, name: str, now: int) -> str:
        """A new key under a name, shown this once; the one before under the same name is withdrawn.

        Raises `SanbanError` for a name that cannot be one.
        """
        key = secrets.token_urlsafe(32)
        try:
            entry = msgspec.convert({"name": name, "sha256": _digest(key), "issued_at": now}, Key)
        except msgspec.ValidationError as error:
            raise SanbanError("a key's name has 2 to 32 small letters, digits, dots and hyphens", _NAMED) from error
        self._write((*(_withdrawn(one) if one.name == name else one for one in self.all()), entry))
        return key

    def withdraw(self, name: str) -> bool:
        """No key of this name opens anything any more; whether one did."""
        before = self.all()
        after = tuple(_withdrawn(one) if one.name == name else one for one in before)
        self._write(after)
        return before != after

    def _write(self, keys: tuple[Key, ...]) -> None:
        lines = ["# Keys of programs that file over Open311, written by `sanban open311 key`. Keep it private."]
        for one in keys:
            pairs = msgspec.to_builtins(one)
            lines += ["", "[[key]]", *(f"{name} = {json.dumps(value)}" for name, value in pairs.items())]
        write_private(self._path, ("\n".join(lines) + "\n").encode())
        self._stamp = None


class Pace:
    """How often each key filed within the last minute. Safe for several threads."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._filed: dict[str, deque[int]] = {}
        self._lock = threading.Lock()

    def allows(self, name: str, now: int) -> bool:
        """Counts one filing, unless the key has had its share of this minute."""
        with self._lock:
            filed = self._filed.setdefault(name, deque())
            while filed and filed[0] <= now - MINUTE:
                filed.popleft()
            if len(filed) >= self._per_minute:
                return False
            filed.append(now)
            return True


def _withdrawn(key: Key) -> Key:
    return msgspec.structs.replace(key, withdrawn=True)


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode(errors="replace")).hexdigest()


def _parse(path: Path) -> _Book:
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _Book)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise FaultsFound([Fault(str(path), 0, "not_keys", f"cannot be read: {error}", _NAMED)]) from error
