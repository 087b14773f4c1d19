"""Speaking with a requester through a number that the platform lends: neither side sees the other's.

The number is asked for once, when the step is taken, by whoever may take it. It stands in the vault under the
requester's key, and the page of the one who asked shows it until its time is over.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sanban.handling.joining import verb_of
from sanban.handling.needs import Needs
from sanban.handling.views.lines import Opened

RELAY = "relay"


def note_of(needs: Needs, opened: Opened, step: str, args: Mapping[str, Any], note: str) -> str:
    """The note of a step: as it was written, and for a relay the number lent, '' where there is none."""
    if verb_of(opened.mechanism, step) != RELAY:
        return note
    request = opened.case.request(str(args.get("request", "")))
    if needs.relay is None or request is None or not any(one.name == step for one in opened.steps):
        return ""
    ref = needs.requests([request.id])[request.id].phone
    phone = needs.reader.open_secrets([ref]).get(ref, "") if ref else ""
    return needs.relay.number(f"{opened.case.id} {request.id} {len(opened.case.relayed)}", phone) if phone else ""
