"""The keys of the vault: one key per person, wrapped by the master key, and the ciphers they feed.

    master key (file, 32 bytes) --HKDF--> wrapping key: wraps each person's key (AES-256-GCM)
                                --HKDF--> look-up key:  keyed hashes for finding a person by phone or id number
                                --HKDF--> fingerprint:  tells a wrong key from a tampered row

Whoever has the database without the master key has nothing; whoever destroys a person's wrapped key destroys what
stands under it. Wrapped keys and ciphertexts are bound to where they belong by their associated data, so that rows
which change places are noticed.
"""

from __future__ import annotations

import hmac
import secrets
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sanban.kernel.errors import SanbanError

NONCE_LENGTH = 12
TAG_LENGTH = 16
MASTER_LENGTH = 32


class MasterKeyError(SanbanError):
    """The master key is missing, malformed, readable by others, or another one than the vault was written with."""


class TamperedError(SanbanError):
    """A row of the vault does not open under its key: it was changed or moved."""


class AuthenticatedCipher(Protocol):
    """AEAD under one key: what it returns ends with a 16-byte tag; `decrypt` raises `InvalidTag`."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...


class Sm4Gcm:
    """SM4 (128-bit key) in Galois/counter mode. Source: GB/T 32907-2016 (SM4), NIST SP 800-38D (GCM)."""

    def __init__(self, key: bytes) -> None:
        self._algorithm = algorithms.SM4(key)

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        encryptor = Cipher(self._algorithm, modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(associated_data or b"")
        return encryptor.update(data) + encryptor.finalize() + encryptor.tag

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        if len(data) < TAG_LENGTH:
            raise InvalidTag
        body, tag = data[:-TAG_LENGTH], data[-TAG_LENGTH:]
        decryptor = Cipher(self._algorithm, modes.GCM(nonce, tag)).decryptor()
        decryptor.authenticate_additional_data(associated_data or b"")
        return decryptor.update(body) + decryptor.finalize()


class Suite(msgspec.Struct, frozen=True):
    """A cipher that personal keys may be made for. `key_length` in bytes."""

    name: str
    key_length: int
    make: Callable[[bytes], AuthenticatedCipher]

    def new_key(self) -> bytes:
        return secrets.token_bytes(self.key_length)


SUITES: dict[str, Suite] = {
    "AES-256-GCM": Suite("AES-256-GCM", 32, AESGCM),
    "SM4-GCM": Suite("SM4-GCM", 16, Sm4Gcm),
}


def suite(name: str) -> Suite:
    """The cipher of that name; raises `SanbanError` for one this version does not know."""
    if name not in SUITES:
        raise SanbanError(f"there is no cipher {name}", " or ".join(SUITES))
    return SUITES[name]


def binding(*parts: str) -> bytes:
    """Associated data: the parts as a JSON list, so that no two lists of parts give the same bytes."""
    return msgspec.json.encode(parts)


class MasterKey:
    """The deployment's master key; nothing in it can be printed by accident."""

    def __init__(self, raw: bytes) -> None:
        if len(raw) != MASTER_LENGTH:
            raise MasterKeyError(f"a master key has {MASTER_LENGTH} bytes, not {len(raw)}", _KEY_EXAMPLE)
        self._wrapping = AESGCM(_derive(raw, b"wrap"))
        self._lookup = _derive(raw, b"lookup")
        self.fingerprint = _derive(raw, b"fingerprint")[:16]

    def wrap(self, district: str, person: str, cipher: str, key: bytes) -> bytes:
        """Nonce and ciphertext of a person's key, bound to district, person and cipher."""
        nonce = secrets.token_bytes(NONCE_LENGTH)
        return nonce + self._wrapping.encrypt(nonce, key, binding(district, person, cipher))

    def unwrap(self, district: str, person: str, cipher: str, wrapped: bytes) -> bytes:
        """The person's key; raises `TamperedError` when the row was changed or belongs to another person."""
        try:
            nonce, body = wrapped[:NONCE_LENGTH], wrapped[NONCE_LENGTH:]
            return self._wrapping.decrypt(nonce, body, binding(district, person, cipher))
        except (InvalidTag, ValueError, TypeError) as error:
            raise TamperedError(f"the key of person {person} in the vault was tampered with", _RESTORE) from error

    def lookup(self, district: str, kind: str, value: str) -> bytes:
        """The keyed hash (32 bytes) under which a value of a kind is found again."""
        return hmac.digest(self._lookup, binding(district, kind, value), "sha256")


def load_master_key(path: Path) -> MasterKey:
    """The master key of a file; raises `MasterKeyError` when it is missing, malformed or readable by others."""
    try:
        mode = path.stat().st_mode
        raw = path.read_bytes()
    except FileNotFoundError as error:
        raise MasterKeyError(f"the vault's master key {path} is missing", _RETURN_KEY.format(path=path)) from error
    except OSError as error:
        raise MasterKeyError(
            f"the vault's master key {path} cannot be read: {error.strerror}", f"chmod 600 {path}"
        ) from error
    if stat.S_IMODE(mode) & 0o077:
        raise MasterKeyError(f"the vault's master key {path} can be read by others", f"chmod 600 {path}")
    return MasterKey(raw)


_RETURN_KEY = "cp /media/safe/master.key {path} && chmod 600 {path}"
_KEY_EXAMPLE = "head -c 32 /dev/urandom > master.key && chmod 600 master.key"
_RESTORE = "sanban restore BACKUP --home NEW"


def _derive(master: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, None, b"sanban vault 1 " + purpose).derive(master)
