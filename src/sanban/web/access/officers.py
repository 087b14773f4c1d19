"""The officers of a deployment: who may sign in, in which role, for which unit.

    HOME/officers.toml     [[officer]] tables with an argon2id hash each, [[token]] tables for programs (0600)

The file is written only here, whole or not at all, and read again when it has changed, so a new officer needs no
restart and a disabled one is out at the next click, with every session and token. Passwords are never stored, tokens
only as SHA-256: a token is 32 random bytes and cannot be guessed, so it needs no slow hash. A token is looked for
among all of them, whichever it is, so that the time tells nothing.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from sanban.kernel.errors import Fault, FaultsFound, SanbanError, in_words
from sanban.kernel.permission import Actor, Role
from sanban.ledger.home import write_private

FILE_NAME = "officers.toml"
SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200

# Source: OWASP Password Storage Cheat Sheet, argon2id with 19 MiB, 2 passes, 1 lane (the library's default takes .5 s).
HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

EXAMPLE = "sanban officer add desk-01 --role operator --unit hotline --home DIR"

Scope = Literal["read", "write"]
Account = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9._-]{1,63}$(?!\n)")]
Address = Annotated[str, msgspec.Meta(pattern=r"^((sms|mail|wecom):[^\s:]{3,120})?$(?!\n)")]


class Officer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One account. `unit` is a unit code, `unit_kind` its kind, `party` a party id; all may be empty.

    `sessions_from`: sessions opened before that instant (microseconds UTC) are ended. `notify`: where the officer is
    told of what their unit is told, `channel:address`, '' for nowhere.
    """

    account: Account
    role: Role
    unit: str = ""
    unit_kind: str = ""
    party: str = ""
    title: str = ""
    password: str = ""
    disabled: bool = False
    sessions_from: int = 0
    notify: Address = ""

    @property
    def actor(self) -> Actor:
        """The account as the kernel knows it."""
        known = {"role": self.role, "unit": self.unit, "party": self.party, "unit_kind": self.unit_kind}
        return msgspec.convert({"id": self.account, **known}, Actor)


class Token(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key for a program that calls the API as an officer, until `expires_at`; instants in microseconds UTC.

    `id` names it in lists; `read` tokens change nothing.
    """

    account: str
    sha256: str
    expires_at: int
    label: str = ""
    id: str = ""
    scope: Scope = "write"
    issued_at: int = 0


class _Book(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    officer: tuple[Officer, ...] = ()
    token: tuple[Token, ...] = ()


class Officers:
    """The officers of one home. Reading is cheap: the file is parsed again only when it has changed."""

    def __init__(self, home: Path) -> None:
        self._path = home / FILE_NAME
        self._stamp: tuple[int, int] | None = None
        self._book = _Book()

    def find(self, account: str) -> Officer | None:
        """The officer of that name, exactly as written."""
        return next((officer for officer in self._read().officer if officer.account == account), None)

    def all(self) -> tuple[Officer, ...]:
        """Everybody, in the order of the file."""
        return self._read().officer

    def tokens(self) -> tuple[Token, ...]:
        """Every token, expired ones too."""
        return self._read().token

    def known(self, account: str) -> Officer:
        """The officer of that name; raises `SanbanError` when there is none."""
        officer = self.find(account)
        if officer is None:
            raise SanbanError(f"there is no officer {account}", EXAMPLE)
        return officer

    def signs_in(self, account: str, password: str) -> Officer | None:
        """The officer whose password this is. Takes as long for an account that does not exist or is disabled."""
        officer = self.find(account)
        known = officer.password if officer is not None and officer.password and not officer.disabled else _NOBODYS
        return officer if _fits(known, password) and known is not _NOBODYS else None

    def of_token(self, token: str, now: int) -> tuple[Officer, Token] | None:
        """The officer a program acts for, and its token; `now` in microseconds UTC."""
        digest = _digest(token)
        fitting = [known for known in self._read().token if secrets.compare_digest(known.sha256, digest)]
        officer = self.find(fitting[0].account) if fitting and now < fitting[0].expires_at else None
        return None if officer is None or officer.disabled else (officer, fitting[0])

    def checked(self, officer: Officer, password: str) -> Officer:
        """The officer as it will be kept; raises `SanbanError` for a weak password or a name that cannot be."""
        check_password(officer.account, password)
        return _checked(officer)

    def add(self, officer: Officer, password: str) -> None:
        """Adds an officer or changes one; raises `SanbanError` for a weak password or a name that cannot be."""
        checked = self.checked(officer, password)
        self.put(msgspec.structs.replace(checked, password=HASHER.hash(password)))

    def put(self, officer: Officer) -> None:
        """Writes an officer as it is, in place of the one of that name."""
        book = self._read()
        others = tuple(known for known in book.officer if known.account != officer.account)
        self._write(msgspec.structs.replace(book, officer=(*others, officer)))

    def remove(self, account: str) -> bool:
        """Takes an officer and its tokens out; whether there was one."""
        book = self._read()
        kept = tuple(officer for officer in book.officer if officer.account != account)
        self._write(_Book(kept, tuple(token for token in book.token if token.account != account)))
        return len(kept) < len(book.officer)

    def put_token(self, token: Token) -> str:
        """Keeps a new token; its secret, shown this once. Raises `SanbanError` when there is no such officer."""
        self.known(token.account)
        secret = secrets.token_urlsafe(32)
        book = self._read()
        kept = msgspec.structs.replace(token, sha256=_digest(secret))
        self._write(msgspec.structs.replace(book, token=(*book.token, kept)))
        return secret

    def drop_token(self, token_id: str) -> None:
        """Ends a token."""
        book = self._read()
        left = tuple(token for token in book.token if token.id != token_id)
        self._write(msgspec.structs.replace(book, token=left))

    def _read(self) -> _Book:
        if not self._path.exists():
            self._stamp, self._book = None, _Book()
            return self._book
        status = self._path.stat()
        stamp = (status.st_mtime_ns, status.st_ino)
        if stamp != self._stamp:
            self._book = _parse(self._path)
            self._stamp = stamp
        return self._book

    def _write(self, book: _Book) -> None:
        write_private(self._path, _text(book).encode())
        self._stamp = None


def add_officer(home: Path, officer: Officer, password: str) -> None:
    """Adds an officer to a home, or changes one; raises `SanbanError` for a weak password."""
    Officers(home).add(officer, password)


_NOBODYS = HASHER.hash(secrets.token_urlsafe(16))
"""A hash that no password fits, checked for unknown accounts so that they take as long as known ones."""


def _fits(known: str, password: str) -> bool:
    try:
        return len(password) <= LONGEST_PASSWORD and HASHER.verify(known, password)
    except (VerificationError, InvalidHashError):
        return False


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _checked(officer: Officer) -> Officer:
    try:
        found = msgspec.convert(msgspec.to_builtins(officer), Officer)
        _ = found.actor
    except msgspec.ValidationError as error:
        roles = ", ".join(sorted(get_args(Role)))
        raise SanbanError(f"this is not an officer: {in_words(str(error))}; roles are {roles}", EXAMPLE) from error
    return found


def check_password(account: str, password: str) -> None:
    """Raises `SanbanError` for a password that is too short, too long, or holds the account's name."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD or account in password:
        raise SanbanError(
            f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters and does not hold the account's name",
            "correct-horse-battery-staple",
        )


def _parse(path: Path) -> _Book:
    try:
        book = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _Book)
        for officer in book.officer:
            _ = officer.actor
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise FaultsFound([Fault(str(path), 0, "not_officers", f"cannot be read: {error}", EXAMPLE)]) from error
    return book


def _text(book: _Book) -> str:
    """The book as TOML; a JSON text or integer is a TOML one."""
    lines = ["# Officers of this deployment, written by `sanban officer`. Keep it private."]
    tables: dict[str, list[dict[str, Any]]] = msgspec.to_builtins(book)
    for name, rows in tables.items():
        for row in rows:
            lines += ["", f"[[{name}]]", *(f"{key} = {json.dumps(value)}" for key, value in row.items())]
    return "\n".join(lines) + "\n"
