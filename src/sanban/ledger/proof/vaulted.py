"""The vault beside the chain: what events point to must be there and open, unless its person was erased.

A text of a case or of a request may stand under the key of its stream, which is erased like a person's.

Vault rows have no place in the chain, since they must be able to go. Their ciphertexts are bound to their place by
their key; here every entry is opened, and every reference of an event that names its person is looked up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sanban.ledger.port import Stored
from sanban.ledger.proof.findings import Finding, Report
from sanban.ledger.reading.reader import StoreReader
from sanban.ledger.sealing import Lookup
from sanban.ledger.vault import Vault, erased_persons
from sanban.ledger.vault_schema import vault_entry

PAGE = 2000
REF = re.compile(rb'"(v:[0-9a-f-]{32,36})"')
PERSON = re.compile(rb'"(person:[0-9a-f-]{36})"')


def check_vault(reader: StoreReader, vault: Vault, report: Report) -> None:
    """Adds what is missing or damaged in the vault to a report."""
    with reader.source.lookup() as lookup:
        for damage in vault.damaged(lookup):
            report.add(vault_entry.name, damage.message, "changed", "does not open under its key")
        for finding in _missing(reader, lookup):
            report.add(finding.place, finding.key, finding.code, finding.what)


def _missing(reader: StoreReader, lookup: Lookup) -> Iterator[Finding]:
    position = 0
    while page := reader.since(position, PAGE):
        yield from _missing_of(page, lookup)
        position = page[-1].position


def _missing_of(page: list[Stored], lookup: Lookup) -> Iterator[Finding]:
    wanted = {
        ref.decode(): (event.position, persons | {event.stream})
        for event in page
        if (persons := {person.decode() for person in PERSON.findall(event.payload)})
        for ref in REF.findall(event.payload)
    }
    there = {row[0] for row in lookup.rows(vault_entry.name, ("ref",), "ref", list(wanted))} if wanted else set()
    gone = {ref: found for ref, found in wanted.items() if ref not in there}
    if not gone:
        return
    erased = erased_persons(lookup, sorted({person for _, persons in gone.values() for person in persons}))
    for ref, (position, persons) in sorted(gone.items()):
        if persons.isdisjoint(erased):
            what = f"event {position} points to it, and its person was not erased"
            yield Finding(vault_entry.name, ref, "missing", what)
