"""The vault's tables, on the ledger's metadata.

vault_master   which master key this district's vault is written with
vault_key      a person's wrapped key; an empty `wrapped` is the tombstone of an erased person
vault_entry    one encrypted value per ref; its salt is inside the ciphertext, so the commitment cannot be guessed
vault_lookup   keyed hash of a value by which a person is found again; it dies with its person
"""

from __future__ import annotations

from sqlalchemy import Index, Table

from sanban.ledger.schema import blob, key, metadata, text

vault_master = Table("vault_master", metadata, key("district"), blob("fingerprint"))

vault_key = Table(
    "vault_key",
    metadata,
    key("district"),
    key("person"),
    blob("wrapped"),
    text("cipher"),
)

vault_entry = Table(
    "vault_entry",
    metadata,
    key("district"),
    key("ref"),
    text("person"),
    text("kind"),
    blob("nonce"),
    blob("body"),
    blob("commitment"),
    Index("vault_entry_person", "district", "person"),
)

vault_lookup = Table(
    "vault_lookup",
    metadata,
    key("district"),
    key("ref"),
    text("person"),
    text("kind"),
    blob("hmac"),
    Index("vault_lookup_hmac", "district", "kind", "hmac"),
    Index("vault_lookup_person", "district", "person"),
)
