"""Receipts: what a person who filed here was given to follow their request with."""

from __future__ import annotations

import base64
import hmac


def receipt_of(key: bytes, command_id: str) -> str:
    """Fifty bits that nobody without the key can work out, as ten characters of base32; the same for a command."""
    return base64.b32encode(hmac.digest(key, b"receipt " + command_id.encode(), "sha256")).decode()[:10]
