"""What those read who may not read a requester's own words: the text written for their task, else what may stand.

What may stand is decided by `kernel.redaction`, under the words that the case's mechanism declares: clauses that name
nobody and no flat. So nothing has to be recognised as personal to be kept back.
"""

from __future__ import annotations

from functools import lru_cache

from sanban.handling.views.masking import Seen
from sanban.kernel.case.state import LEAD, Request, Task
from sanban.kernel.mechanism import Mechanism
from sanban.kernel.redaction import Redactor


def rewritten(seen: Seen, mechanism: Mechanism, request: Request) -> str:
    """What may stand of what was said; '' where nothing may."""
    said = seen.said(request)
    return _redactor(mechanism.triage.words).redact(said) if said else ""


def text_of(seen: Seen, mechanism: Mechanism, task: Task) -> str:
    """What a helping unit's task says: as it was written for it, else what may stand of the requests, each once."""
    if task.spec == LEAD or seen.sight.text == "none":
        return ""
    told = (rewritten(seen, mechanism, request) for request in seen.case.requests)
    return seen.text(task.text) or "\n".join(dict.fromkeys(filter(None, told)))


@lru_cache(256)
def _redactor(words: tuple[tuple[str, int], ...]) -> Redactor:
    return Redactor(word for word, _ in words)
