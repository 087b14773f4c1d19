"""The question of a figure in an engine's own words, made once: from period to period only the instants in it change.

Turning an expression into text costs several times what the engine then needs to answer it.
"""

from __future__ import annotations

from typing import Final

from sanban.columnar.session import Session
from sanban.packs.figures.definition import Definition
from sanban.scorecard.figures.building import Span, sums

_SINCE: Final = 7_919_000_000_000_017
_UNTIL: Final = 7_919_000_000_000_033
"""Instants of no ledger, which stand in a text for those that are asked for."""
_MOST: Final = 512
_texts: dict[tuple[str, str], str] = {}


def question(session: Session, figure: Definition, span: Span) -> str:
    """The text that asks a session for the `sums` of a figure."""
    key = session.dialect, repr(figure)
    text = _texts.get(key)
    if text is None:
        if len(_texts) >= _MOST:
            _texts.clear()
        text = _texts[key] = session.text(sums(figure, Span(_SINCE, _UNTIL)))
    return text.replace(str(_SINCE), str(span.since)).replace(str(_UNTIL), str(span.until))
