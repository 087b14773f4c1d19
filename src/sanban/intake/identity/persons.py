"""Who said it: a random id, found again through the vault's look-up, which dies with the person.

    user     the account at the source              found again by (source, user)
    caller   the last eleven digits of a phone      found again by the phone
    nothing  each request has a person of its own   named after the request, which says nothing about anybody

A number that many give because they must give one is nobody's: too short, masked, one digit over and over, or counted
up or down. Strangers who gave it stay strangers, which `is_placeholder` lets every shell say.

An id tells nothing, and nothing that is kept leads to it once the person was erased: who comes again is new. A name
alone is no identity, because people share names.
"""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from sanban.ledger.port import Secret

LEAST_DIGITS = 7
"""A subscriber's number without its area code. Source: numbering plan of the Chinese mainland, 7 or 8 digits."""
MASKS = re.compile(r"[*xX＊×#]")
REPEATED = re.compile(r"(\d)\1{7,}$|^(\d)\2+$")
COUNTING = ("01234567890123456789", "98765432109876543210")


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
    return None if is_placeholder(phone) else Identity("caller", _digits(phone)[-11:])


def is_placeholder(phone: str) -> bool:
    """Whether a phone names nobody in particular; so does none at all."""
    digits = _digits(phone)
    if len(digits) < LEAST_DIGITS or MASKS.search(phone) or REPEATED.search(digits):
        return True
    runs = (digits[start : start + LEAST_DIGITS] for start in range(len(digits) - LEAST_DIGITS + 1))
    return any(run in counting for run in runs for counting in COUNTING)


def _digits(phone: str) -> str:
    return re.sub(r"[^0-9]", "", unicodedata.normalize("NFKC", phone))


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
