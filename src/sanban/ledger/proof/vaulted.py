"""The vault beside the chain: what the chain says was sealed must be there and open to just that, or its person erased.

    by command: every ref ever sealed  ->  entry there, opening to the commitment in the chain, with its look-up row;
                                           or gone, and its person's erasure an event of the ledger
    by key:     every person's key     ->  opens under the master key; or blank, and the erasure an event
    the rest:   entries, keys and look-ups that nothing sealed, and the row that names the master key

A page of refs costs a constant number of statements. Only when the vault has more entries than were found sealed are
the strangers among them looked for: `BUCKET` of them at a time against all that was sealed.

A text of a case or of a request may stand under the key of its stream, which is erased like a person's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any, TypeVar

import msgspec

from sanban.ledger.erasure import PersonErased, stream_of
from sanban.ledger.port import Secret
from sanban.ledger.proof.findings import Report
from sanban.ledger.sealing import SealedRef
from sanban.ledger.stores.store import Snapshot
from sanban.ledger.vault import Entry, Key, Vault, another_master_key
from sanban.ledger.vault_keys import TamperedError
from sanban.ledger.vault_schema import vault_entry, vault_key, vault_lookup, vault_master

PAGE = 2000
BUCKET = 100_000
ERASED = str(PersonErased.__struct_config__.tag)
SEALED = "SELECT sealed FROM ledger_command WHERE district = :district AND sealed <> :nothing ORDER BY batch_no"
EVENTS = "SELECT position, stream, payload FROM ledger_event WHERE district = :district ORDER BY position"
MASTER = "SELECT fingerprint FROM vault_master WHERE district = :district"
KEYS = (
    "SELECT person, wrapped, cipher FROM vault_key WHERE district = :district AND person > :after "
    "ORDER BY person LIMIT :most"
)
KEYS_WITHOUT_ENTRY = (
    "SELECT k.person FROM vault_key k WHERE k.district = :district AND k.person > :after AND k.wrapped <> :nothing "
    "AND NOT EXISTS (SELECT 1 FROM vault_entry e WHERE e.district = k.district AND e.person = k.person) "
    "ORDER BY k.person LIMIT :most"
)
LOOKUPS_WITHOUT_ENTRY = (
    "SELECT l.ref FROM vault_lookup l WHERE l.district = :district AND l.ref > :after AND NOT EXISTS "
    "(SELECT 1 FROM vault_entry e WHERE e.district = l.district AND e.ref = l.ref) ORDER BY l.ref LIMIT :most"
)
ENTRIES = "SELECT ref, person FROM vault_entry WHERE district = :district AND ref > :after ORDER BY ref LIMIT :most"
LOOKUP_COLUMNS = ("ref", "person", "kind", "hmac")
COUNT = "SELECT count(*) FROM vault_entry WHERE district = :district"

_REF = re.compile(rb'"(v:[0-9a-f-]{32,36})"')
_PERSON = re.compile(rb'"(person:[0-9a-f-]{36})"')
T = TypeVar("T")
_decode_sealed = msgspec.json.Decoder(list[SealedRef]).decode


def check_vault(snapshot: Snapshot, vault: Vault, report: Report) -> None:
    """Adds what is not as it was sealed to a report. Raises `MasterKeyError` when the key at hand is another one."""
    _Proof(snapshot, vault, report).check()


class _Proof:
    """One pass over one snapshot."""

    def __init__(self, snapshot: Snapshot, vault: Vault, report: Report) -> None:
        self.snapshot = snapshot
        self.vault = vault
        self.report = report
        self.proven = 0

    def check(self) -> None:
        """Everything, part by part."""
        self._master()
        for sealed in _pages(self._sealed()):
            self._refs(sealed)
        for keys in self._paged(KEYS):
            self._keys([Key(*row) for row in keys])
        for (person,) in chain.from_iterable(self._paged(KEYS_WITHOUT_ENTRY)):
            self.report.add(vault_key.name, person, "extra", "nothing is sealed under it")
        for (ref,) in chain.from_iterable(self._paged(LOOKUPS_WITHOUT_ENTRY)):
            self.report.add(vault_lookup.name, ref, "extra", "no entry stands beside it")
        if self.snapshot.query(COUNT)[0][0] != self.proven:
            self._strangers()
        for pointing in _pages(_pointing(self.snapshot.stream(EVENTS))):
            self._pointed_to(pointing)

    def _master(self) -> None:
        """The row must name the key at hand; whether row or key is the wrong one is told by the persons' keys."""
        rows = self.snapshot.query(MASTER)
        if rows and self.vault.is_named_by(rows[0][0]):
            return
        some = [Key(*row) for row in self.snapshot.query(KEYS, {"after": "", "most": PAGE})]
        living = [key for key in some if not key.erased]
        if rows and living and not any(map(self.vault.living, living)):
            raise another_master_key()
        if rows or living:
            code = "changed" if rows else "missing"
            self.report.add(vault_master.name, self.report.district, code, "it does not name the master key")

    def _sealed(self) -> Iterator[SealedRef]:
        """All that was ever sealed, in the order of batches; commands that were changed are named by the chain."""
        for (sealed,) in self.snapshot.stream(SEALED, {"nothing": b""}):
            try:
                yield from _decode_sealed(sealed)
            except (msgspec.MsgspecError, TypeError):
                continue

    def _paged(self, sql: str, most: int = PAGE) -> Iterator[list[Any]]:
        """Rows of a statement with `:after` and `:most`, page by page; the first column is what it goes by."""
        after = ""
        while rows := self.snapshot.query(sql, {"after": after, "most": most, "nothing": b""}):
            yield rows
            after = rows[-1][0]

    def _erased(self, persons: Iterable[str]) -> set[str]:
        """Who among them was erased by an event of the ledger."""
        streams = {stream_of(person): person for person in persons}
        rows = self.snapshot.rows("ledger_event", ("stream", "type"), "stream", list(streams))
        return {streams[stream] for stream, kind in rows if kind == ERASED}

    def _refs(self, page: Sequence[SealedRef]) -> None:
        refs, persons = [one.ref for one in page], list({one.person for one in page})
        entries = {entry.ref: entry for entry in self.vault.entries(refs, self.snapshot)}
        lookups = {row[0]: row for row in self.snapshot.rows(vault_lookup.name, LOOKUP_COLUMNS, "ref", refs)}
        keys = self.vault.keys(persons, self.snapshot)
        erased = self._erased(persons)
        for person in persons:
            if person not in keys:
                what = "its secrets were sealed" if person not in erased else "the mark of its erasure is gone"
                self.report.add(vault_key.name, person, "missing", what)
        for one in page:
            self._ref(one, entries.get(one.ref), keys.get(one.person), lookups.get(one.ref), one.person in erased)

    def _ref(self, sealed: SealedRef, entry: Entry | None, key: Key | None, lookup: Any, is_erased: bool) -> None:
        self.report.sealed += 1
        if entry is None or entry.person != sealed.person:
            self.report.erased += is_erased
            if not is_erased:
                code = "missing" if entry is None else "changed"
                self.report.add(vault_entry.name, sealed.ref, code, f"{sealed.person} was not erased")
            return
        self.proven += 1
        if is_erased:
            self.report.add(vault_entry.name, sealed.ref, "extra", f"{sealed.person} was erased")
            return
        if entry.commitment != sealed.commitment:
            self.report.add(vault_entry.name, sealed.ref, "changed", "it is not what the chain says was sealed")
            return
        try:
            value = self.vault.value(entry, key)
        except TamperedError:
            self.report.add(vault_entry.name, sealed.ref, "changed", "it does not open under its key")
            return
        self._lookup(self.vault.lookup_of(Secret(entry.ref, entry.person, entry.kind, value)), lookup, sealed.ref)

    def _lookup(self, wanted: Any, found: Any, ref: str) -> None:
        if wanted != found:
            code = "missing" if found is None else "extra" if wanted is None else "changed"
            self.report.add(vault_lookup.name, ref, code, "it is not what its entry is found by")

    def _keys(self, keys: Sequence[Key]) -> None:
        erased = self._erased([key.person for key in keys])
        for key in keys:
            if key.person in erased and not key.erased:
                self.report.add(vault_key.name, key.person, "extra", "its person was erased")
            elif key.erased and key.person not in erased:
                self.report.add(vault_key.name, key.person, "changed", "blanked, and no erasure is recorded")
            elif not key.erased and not self.vault.living(key):
                self.report.add(vault_key.name, key.person, "changed", "it does not open under the master key")

    def _strangers(self) -> None:
        """Entries that no command sealed."""
        for rows in self._paged(ENTRIES, BUCKET):
            unknown = dict(rows)
            for one in self._sealed():
                if unknown.get(one.ref) == one.person:
                    del unknown[one.ref]
            for ref in unknown:
                self.report.add(vault_entry.name, ref, "extra", "no command of the ledger sealed it")

    def _pointed_to(self, page: Sequence[tuple[int, str, set[str]]]) -> None:
        """Refs of events that name a person must be there, whether they were sealed or never were."""
        there = {entry.ref for entry in self.vault.entries([ref for _, ref, _ in page], self.snapshot)}
        gone = [one for one in page if one[1] not in there]
        erased = self._erased({person for _, _, persons in gone for person in persons}) if gone else set()
        for position, ref, persons in gone:
            if persons.isdisjoint(erased):
                what = f"event {position} points to it, and its person was not erased"
                self.report.add(vault_entry.name, ref, "missing", what)


def _pointing(events: Iterable[Any]) -> Iterator[tuple[int, str, set[str]]]:
    """(position, ref, keys) for every ref of an event that names persons; the key of its own stream is one of them."""
    for position, stream, payload in events:
        if b'"v:' in payload and (persons := {found.decode() for found in _PERSON.findall(payload)}):
            for ref in _REF.findall(payload):
                yield position, ref.decode(), persons | {stream}


def _pages(rows: Iterator[T]) -> Iterator[list[T]]:
    while page := list(islice(rows, PAGE)):
        yield page
