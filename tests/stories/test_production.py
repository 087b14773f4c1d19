"""From demo to production, on both stores: refused while anything is an illustration, served once it is adopted."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from litestar.testing import TestClient

from sanban.handling.reactions import SYSTEM, Arrival, opening
from sanban.kernel.errors import FaultsFound
from sanban.ledger.migrations.addresses import postgres_url
from sanban.ledger.migrations.upgrading import upgrade
from sanban.ledger.port import Part, Submission
from sanban.main.house import open_house
from sanban.main.serving import application
from stories.test_main_job import ROWS, sanban, status, written

BY = ("--authority", "区城运中心", "--document", "城运〔2026〕3号", "--date", "2026-01-15")
ADOPTED = ("noise", "water-outage", "waste", "short-let")
PASSWORD = "correct-horse-battery"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A home in production mode, just made."""
    folder = tmp_path / "home"
    words = ["init", "--mode", "production", "--code", "310109", "--title", "某区"]
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_database")
        upgrade(postgres_url(url))
        words += ["--database-url", url]
    sanban(*words, home=folder)
    return folder


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_the_refusal_lists_every_illustration_with_its_cure(home: Path, tmp_path: Path) -> None:
    told = sanban("import", str(written(tmp_path / "messages.csv", ROWS)), home=home, code=2)
    assert f"{home / 'sanban.toml'}: synthetic: the district demo is invented" in " ".join(told.split())
    assert "sanban district new" in told
    assert "hours of the office" in told
    assert "sanban calendar adopt" in told
    assert "noise@2024-01-01 is an illustration" in told
    assert "emergency_water_after, a number that is only an illustration" in told
    with open_house(home) as house:
        running = {one.head.matter for one in house.matters.in_force(house.clock())}
        with pytest.raises(FaultsFound) as refused:
            house.ledger.reach()
    assert {name for name in running if f"matter adopt {name} " in told} == running
    assert all("--home" in fault.example for fault in refused.value.faults)


def test_looking_and_caring_for_the_store_is_never_refused(home: Path) -> None:
    assert status(home)["requests"] == 0
    sanban("verify", home=home)


def test_every_step_to_production_is_a_command_and_the_home_is_served(home: Path, tmp_path: Path) -> None:
    sanban("district", "new", home=home)
    assert "says that the district is invented" in sanban("district", "adopt", *BY, home=home, code=2)
    edit(home / "district" / "district.yaml", "synthetic: yes", "synthetic: no")
    sanban("district", "adopt", *BY, home=home)
    sanban("calendar", "adopt", *BY, home=home)
    sanban("matter", "adopt", *ADOPTED, *BY, home=home)
    edit(home / "sanban.toml", 'shipped_matters = ["all"]', "shipped_matters = []")
    sanban("district", "check", home=home)
    sanban("matter", "check", str(home / "matters"))
    sanban("officer", "add", "operator-1", "--role", "operator", "--unit", "hotline", "--password", PASSWORD, home=home)
    sanban("import", str(written(tmp_path / "messages.csv", ROWS)), home=home)
    assert status(home)["requests"] == len(ROWS)
    with open_house(home) as house:
        in_force = house.matters.in_force(house.clock())
        assert sorted(one.head.matter for one in in_force) == sorted(ADOPTED)
        assert {one.head.origin for one in in_force} == {"local"}
        with TestClient(application(house), base_url="https://district.example") as client:
            page = client.get("/sign-in")
            assert "demo-handler" not in page.text
            token = re.search(r'name="_csrf_token"[^>]*value="([^"]+)"', page.text)
            assert token is not None
            form = {"account": "operator-1", "password": PASSWORD, "_csrf_token": token[1]}
            assert client.post("/sign-in", data=form, follow_redirects=True).status_code == 200
            assert client.get("/requests").status_code == 200
    sanban("backup", str(tmp_path / "copy"), "--with-key", home=home)
    sanban("verify", home=home)


def test_a_backup_of_a_home_with_its_own_matters_district_and_hours_verifies_elsewhere(tmp_path: Path) -> None:
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    sanban("init", home=home)
    sanban("matter", "adopt", "noise", *BY, home=home)
    sanban("calendar", "adopt", *BY, home=home)
    sanban("district", "new", home=home)
    sanban("run", home=home)
    sanban("backup", str(tmp_path / "copy"), "--with-key", home=home)
    assert "whole" in sanban("restore", str(tmp_path / "copy"), home=elsewhere)
    sanban("verify", home=elsewhere)
    with open_house(home) as before, open_house(elsewhere) as after:
        assert after.matters.hash == before.matters.hash
        assert after.matters.keys["noise@2024-01-01"].head.origin == "local"


def test_an_own_version_replaces_the_shipped_one_from_its_day_and_keeps_the_older(tmp_path: Path) -> None:
    home = tmp_path / "home"
    sanban("init", home=home)
    sanban("matter", "adopt", "noise", "e-bike-charging", *BY, home=home)
    own = home / "matters" / "e-bike-charging"
    (own / "mechanism.yaml").unlink()
    (own / "cases" / "thrown-wire-2025.yaml").unlink()
    with open_house(home) as house:
        origins = {key: one.head.origin for key, one in house.matters.keys.items() if key.startswith("e-bike")}
        assert origins == {"e-bike-charging@2024-01-01": "illustrative", "e-bike-charging@2026-01-01": "local"}
        assert house.matters.keys["noise@2024-01-01"].head.adopted.startswith("区城运中心")
        assert house.matters.keys["waste@2024-01-01"].head.origin == "illustrative"


def test_a_shipped_matter_that_nobody_has_is_named_with_the_nearest(tmp_path: Path) -> None:
    home = tmp_path / "home"
    sanban("init", home=home)
    edit(home / "sanban.toml", '["all"]', '["nois"]')
    assert "did you mean" in sanban("status", home=home, code=2)


def test_a_matter_that_is_in_the_home_is_adopted_where_it_stands(tmp_path: Path) -> None:
    home = tmp_path / "home"
    sanban("init", home=home)
    sanban("matter", "adopt", "waste", *BY, home=home)
    mechanism = home / "matters" / "waste" / "mechanism.yaml"
    edit(mechanism, "format: 1", "# ours\nformat: 1")
    sanban("matter", "adopt", "waste", *BY[:-1], "2026-02-01", home=home)
    text = mechanism.read_text(encoding="utf-8")
    assert text.count("adopted:") == 1
    assert "# ours" in text
    assert "2026-02-01" in text
    assert "neither the home nor the program" in sanban("matter", "adopt", "nothing", *BY, home=home, code=2)


def test_a_duty_that_no_unit_answers_for_is_named_with_a_row_that_cures_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    sanban("init", home=home)
    sanban("district", "new", home=home)
    directory = home / "district" / "directory.yaml"
    kept = [line for line in directory.read_text(encoding="utf-8").splitlines() if "duty: water," not in line]
    directory.write_text("\n".join(kept) + "\n", encoding="utf-8")
    told = sanban("district", "check", home=home, code=1)
    assert "nobody answers for the duty water" in told
    assert "water-outage@2024-01-01" in told
    assert "{id: d-water, duty: water, unit: street-01}" in told


def test_production_looks_at_what_open_cases_are_pinned_to(tmp_path: Path) -> None:
    home, then, now = tmp_path / "home", 1_764_547_200_000_000, 1_780_279_200_000_000  # 2025-12-01 and 2026-06-01
    sanban("init", "--mode", "trial", home=home)
    with open_house(home, lambda: then) as house:
        for number, matter in enumerate(("e-bike-charging", "noise", "noise")):
            args = {"requester": "person:1", "desk": "hotline", "channel": "phone", "text": f"v:{number:032}"}
            arrival = Arrival(f"r{number}", "person:1", "phone", "hotline", then, matter, "", "street-01")
            parts = (Part(f"request:r{number}", "receive", args), *opening(arrival).parts)
            assert house.ledger.submit(Submission(f"c{number}", SYSTEM, parts)).refused is None
    sanban("matter", "adopt", "e-bike-charging", *BY, home=home)
    own = home / "matters" / "e-bike-charging"
    (own / "mechanism.yaml").unlink()
    (own / "cases" / "thrown-wire-2025.yaml").unlink()
    edit(home / "sanban.toml", 'mode = "trial"', 'mode = "production"')
    edit(home / "sanban.toml", 'shipped_matters = ["all"]', 'shipped_matters = ["e-bike-charging"]')
    with open_house(home, lambda: now) as house:
        assert [one.key for one in house.matters.in_force(now)] == ["e-bike-charging@2026-01-01"]
        with pytest.raises(FaultsFound) as refused:
            house.ledger.reach()
    told = {fault.message.partition(",")[0]: fault.example for fault in refused.value.faults}
    missing = told["2 open cases run under noise@2024-01-01"]
    assert "put mechanism-2024-01-01.yaml back into" in missing
    illustrative = next(cure for message, cure in told.items() if message.startswith("e-bike-charging@2024-01-01"))
    assert "matter adopt e-bike-charging" in illustrative
