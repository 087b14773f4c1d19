"""What is the same for every test is made once a process: shipped matters, districts, Chinese texts, templates, tables.

A test that lays down files of its own has them read; an empty ledger on SQLite is a copy of one whose tables were made
before, as `postgres_template` is for PostgreSQL. All of it is values that nobody changes, or files of their own.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from functools import cache, partial
from inspect import Signature, signature
from pathlib import Path
from types import CodeType
from typing import Any, TypeVar

import pytest
from jinja2 import Environment, FileSystemBytecodeCache
from litestar.utils.signature import ParsedSignature

from sanban.ledger.opening import sqlite
from sanban.ledger.port import Aggregate
from sanban.ledger.stores.shapes import projections
from sanban.packs.calendar import load_calendar
from sanban.packs.desk.city import load_city_terms
from sanban.packs.district.loading import load_district
from sanban.packs.loading import SHIPPED, load_running
from sanban.web.language import load

T = TypeVar("T")


def make_once(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """From here on; `folder` keeps the ledgers that are copied, and the templates as they were compiled."""
    shipped_matters, texts = cache(load_running), cache(load)

    def running(own: Any, run: Any, **zone: Any) -> Any:
        return load_running(own, run, **zone) if own else shipped_matters((), tuple(run), **zone)

    patch.setattr("sanban.main.house.load_running", running)
    patch.setattr("sanban.main.house.load_calendar", _of_shipped(load_calendar))
    patch.setattr("sanban.main.house.load_city_terms", _of_shipped(load_city_terms))
    districts = _of_shipped(load_district)
    patch.setattr("sanban.main.house.load_district", districts)
    patch.setattr("sanban.web.rendering.load", lambda language, files: texts(language, tuple(files)))
    compiled = FileSystemBytecodeCache(str(folder))
    patch.setattr("sanban.web.rendering.Environment", partial(Environment, bytecode_cache=compiled))
    patch.setattr(ParsedSignature, "from_fn", _of_signatures(ParsedSignature.from_fn))
    patch.setattr("sanban.ledger.opening.sqlite.prepare", _Templates(folder).prepare)


def _of_shipped(load_folder: Callable[[Path], T]) -> Callable[[Path], T]:
    """Reads a folder of a deployment whenever it is asked for, one that is shipped once."""
    known = cache(load_folder)
    return lambda folder: known(folder) if SHIPPED in folder.parents else load_folder(folder)


def _of_signatures(parse: Callable[..., ParsedSignature]) -> Callable[..., ParsedSignature]:
    """Every application binds the same handlers: what they take is read off each of them once."""
    known: dict[tuple[CodeType, Signature], ParsedSignature] = {}

    def parsed(handler: Any, names: dict[str, Any]) -> ParsedSignature:
        key = handler.__code__, signature(handler)
        return known[key] if key in known else known.setdefault(key, parse(handler, names))

    return parsed


class _Templates:
    """Ledgers without a shard's events, one for each district and set of tables."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[Any, Path] = {}
        self._prepare = sqlite.prepare

    def prepare(self, path: Path, district: str, aggregates: Mapping[str, Aggregate]) -> None:
        if path.exists():
            self._prepare(path, district, aggregates)
            return
        tables = projections(aggregates.values()).values()
        key = district, tuple((one.table, one.version, one.columns, one.key, one.indexes) for one in tables)
        if key not in self._known:
            template = self._folder / f"{len(self._known)}.db"
            self._prepare(template, district, aggregates)
            self._known[key] = template
        shutil.copyfile(self._known[key], path)
