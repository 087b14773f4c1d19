"""Examples from the ledger's own history: what people said, and the matter under which the desk worked on it.

A request's label is the matter that its case has now, so a reclassification corrects it. A case that opened by itself
counts only once somebody has confirmed it: by reclassifying, or by closing it. Texts come from the vault; what was
erased is gone from training too. Read page by page, ordered by request.
"""

from __future__ import annotations

from collections.abc import Iterator

from sanban.intake.aggregate import stream_of
from sanban.intake.learning.examples import Example
from sanban.intake.request import Request
from sanban.ledger.port import Reader

PAGE = 500
_LINKED = (
    "SELECT r.request, c.matter, c.closed_at FROM request_view r JOIN case_view c "
    "ON c.district = r.district AND c.case_id = r.case_id "
    "WHERE r.district = :district AND r.request > :after ORDER BY r.request LIMIT :limit"
)


def ledger_examples(reader: Reader) -> Iterator[Example]:
    """The examples, in the order of their requests' ids."""
    after = ""
    while rows := reader.query(_LINKED, {"after": after, "limit": PAGE}):
        after = rows[-1][0]
        kept = [
            (request.received, matter)
            for request_id, matter, closed_at in rows
            if isinstance(request := reader.state(stream_of(request_id)), Request)
            and _is_confirmed(request, matter, closed=closed_at is not None)
        ]
        refs = [ref for received, _ in kept for ref in (received.text, received.title) if ref]
        opened = reader.open_secrets(refs)
        for received, matter in kept:
            text = opened.get(received.text, "")
            if text:
                yield Example(text, matter, opened.get(received.title, ""), received.requester)


def _is_confirmed(request: Request, matter: str, *, closed: bool) -> bool:
    suggested = request.best.matter if request.best else ""
    return not request.auto or closed or matter != suggested
