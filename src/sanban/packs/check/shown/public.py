"""What anybody may see must not be about anybody: a public matter asks for no party and no premises."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sanban.kernel.errors import Fault
from sanban.packs.check.place import fault_at
from sanban.packs.reading.mechanism import Draft

OF_A_PERSON: Final = frozenset({"party", "place"})


def check(draft: Draft) -> Iterator[Fault]:
    """`public: true` beside a field that names a party or premises; a text is never shown, so it may stay."""
    mechanism = draft.mechanism
    if mechanism is None or not mechanism.public:
        return
    for field in mechanism.form.values():
        if field.kind in OF_A_PERSON or field.subject:
            message = f"a public matter is about a street's things; {field.name} names a {field.kind}"
            yield fault_at(draft, ("form", field.name), "public_about_a_party", message, "public: no")
