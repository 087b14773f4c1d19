"""A surface in a format that others have set: raw answers under a prefix of their own, as plain values.

Pages answer HTML and operations of our API answer our JSON. A public standard has its own documents, its own way of
saying no, and clients that nobody can change. A slice says what such a surface is; the web shell binds it:

    SurfaceRoute.handler: SurfaceRequest -> Written
    Surface.fault:        (path, status, reference) -> Written, for what fails before or beside a handler

A handler sees no cookie and no viewer: whoever asks is anybody. What needs a key checks it itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

from sanban.kernel.view import Language, Values, first


class SurfaceRequest(msgspec.Struct, frozen=True):
    """One call. `now` in microseconds UTC; `origin`: scheme and host it was sent to; `language`: the deployment's.

    `headers`: those that the surface reads, by their names in small letters. `body`: SHA-256 of what was sent.
    `address`: where it came from, for counting alone.
    """

    now: int
    language: Language
    origin: str
    path: dict[str, str] = {}
    query: Values = {}
    form: Values = {}
    headers: dict[str, str] = {}
    body: bytes = b""
    address: str = ""

    def asked(self, name: str, default: str = "") -> str:
        """A value of the query string."""
        return first(self.query, name, default)

    def given(self, name: str, default: str = "") -> str:
        """A field of the form."""
        return first(self.form, name, default)

    def header(self, name: str) -> str:
        """A header that the surface reads; '' where it was not sent."""
        return self.headers.get(name, "")


class Written(msgspec.Struct, frozen=True):
    """An answer as it goes out."""

    content: bytes
    media_type: str
    status: int = 200
    headers: dict[str, str] = {}


class SurfaceRoute(msgspec.Struct, frozen=True):
    """One address; `path` holds placeholders for text, as a page's does."""

    method: Literal["GET", "POST"]
    path: str
    name: str
    handler: Callable[[SurfaceRequest], Written]


class Surface(msgspec.Struct, frozen=True):
    """Everything under a `prefix`. `reads`: headers its handlers see; `body_limit` in bytes."""

    prefix: str
    routes: tuple[SurfaceRoute, ...]
    fault: Callable[[str, int, str], Written]
    reads: tuple[str, ...] = ()
    body_limit: int = 65_536

    def owns(self, path: str) -> bool:
        """Whether an address is the surface's to answer."""
        return path == self.prefix or path.startswith(self.prefix + "/")


def name_and_format(text: str, formats: tuple[str, ...]) -> tuple[str, str]:
    """`street-light.json` as its name and its format; the format is '' where the ending is none of `formats`."""
    name, dot, ending = text.rpartition(".")
    return (name, ending) if dot and ending in formats else (text, "")
