"""The terms of the exchange with the city: every fault told at once, refused in production while invented."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from sanban.kernel.errors import FaultsFound
from sanban.ledger.home import open_home
from sanban.main.deployment.production import illustrated_city
from sanban.main.setup import init
from sanban.packs.desk.city import COLUMNS, KINDS, load_city_terms
from sanban.packs.desk.heeds import DESK

SHIPPED = (DESK / "city.yaml").read_text(encoding="utf-8")


def own(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "city.yaml").write_text(text, encoding="utf-8")
    return folder


def test_the_shipped_terms_are_an_illustration_with_every_word_of_the_exchange(tmp_path: Path) -> None:
    terms = load_city_terms(tmp_path)
    assert terms.origin == "illustrative"
    assert set(terms.files.columns) == set(COLUMNS)
    assert set(terms.files.kinds) == set(KINDS)
    assert all(names for words in (terms.files.columns, terms.files.kinds) for names in words.values())
    assert 0 < terms.reply.least < terms.reply.longest


def test_a_districts_own_terms_take_the_place_of_the_shipped(tmp_path: Path) -> None:
    text = SHIPPED.replace("origin: illustrative", "origin: local").replace("urging: 4 hours", "urging: 90 minutes")
    terms = load_city_terms(own(tmp_path / "own", text))
    assert (terms.origin, terms.urging) == ("local", 90 * 60_000_000)


def test_a_city_with_which_no_skew_was_agreed_has_none(tmp_path: Path) -> None:
    assert load_city_terms(tmp_path).skew == 10 * 60_000_000
    assert load_city_terms(own(tmp_path / "own", SHIPPED.replace("  skew: 10 minutes\n", ""))).skew == 0


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("urging: 4 hours", "urging: 4 working_days", "not_natural"),
        ("skew: 10 minutes", "skew: 1 working_day", "not_natural"),
        ("return: 1 working_day", "return: 1", "limit_without_unit"),
        ("written: csv", "written: pdf", "not_a_choice"),
        ("attempts: 8", "attempts: 800", "not_an_integer"),
        ("  instead: 工作人员\n", "", "missing_key"),
        ("attempts: 8", "attempts: 8\nsomething: else", "unknown_key"),
    ],
)
def test_what_is_wrong_is_told_with_its_line_and_a_valid_example(tmp_path: Path, old: str, new: str, code: str) -> None:
    folder = own(tmp_path / "own", SHIPPED.replace(old, new))
    with pytest.raises(FaultsFound) as raised:
        load_city_terms(folder)
    (fault,) = raised.value.faults
    assert (fault.code, bool(fault.line), bool(fault.example)) == (code, True, True)


def test_every_fault_of_the_terms_is_told_at_once(tmp_path: Path) -> None:
    text = SHIPPED.replace("urging: 4 hours", "urging: soon").replace("written: csv", "written: pdf")
    with pytest.raises(FaultsFound) as raised:
        load_city_terms(own(tmp_path / "own", text))
    assert len(raised.value.faults) == 2


def test_production_exchanges_nothing_on_terms_that_nobody_agreed_on(tmp_path: Path) -> None:
    init(tmp_path / "home", code="demo", title="示范区", mode="production", city="city")
    home, terms = open_home(tmp_path / "home"), load_city_terms(tmp_path)
    (fault,) = illustrated_city(home, terms)
    assert "origin: local" in fault.example
    assert illustrated_city(home, msgspec.structs.replace(terms, origin="local")) == []
    silent = msgspec.structs.replace(home, settings=msgspec.structs.replace(home.settings, city=""))
    assert illustrated_city(silent, terms) == []
