"""What is asked of a figure in an engine's own words, made once: from period to period only the instants in it change.

Turning an expression into text costs several times what the engine then needs to answer it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import ibis.expr.types as ir

from sanban.columnar.session import Session
from sanban.packs.figures.definition import Definition
from sanban.scorecard.figures.building import Span, first, sums

_SINCE: Final = 7_919_000_000_000_017
_UNTIL: Final = 7_919_000_000_000_033
"""Instants of no ledger, which stand in a text for those that are asked for."""
_MOST: Final = 512
_texts: dict[tuple[object, ...], str] = {}


def question(session: Session, figure: Definition, span: Span) -> str:
    """The text that asks a session for the `sums` of a figure."""
    return _made(session, (repr(figure),), span, lambda asked: sums(figure, asked))


def listing(session: Session, figure: Definition, span: Span, **which: Any) -> str:
    """The text that asks for the `first` things behind a figure, by what `first` is told of them."""
    return _made(session, (repr(figure), *which.items()), span, lambda asked: first(figure, asked, **which))


def _made(session: Session, key: tuple[object, ...], span: Span, making: Callable[[Span], ir.Table]) -> str:
    text = _texts.get((session.dialect, *key))
    if text is None:
        if len(_texts) >= _MOST:
            _texts.clear()
        text = _texts[session.dialect, *key] = session.text(making(Span(_SINCE, _UNTIL)))
    return text.replace(str(_SINCE), str(span.since)).replace(str(_UNTIL), str(span.until))
