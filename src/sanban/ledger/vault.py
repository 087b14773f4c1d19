"""The vault: personal data beside the ledger, encrypted under a key per person.

    sealing   secrets of a batch --> rows of `vault_key` (new persons), `vault_entry`, `vault_lookup`
    opening   refs --> plain values; a ref that was erased is absent, a row that was changed or moved is `DAMAGED`

A value is sealed as salt || text; its associated data binds it to (district, ref, person, kind). The row's commitment
is SHA-256(salt || text): the salt being inside the ciphertext, a short value such as a phone number cannot be guessed
from it, and nobody can ever again after the person's key is gone. Keys are read with every batch, inside its
transaction, so that an erased person stays erased whoever erased them; only the unwrapping is remembered.
"""

from __future__ import annotations

import hmac
import logging
import re
import secrets as chance
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec
from cryptography.exceptions import InvalidTag

from sanban.kernel.errors import SanbanError
from sanban.kernel.view import DAMAGED
from sanban.ledger.home import Home
from sanban.ledger.port import Secret
from sanban.ledger.sealing import Lookup, Sealed, SealedRef
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
LOOKUP_KINDS = frozenset({"caller", "external_no", "id_number", "phone", "user"})
REMEMBERED_KEYS = 8192
REFS_AT_ONCE = 5000
REFS_FOUND = 100
HASHES_AT_ONCE = 500
BYTES_AT_ONCE = 32 * 1024 * 1024

Row = tuple[Any, ...]
log = logging.getLogger("sanban.ledger")


class ErasedPersonError(SanbanError):
    """Personal data came for a person who was erased."""


class Key(msgspec.Struct, frozen=True):
    """A row of `vault_key`."""

    person: str
    wrapped: bytes
    cipher: str

    @property
    def erased(self) -> bool:
        return not self.wrapped


class Entry(NamedTuple):
    """A row of `vault_entry`, without its district."""

    ref: str
    person: str
    kind: str
    nonce: bytes
    body: bytes
    commitment: bytes


class Vault:
    """Seals and opens for one district; safe for several threads. It is a `Sealer` and an `Opener`."""

    def __init__(self, district: str, master: MasterKey, cipher: str = "AES-256-GCM") -> None:
        self.district = district
        self._master = master
        self._suite = suite(cipher)
        self._master_known = False
        self._unwrapped = lru_cache(maxsize=REMEMBERED_KEYS)(self._unwrap)

    def seal(self, secrets: Sequence[Secret], lookup: Lookup) -> Sealed:
        """Rows by table and commitments for all secrets of one batch.

        Raises `ErasedPersonError`, and `MasterKeyError` when the vault has another key.
        """
        if not secrets:
            return Sealed({}, [])
        tables: dict[str, list[Row]] = {vault_master.name: self._master_rows(lookup)}
        ciphers, tables[vault_key.name] = self._ciphers(secrets, lookup)
        tables[vault_entry.name] = entries = list(self._entries(secrets, ciphers))
        tables[vault_lookup.name] = [
            (self.district, *wanted) for secret in secrets if (wanted := self.lookup_of(secret)) is not None
        ]
        filled = {table: rows for table, rows in tables.items() if rows}
        return Sealed(filled, [SealedRef(entry[1], entry[2], entry[6]) for entry in entries])

    def agrees(self, secrets: Sequence[Secret], lookup: Lookup) -> bool:
        """Whether what stands under the secrets' refs says the same; what was erased or damaged contradicts nothing."""
        kept = self.open([secret.ref for secret in secrets], lookup)
        return all(kept.get(secret.ref, secret.value) in (secret.value, DAMAGED) for secret in secrets)

    def open(self, refs: Sequence[str], lookup: Lookup) -> dict[str, str]:
        """Plain values of refs; erased and unknown ones are absent, one that does not open is `DAMAGED` and logged.

        Raises `MasterKeyError`.
        """
        opened: dict[str, str] = {}
        for start in range(0, len(refs), REFS_AT_ONCE):
            opened.update(self._open_some(refs[start : start + REFS_AT_ONCE], lookup))
        return opened

    def find(self, kind: str, value: str, lookup: Lookup) -> list[str]:
        """Persons who ever gave this value, sorted. `kind` is one of `LOOKUP_KINDS`."""
        return sorted({person for _, person in self._known_by(kind, value, lookup)})

    def keys(self, persons: Sequence[str], lookup: Lookup) -> dict[str, Key]:
        """The stored keys of persons; one statement."""
        stored = lookup.rows(vault_key.name, ("person", "wrapped", "cipher"), "person", persons)
        return {row[0]: Key(*row) for row in stored}

    def entries(self, refs: Sequence[str], lookup: Lookup) -> Iterable[Entry]:
        """The stored entries of refs, in no order; one statement."""
        return map(Entry._make, lookup.rows(vault_entry.name, Entry._fields, "ref", refs))

    def value(self, entry: Entry, key: Key | None) -> str:
        """An entry's text under its person's key, proven against its commitment; raises `TamperedError`."""
        if key is None:
            raise _tampered(entry.ref)
        cipher = self._unwrapped(key)
        try:
            plain = cipher.decrypt(entry.nonce, entry.body, self._bound(*entry[:3]))
            salt, text = plain[:SALT_LENGTH], plain[SALT_LENGTH:]
            is_committed_to = hmac.compare_digest(commit(salt, text), entry.commitment)
        except (InvalidTag, ValueError, TypeError) as error:
            raise _tampered(entry.ref) from error
        if not is_committed_to:
            raise _tampered(entry.ref)
        return text.decode()

    def living(self, key: Key) -> bool:
        """Whether a key unwraps under the master key."""
        try:
            self._unwrapped(key)
        except TamperedError:
            return False
        return True

    def lookup_of(self, secret: Secret) -> tuple[str, str, str, bytes] | None:
        """The look-up row of a secret without its district; None for kinds that nobody is found by."""
        if secret.kind not in LOOKUP_KINDS:
            return None
        return (secret.ref, secret.person, secret.kind, self._lookup_hash(secret.kind, secret.value))

    def find_refs(self, kind: str, value: str, lookup: Lookup) -> list[str]:
        """Refs under which this value was given, sorted; at most a hundred."""
        return sorted(ref for ref, _ in self._known_by(kind, value, lookup))[:REFS_FOUND]

    def _known_by(self, kind: str, value: str, lookup: Lookup) -> list[Row]:
        """(ref, person) of a value. Asked for in an order, SQLite would read the whole district in that order."""
        sql = "SELECT ref, person FROM vault_lookup WHERE district = :district AND kind = :kind AND hmac = :hmac"
        return lookup.query(sql, {"kind": kind, "hmac": self._lookup_hash(kind, value)})

    def find_many(self, pairs: Sequence[tuple[str, str]], lookup: Lookup) -> dict[tuple[str, str], str]:
        """For (kind, value) pairs the first person, by id, who gave each; those nobody gave are absent."""
        found: dict[tuple[str, str], str] = {}
        for kind in dict.fromkeys(kind for kind, _ in pairs):
            hashes = {self._lookup_hash(kind, value): (kind, value) for one, value in pairs if one == kind}
            for digest, person in _persons_of(kind, list(hashes), lookup):
                found[hashes[digest]] = person
        return found

    def forget(self) -> None:
        """Drops the keys remembered in this process; called after an erasure."""
        self._unwrapped.cache_clear()

    def check_master(self, lookup: Lookup) -> None:
        """Raises `MasterKeyError` when the vault was written with another master key."""
        self._master_rows(lookup)

    def is_named_by(self, fingerprint: bytes) -> bool:
        """Whether a row of `vault_master` names this vault's master key."""
        return fingerprint == self._master.fingerprint

    def _master_rows(self, lookup: Lookup) -> list[Row]:
        """The row that names the master key when the vault has none yet."""
        if self._master_known:
            return []
        sql = "SELECT fingerprint FROM vault_master WHERE district = :district"
        stored = [row[0] for row in lookup.query(sql, {})]
        if stored and not self.is_named_by(stored[0]):
            raise another_master_key()
        self._master_known = bool(stored)
        return [] if stored else [(self.district, self._master.fingerprint)]

    def _unwrap(self, row: Key) -> AuthenticatedCipher:
        key = self._master.unwrap(self.district, row.person, row.cipher, row.wrapped)
        return suite(row.cipher).make(key)

    def _ciphers(self, secrets: Sequence[Secret], lookup: Lookup) -> tuple[dict[str, AuthenticatedCipher], list[Row]]:
        """A cipher for every person of the batch, and the rows of those who had none."""
        persons = list(dict.fromkeys(secret.person for secret in secrets))
        stored = self.keys(persons, lookup)
        ciphers: dict[str, AuthenticatedCipher] = {}
        new: list[Row] = []
        for person in persons:
            if person in stored:
                ciphers[person] = self._living(stored[person])
            else:
                ciphers[person], row = self._new_key(person)
                new.append(row)
        return ciphers, new

    def _living(self, row: Key) -> AuthenticatedCipher:
        if row.erased:
            message = f"person {row.person} was erased; what is known of them now belongs to a new person"
            raise ErasedPersonError(message, "register the person again under a new id")
        return self._unwrapped(row)

    def _new_key(self, person: str) -> tuple[AuthenticatedCipher, Row]:
        key = self._suite.new_key()
        wrapped = self._master.wrap(self.district, person, self._suite.name, key)
        return self._suite.make(key), (self.district, person, wrapped, self._suite.name)

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

    def _lookup_hash(self, kind: str, value: str) -> bytes:
        return self._master.lookup(self.district, kind, plain_form(kind, value))

    def _open_some(self, refs: Sequence[str], lookup: Lookup) -> Iterator[tuple[str, str]]:
        entries = list(self.entries(refs, lookup))
        if not entries:
            return
        self.check_master(lookup)
        keys = self.keys(list({entry.person for entry in entries}), lookup)
        for entry in entries:
            key = keys.get(entry.person)
            if key is not None and key.erased:
                continue
            try:
                yield entry.ref, self.value(entry, key)
            except TamperedError as error:
                log.error("%s", error.message)
                yield entry.ref, DAMAGED


def open_vault(home: Home) -> Vault:
    """The vault of a home, with the master key its settings name; raises `MasterKeyError`."""
    return Vault(home.district, load_master_key(home.key_file), home.settings.vault.cipher)


def another_master_key() -> MasterKeyError:
    """What is raised when the master key at hand opens nothing here."""
    return MasterKeyError(
        "the master key is not the one this vault was written with; nothing was read or written",
        "cp /media/safe/master.key HOME/master.key && chmod 600 HOME/master.key",
    )


def _persons_of(kind: str, hashes: Sequence[bytes], lookup: Lookup) -> Iterator[tuple[bytes, str]]:
    for start in range(0, len(hashes), HASHES_AT_ONCE):
        some = {f"h{number}": digest for number, digest in enumerate(hashes[start : start + HASHES_AT_ONCE])}
        names = ", ".join(f":{name}" for name in some)
        sql = (
            "SELECT hmac, MIN(person) FROM vault_lookup "  # noqa: S608 -- names of parameters, made here
            f"WHERE district = :district AND kind = :kind AND hmac IN ({names}) GROUP BY hmac"
        )
        for digest, person in lookup.query(sql, {"kind": kind, **some}):
            yield bytes(digest), str(person)


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
