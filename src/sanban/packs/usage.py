"""Lonely keys: keys of the format that fewer than two matters use. A key nobody shares is a key to question."""

from __future__ import annotations

from typing import NamedTuple

from sanban.packs.matter import Matters


class Lonely(NamedTuple):
    """A key of the format, as `limit.remind`, and the one matter that uses it, '' for none."""

    key: str
    matter: str


def lonely_keys(matters: Matters) -> tuple[Lonely, ...]:
    """Every lonely key, sorted; a key inherited from a base is used by every matter that extends it."""
    users: dict[str, set[str]] = {key: set() for matter in matters for key in matter.known_keys}
    for matter in matters:
        if not matter.base:
            for key in matter.used:
                users[key].add(matter.head.matter)
    return tuple(Lonely(key, next(iter(names), "")) for key, names in sorted(users.items()) if len(names) < 2)
