"""Under whose key a text is sealed that staff write: the person it is about, else the thing that it is about.

A text about one request belongs to its requester and dies with them. A text about a case belongs to the case: its key
is called `case:<id>`, and it is destroyed with the last of its requesters (`main.meeting.facts`). Whatever was erased
stays erased, and nobody is kept from writing on: the next text stands under the next key, `case:<id>.2`.
"""

from __future__ import annotations

from sanban.ledger.port import Reader

_ERASED = "SELECT person FROM vault_key WHERE district = :district AND person = :person AND wrapped = :nothing"


def owner_of_text(reader: Reader, *wanted: str) -> str:
    """The first of the wanted keys that was not erased; where all were, the next one after the last."""
    for key in wanted:
        if not is_erased(reader, key):
            return key
    number = 2
    while is_erased(reader, f"{wanted[-1]}.{number}"):
        number += 1
    return f"{wanted[-1]}.{number}"


def is_erased(reader: Reader, key: str) -> bool:
    """Whether the key was destroyed: nothing can come under it any more."""
    return bool(reader.query(_ERASED, {"person": key, "nothing": b""}))
