"""A brief's text as plain values, the same for Word, PDF and the page: sections with paragraphs and tables."""

from __future__ import annotations

import msgspec


class Table(msgspec.Struct, frozen=True):
    """Rows of cells under a head. `keys`: for each row, the key of what it says (figure and unit)."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    keys: tuple[str, ...]


class Section(msgspec.Struct, frozen=True):
    """A numbered part of the text."""

    heading: str
    paragraphs: tuple[str, ...]
    table: Table | None = None


class Document(msgspec.Struct, frozen=True):
    """The whole: who issues it, what it is called, of which week, its parts, and where its numbers come from."""

    issuer: str
    title: str
    of: str
    sections: tuple[Section, ...]
    signed: tuple[str, ...]


class Words(msgspec.Struct, frozen=True):
    """The text in both languages, as it lies in the vault."""

    zh: Document
    en: Document
