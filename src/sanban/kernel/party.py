"""Parties and the links between them: who acts for whom.

A party is a person, a unit or a firm. Two kinds of link matter: `agent_of` (a property company acts for the owner of a
flat, a lawyer for a firm) and `member_of` (an officer belongs to a unit, an employee to a firm). Links are dated and
may form rings; every walk visits a party once.

What one party may learn, those who act for it may learn: so to keep a secret from the party complained about, it is
kept from `bound_to` that party as well: its agents, its members, their agents, and so on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal

import msgspec

from sanban.kernel.duty.validity import in_force

PartyKind = Literal["person", "unit", "firm"]
LinkKind = Literal["agent_of", "member_of"]


class Party(msgspec.Struct, frozen=True):
    """Someone in any role. The id of a unit's party is the unit's code."""

    id: str
    kind: PartyKind


class Link(msgspec.Struct, frozen=True):
    """`source` is the agent, or a member, of `target`, from `valid_from` up to `valid_to` (microseconds UTC)."""

    kind: LinkKind
    source: str
    target: str
    valid_from: int
    valid_to: int | None = None


class Links(msgspec.Struct, frozen=True):
    """All links, indexed from both ends; made by `links`."""

    by_target: dict[str, tuple[Link, ...]] = {}
    by_source: dict[str, tuple[Link, ...]] = {}

    def agents_of(self, party: str, instant: int) -> frozenset[str]:
        """Everyone who acts for the party at the instant, at any remove; not the party itself."""
        return _walk((party,), lambda at: self._sources(at, instant, ("agent_of",))) - {party}

    def bound_to(self, party: str, instant: int) -> frozenset[str]:
        """The party, its agents and its members, and theirs, at any remove."""
        return _walk((party,), lambda at: self._sources(at, instant, ("agent_of", "member_of")))

    def stands_for(self, parties: Iterable[str], instant: int) -> frozenset[str]:
        """The parties and everyone they are bound to, at any remove: `bound_to` read from the other end."""
        return _walk(parties, lambda at: self._targets(at, instant))

    def _sources(self, party: str, instant: int, kinds: tuple[LinkKind, ...]) -> list[str]:
        return [link.source for link in self.by_target.get(party, ()) if link.kind in kinds and in_force(link, instant)]

    def _targets(self, party: str, instant: int) -> list[str]:
        return [link.target for link in self.by_source.get(party, ()) if in_force(link, instant)]


NO_LINKS = Links()


def links(found: Iterable[Link]) -> Links:
    """Index the links, in any order."""
    by_target: dict[str, tuple[Link, ...]] = {}
    by_source: dict[str, tuple[Link, ...]] = {}
    for link in found:
        by_target[link.target] = (*by_target.get(link.target, ()), link)
        by_source[link.source] = (*by_source.get(link.source, ()), link)
    return Links(by_target, by_source)


def _walk(starts: Iterable[str], step: Callable[[str], Iterable[str]]) -> frozenset[str]:
    """Everything reached from `starts`, `starts` included; a ring is walked once."""
    reached: set[str] = set()
    waiting = list(starts)
    while waiting:
        party = waiting.pop()
        if party not in reached:
            reached.add(party)
            waiting.extend(step(party))
    return frozenset(reached)
