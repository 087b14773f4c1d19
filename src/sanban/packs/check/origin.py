"""On whose authority a matter runs: official and adopted files say so."""

from __future__ import annotations

from collections.abc import Iterator

from sanban.kernel.errors import Fault
from sanban.packs.check.place import fault_at
from sanban.packs.reading.mechanism import Draft


def check(draft: Draft) -> Iterator[Fault]:
    """`official` needs its source, `local` the authority, document and date of its adoption; no other has these."""
    head = draft.head
    own = draft.material.own.value
    given = own.keys() if isinstance(own, dict) else frozenset[str]()
    if head.origin == "official" and "source" not in given:
        message = "an official matter names the document it follows"
        example = "source: {document: 国办函〔2025〕66号, article: 第三条, date: 2025-06-30}"
        yield fault_at(draft, ("origin",), "origin_without_source", message, example)
    if head.origin == "local" and "adopted" not in given:
        message = "a local matter was adopted by an authority, in a document, on a date"
        example = "adopted: {authority: 区城运中心, document: 城运〔2026〕3号, date: 2026-01-15}"
        yield fault_at(draft, ("origin",), "origin_without_adoption", message, example)
    if head.origin != "local" and "adopted" in given:
        message = f"what an authority has adopted is local, not {head.origin}"
        yield fault_at(draft, ("adopted",), "adoption_without_local", message, "origin: local")
