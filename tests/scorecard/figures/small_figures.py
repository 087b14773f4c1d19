"""Figures written in a test, and sessions on facts made by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import read_once
from columnar.made_facts import facts
from sanban.columnar.session import Session, duckdb_session
from sanban.kernel.clock.calendar import Calendar
from sanban.packs.figures.definition import Definition, FigureBook
from sanban.packs.figures.loading import load_figures
from sanban.scorecard.figures.spans import Period, period_of

HEAD = """format: 1
version: 2024-01-01
origin: illustrative
title: {zh: 数, en: Figure}
assumption: {zh: 设, en: Assumed}
"""


def calendar() -> Calendar:
    return read_once.calendar()


@lru_cache
def shipped() -> FigureBook:
    return load_figures()


def period(text: str) -> Period:
    return period_of(text, calendar())


def figure(folder: Path, body: str, *, key: str = "made") -> Definition:
    """The figure of a file with this body below `HEAD`."""
    (folder / f"{key}.yaml").write_text(f"{HEAD}figure: {key}\n{body}", encoding="utf-8")
    (found,) = load_figures((folder,)).definitions
    return found


def session(folder: Path, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> Session:
    return duckdb_session(folder, facts(folder, rows))
