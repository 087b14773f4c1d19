"""Who said it: a random id, found again through the vault's look-up, which dies with the person.

    user     the account at the source              found again by (source, user)
    caller   the last eleven digits of a phone      found again by the phone
    nothing  each request has a person of its own   named after the request, which says nothing about anybody

An id tells nothing, and nothing that is kept leads to it once the person was erased: who comes again is new. A name
alone is no identity, because people share names.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from sanban.ledger.port import Secret


class Identity(NamedTuple):
    """By what a person is found again: `kind` is `caller` or `user`."""

    kind: str
    value: str


FindsPersons = Callable[[Sequence[Identity]], Mapping[Identity, str]]
"""The vault's look-up: the living persons who gave these before."""


class Found(NamedTuple):
    """A person, and whether the identity is to be kept with them, as it must be when nobody had known them."""

    person: str
    kept: bool


def nobody(_identities: Sequence[Identity]) -> Mapping[Identity, str]:
    """Knows nobody."""
    return {}


def identity_of(source: str, user: str, phone: str) -> Identity | None:
    """By what a row's person is found again, an account before a phone; None for neither."""
    if user:
        return Identity("user", f"{source}\n{user}")
    digits = re.sub(r"\D", "", phone)
    return Identity("caller", digits[-11:]) if digits else None


def find_or_make(find: FindsPersons, identities: Iterable[Identity | None]) -> dict[Identity, Found]:
    """Everybody's person: known ones as they are, others under new ids. One look-up for all."""
    wanted = list(dict.fromkeys(one for one in identities if one is not None))
    known = find(wanted) if wanted else {}
    return {one: Found(known[one], kept=False) if one in known else Found(new_person(), kept=True) for one in wanted}


def new_person() -> str:
    """An id made of chance alone."""
    return f"person:{uuid.uuid4()}"


def keeping(identity: Identity, person: str, ref: str) -> Secret:
    """What is put into the vault so that the person is found again."""
    return Secret(ref, person, identity.kind, identity.value)
