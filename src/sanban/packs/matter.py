"""One version of one matter, loaded and whole; and all versions of all matters, found by name and instant or by key."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path

import msgspec

from sanban.kernel.mechanism import Mechanism, Title
from sanban.packs.reading.extending import plain
from sanban.packs.reading.figures import Figure
from sanban.packs.reading.head import Head
from sanban.packs.reading.mechanism import Draft
from sanban.packs.reading.parameters import Dated
from sanban.packs.reading.primitive import Primitive
from sanban.packs.reading.texts import Texts


class Matter(msgspec.Struct, frozen=True):
    """One version of one matter. `hash` covers all it is made of, so what has the same hash works the same."""

    head: Head
    path: Path
    base: bool
    hash: str
    mechanism: Mechanism | None
    primitive: Primitive | None
    figures: Mapping[str, Figure]
    texts: Mapping[str, Title]
    used: frozenset[str]
    known_keys: frozenset[str]
    illustrative_parameters: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """`matter@version`."""
        return self.head.key


class Matters:
    """Every version of every matter, oldest first."""

    def __init__(self, versions: Iterable[Matter]) -> None:
        by_matter: dict[str, list[Matter]] = {}
        for version in sorted(versions, key=lambda each: (each.head.matter, each.head.valid_from)):
            by_matter.setdefault(version.head.matter, []).append(version)
        self.versions: Mapping[str, tuple[Matter, ...]] = {name: tuple(each) for name, each in by_matter.items()}
        self.keys: Mapping[str, Matter] = {each.key: each for every in self.versions.values() for each in every}

    def __iter__(self) -> Iterator[Matter]:
        return iter(self.keys.values())

    def __len__(self) -> int:
        return len(self.keys)

    def version_of(self, matter: str, instant: int) -> Matter | None:
        """The version in force at an instant (microseconds UTC); None where there is none yet."""
        for each in reversed(self.versions.get(matter, ())):
            if each.head.valid_from <= instant:
                return each
        return None

    def mechanism_of(self, matter: str, instant: int) -> Mechanism | None:
        """The mechanism in force at an instant; None for a base, a primitive or an unknown matter too."""
        found = self.version_of(matter, instant)
        return None if found is None or found.base else found.mechanism

    def by_key(self, key: str) -> Mechanism | None:
        """The mechanism of `matter@version`, as a case is pinned to it."""
        found = self.keys.get(key)
        return None if found is None else found.mechanism

    def to_come(self, instant: int) -> tuple[Matter, ...]:
        """The versions, bases apart, that come into force after an instant."""
        return tuple(each for each in self if each.head.valid_from > instant and not each.base)

    def in_force(self, instant: int) -> tuple[Matter, ...]:
        """The matters, bases apart, in force at an instant, by name."""
        found = (self.version_of(name, instant) for name in self.versions)
        return tuple(each for each in found if each is not None and not each.base)

    @cached_property
    def hash(self) -> str:
        """One hash over all versions."""
        return _digest([[each.key, each.hash] for each in self])


def matter_of(draft: Draft) -> Matter:
    """The version a draft without faults is."""
    material = draft.material
    return Matter(
        head=draft.head,
        path=material.path,
        base=material.base,
        hash=_digest([plain(material.merged), _plain_texts(material.texts), _plain_parameters(material.parameters)]),
        mechanism=draft.mechanism,
        primitive=draft.primitive,
        figures=draft.figures,
        texts=material.texts.titles(),
        used=draft.used,
        known_keys=draft.known_keys,
        illustrative_parameters=tuple(
            name for name, dated in sorted(material.parameters.items()) if dated.origin == "illustrative"
        ),
    )


def _plain_texts(texts: Texts) -> object:
    return {path: [title.zh, title.en] for path, title in texts.titles().items()}


def _plain_parameters(parameters: Mapping[str, Dated]) -> object:
    return {name: [dated.range, dated.values] for name, dated in parameters.items()}


def _digest(value: object) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()
