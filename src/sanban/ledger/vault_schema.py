"""The vault's tables, beside the ledger's.

vault_master   which master key this district's vault is written with
vault_key      a person's wrapped key; an empty `wrapped` is the tombstone of an erased person
vault_entry    one encrypted value per ref; its salt is inside the ciphertext, so the commitment cannot be guessed
vault_lookup   keyed hash of a value by which a person is found again; it dies with its person
"""

from __future__ import annotations

from sanban.ledger.schema import declared

vault_master = declared("vault_master", "district:text", "fingerprint:bytes")

vault_key = declared("vault_key", "district:text person:text", "wrapped:bytes cipher:text")

vault_entry = declared(
    "vault_entry",
    "district:text ref:text",
    "person:text kind:text nonce:bytes body:bytes commitment:bytes",
    vault_entry_person="district person",
)

vault_lookup = declared(
    "vault_lookup",
    "district:text ref:text",
    "person:text kind:text hmac:bytes",
    vault_lookup_hmac="district kind hmac",
    vault_lookup_person="district person",
)

VAULT = (vault_master, vault_key, vault_entry, vault_lookup)
