"""How files are kept: cut into pieces, each an entry of the vault, encrypted under the key of its person.

    bytes --> pieces of 384 KB --> `Secret`s named by a keyed hash --> written in the transaction of `attachment.added`

So a file is on disk exactly when its event is; it is in every backup, opened by every `verify`, and destroyed with its
person, all by what the vault does for texts. The hash is keyed, so that nobody can tell from a name whether a picture
they know is there.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Protocol

import msgspec

from sanban.ledger.port import Reader, Secret

PIECE = 384 * 1024
"""Bytes of a piece; a multiple of three, so that base64 needs no padding within a file."""


class Kept(Protocol):
    """Where files are kept."""

    def secrets(self, attachment: str, person: str, content: bytes) -> tuple[Secret, ...]:
        """What has to be written with the event, in the order of the pieces."""
        ...

    def read(self, parts: Sequence[str]) -> bytes | None:
        """The file of these pieces; None once its person is erased."""
        ...


class VaultKept:
    """Files in the vault. `key`: 32 bytes that never leave the deployment."""

    def __init__(self, reader: Reader, key: bytes) -> None:
        self._reader = reader
        self._key = key

    def secrets(self, attachment: str, person: str, content: bytes) -> tuple[Secret, ...]:
        """What has to be written with the event, in the order of the pieces."""
        whole = sha256(content).hexdigest()
        return tuple(
            Secret(self._name(attachment, whole, number), person, "file", base64.b64encode(piece).decode())
            for number, piece in enumerate(_pieces(content))
        )

    def read(self, parts: Sequence[str]) -> bytes | None:
        """The file of these pieces; None once its person is erased."""
        opened = self._reader.open_secrets(parts)
        if len(opened) < len(set(parts)):
            return None
        return b"".join(base64.b64decode(opened[part]) for part in parts)

    def _name(self, attachment: str, whole: str, number: int) -> str:
        digest = hmac.digest(self._key, msgspec.json.encode(("file", attachment, whole, number)), "sha256")
        return f"v:{digest.hex()[:32]}"


def _pieces(content: bytes) -> Iterator[bytes]:
    for start in range(0, len(content), PIECE):
        yield content[start : start + PIECE]
