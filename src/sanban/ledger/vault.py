"""The vault: personal data beside the ledger, encrypted under a key per person.

    sealing   secrets of a batch --> rows of `vault_key` (new persons), `vault_entry`, `vault_lookup`
    opening   refs --> plain values; a ref that was erased is absent, a row that was changed or moved raises

A value is sealed as salt || text; its associated data binds it to (district, ref, person, kind). The row's commitment
is SHA-256(salt || text): the salt being inside the ciphertext, a short value such as a phone number cannot be guessed
from it, and nobody can ever again after the person's key is gone. Keys are read with every batch, inside its
transaction, so that an erased person stays erased whoever erased them; only the unwrapping is remembered.
"""

from __future__ import annotations

import hmac
import re
import secrets as chance
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag

from sanban.kernel.errors import SanbanError
from sanban.ledger.home import Home
from sanban.ledger.port import Secret
from sanban.ledger.sealing import Lookup, Queries
from sanban.ledger.vault_keys import (
    NONCE_LENGTH,
    AuthenticatedCipher,
    MasterKey,
    MasterKeyError,
    TamperedError,
    binding,
    load_master_key,
    suite,
)
from sanban.ledger.vault_schema import vault_entry, vault_key, vault_lookup, vault_master

SALT_LENGTH = 16
LOOKUP_KINDS = frozenset({"phone", "id_number"})
REMEMBERED_KEYS = 8192
REFS_AT_ONCE = 5000

Row = tuple[Any, ...]


class ErasedPersonError(SanbanError):
    """Personal data came for a person who was erased."""


class _Key(msgspec.Struct, frozen=True):
    """A row of `vault_key`."""

    person: str
    wrapped: bytes
    cipher: str

    @property
    def erased(self) -> bool:
        return not self.wrapped


class Vault:
    """Seals and opens for one district; safe for several threads. It is a `Sealer` and an `Opener`."""

    def __init__(self, district: str, master: MasterKey, cipher: str = "AES-256-GCM") -> None:
        self.district = district
        self._master = master
        self._suite = suite(cipher)
        self._master_known = False
        self._unwrapped = lru_cache(maxsize=REMEMBERED_KEYS)(self._unwrap)

    def rows(self, secrets: Sequence[Secret], lookup: Lookup, now: int) -> Mapping[str, Sequence[Row]]:
        """Rows for all secrets of one batch, by table.

        `now`: microseconds UTC. Raises `ErasedPersonError`, and `MasterKeyError` when the vault has another key.
        """
        if not secrets:
            return {}
        tables: dict[str, list[Row]] = {vault_master.name: self._master_rows(lookup)}
        ciphers, tables[vault_key.name] = self._ciphers(secrets, lookup, now)
        tables[vault_entry.name] = list(self._entries(secrets, ciphers))
        tables[vault_lookup.name] = [self._lookup_row(secret) for secret in secrets if secret.kind in LOOKUP_KINDS]
        return {table: rows for table, rows in tables.items() if rows}

    def open(self, refs: Sequence[str], lookup: Lookup) -> dict[str, str]:
        """Plain values of refs; erased and unknown ones are absent. Raises `TamperedError`, `MasterKeyError`."""
        opened: dict[str, str] = {}
        for start in range(0, len(refs), REFS_AT_ONCE):
            opened.update(self._open_some(refs[start : start + REFS_AT_ONCE], lookup))
        return opened

    def find(self, kind: str, value: str, lookup: Queries) -> list[str]:
        """Persons who ever gave this value, sorted. `kind` is one of `LOOKUP_KINDS`."""
        sql = (
            "SELECT DISTINCT person FROM vault_lookup "
            "WHERE district = :district AND kind = :kind AND hmac = :hmac ORDER BY person"
        )
        found = lookup.query(sql, {"kind": kind, "hmac": self._lookup_hash(kind, value)})
        return [str(row[0]) for row in found]

    def damaged(self, lookup: Lookup) -> Iterator[TamperedError]:
        """Every entry that does not open, in the order of refs; `sanban verify` tells of them. Flat memory."""
        sql = "SELECT ref FROM vault_entry WHERE district = :district AND ref > :after ORDER BY ref LIMIT :most"
        after = ""
        while refs := [row[0] for row in lookup.query(sql, {"after": after, "most": REFS_AT_ONCE})]:
            yield from self._damaged_of(refs, lookup)
            after = refs[-1]

    def forget(self) -> None:
        """Drops the keys remembered in this process; called after an erasure."""
        self._unwrapped.cache_clear()

    def check_master(self, lookup: Lookup) -> None:
        """Raises `MasterKeyError` when the vault was written with another master key."""
        self._master_rows(lookup)

    def _master_rows(self, lookup: Lookup) -> list[Row]:
        """The row that names the master key when the vault has none yet."""
        if self._master_known:
            return []
        sql = "SELECT fingerprint FROM vault_master WHERE district = :district"
        stored = [bytes(row[0]) for row in lookup.query(sql, {})]
        if stored and not hmac.compare_digest(stored[0], self._master.fingerprint):
            raise MasterKeyError(
                "the master key is not the one this vault was written with; nothing was read or written",
                "cp /media/safe/master.key HOME/master.key && chmod 600 HOME/master.key",
            )
        self._master_known = bool(stored)
        return [] if stored else [(self.district, self._master.fingerprint)]

    def _unwrap(self, row: _Key) -> AuthenticatedCipher:
        key = self._master.unwrap(self.district, row.person, row.cipher, row.wrapped)
        return suite(row.cipher).make(key)

    def _stored_keys(self, persons: Sequence[str], lookup: Lookup) -> dict[str, _Key]:
        stored = lookup.rows(vault_key.name, ("person", "wrapped", "cipher"), "person", persons)
        return {row[0]: _Key(row[0], bytes(row[1]), row[2]) for row in stored}

    def _ciphers(
        self, secrets: Sequence[Secret], lookup: Lookup, now: int
    ) -> tuple[dict[str, AuthenticatedCipher], list[Row]]:
        """A cipher for every person of the batch, and the rows of those who had none."""
        persons = list(dict.fromkeys(secret.person for secret in secrets))
        stored = self._stored_keys(persons, lookup)
        ciphers: dict[str, AuthenticatedCipher] = {}
        new: list[Row] = []
        for person in persons:
            if person in stored:
                ciphers[person] = self._living(stored[person])
            else:
                ciphers[person], row = self._new_key(person, now)
                new.append(row)
        return ciphers, new

    def _living(self, row: _Key) -> AuthenticatedCipher:
        if row.erased:
            message = f"person {row.person} was erased; what is known of them now belongs to a new person"
            raise ErasedPersonError(message, "register the person again under a new id")
        return self._unwrapped(row)

    def _new_key(self, person: str, now: int) -> tuple[AuthenticatedCipher, Row]:
        key = self._suite.new_key()
        wrapped = self._master.wrap(self.district, person, self._suite.name, key)
        return self._suite.make(key), (self.district, person, wrapped, self._suite.name, now)

    def _entries(self, secrets: Sequence[Secret], ciphers: Mapping[str, AuthenticatedCipher]) -> Iterator[Row]:
        length = NONCE_LENGTH + SALT_LENGTH
        fresh = chance.token_bytes(length * len(secrets))
        for at, secret in enumerate(secrets):
            nonce = fresh[at * length : at * length + NONCE_LENGTH]
            salt = fresh[at * length + NONCE_LENGTH : (at + 1) * length]
            text = secret.value.encode()
            bound = self._bound(secret.ref, secret.person, secret.kind)
            body = ciphers[secret.person].encrypt(nonce, salt + text, bound)
            yield (self.district, secret.ref, secret.person, secret.kind, nonce, body, commit(salt, text))

    def _bound(self, ref: str, person: str, kind: str) -> bytes:
        return binding(self.district, ref, person, kind)

    def _lookup_row(self, secret: Secret) -> Row:
        digest = self._lookup_hash(secret.kind, secret.value)
        return (self.district, secret.ref, secret.person, secret.kind, digest)

    def _lookup_hash(self, kind: str, value: str) -> bytes:
        return self._master.lookup(self.district, kind, plain_form(kind, value))

    def _open_some(self, refs: Sequence[str], lookup: Lookup) -> Iterator[tuple[str, str]]:
        columns = ("ref", "person", "kind", "nonce", "body", "commitment")
        entries = lookup.rows(vault_entry.name, columns, "ref", refs)
        if not entries:
            return
        self.check_master(lookup)
        keys = self._stored_keys(list({row[1] for row in entries}), lookup)
        for ref, person, kind, nonce, body, commitment in entries:
            key = keys.get(person)
            if key is None:
                raise _tampered(ref)
            if not key.erased:
                yield ref, self._value(self._unwrapped(key), (ref, person, kind), (nonce, body, commitment))

    def _damaged_of(self, refs: Sequence[str], lookup: Lookup) -> Iterator[TamperedError]:
        """All refs are tried at once, and one by one only when that fails."""
        try:
            self.open(refs, lookup)
        except TamperedError as error:
            if len(refs) == 1:
                yield error
                return
            middle = len(refs) // 2
            yield from self._damaged_of(refs[:middle], lookup)
            yield from self._damaged_of(refs[middle:], lookup)

    def _value(self, cipher: AuthenticatedCipher, names: tuple[str, str, str], sealed: Row) -> str:
        nonce, body, commitment = (bytes(part) for part in sealed)
        try:
            plain = cipher.decrypt(nonce, body, self._bound(*names))
        except (InvalidTag, ValueError) as error:
            raise _tampered(names[0]) from error
        salt, text = plain[:SALT_LENGTH], plain[SALT_LENGTH:]
        if not hmac.compare_digest(commit(salt, text), commitment):
            raise _tampered(names[0])
        return text.decode()


def open_vault(home: Home) -> Vault:
    """The vault of a home, with the master key its settings name; raises `MasterKeyError`."""
    return Vault(home.district, load_master_key(home.key_file), home.settings.vault.cipher)


def erased_persons(lookup: Lookup, persons: Sequence[str]) -> set[str]:
    """Who among them was erased; needs no master key."""
    stored = lookup.rows(vault_key.name, ("person", "wrapped"), "person", persons)
    return {row[0] for row in stored if not row[1]}


def commit(salt: bytes, text: bytes) -> bytes:
    """SHA-256 over a salt of 16 bytes and a text: binds to the text and, without the salt, says nothing about it."""
    return sha256(salt + text).digest()


def plain_form(kind: str, value: str) -> str:
    """One spelling per value, so that a person is found again: `+86 138-0000-0000` is `13800000000`."""
    text = re.sub(r"[\s\-()]", "", unicodedata.normalize("NFKC", value)).upper()
    if kind == "phone":
        return re.sub(r"^(\+|00)?86(?=1\d{10}$)", "", text)
    return text


def _tampered(ref: str) -> TamperedError:
    return TamperedError(
        f"vault entry {ref} was changed or moved since it was written", "sanban restore BACKUP --home NEW"
    )
