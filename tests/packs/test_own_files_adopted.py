"""Numbers, office hours and districts are adopted by lines, like matters; what cannot be is left as it was."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sanban.kernel.errors import FaultsFound, SanbanError
from sanban.packs.calendar import load_calendar
from sanban.packs.change.adopt import adopt_calendar, adopt_district, adopt_parameters
from sanban.packs.district import load_district
from sanban.packs.district.template import write_district
from sanban.packs.loading import SHIPPED, load_matters

BY = ("区城运中心", "城运〔2026〕3号", "2026-02-01")


def changed(before: str, after: str) -> list[str]:
    old = before.splitlines()
    return [line for line in after.splitlines() if line not in old]


def test_adopted_numbers_keep_their_values_and_name_the_document(tmp_path: Path) -> None:
    folder = shutil.copytree(SHIPPED / "water-outage", tmp_path / "water-outage")
    path = folder / "parameters" / "emergency_water_after.yaml"
    before = path.read_text(encoding="utf-8")
    before_it = load_matters([folder]).keys["water-outage@2024-01-01"].illustrative_parameters
    assert "emergency_water_after" in before_it
    adopt_parameters(path, *BY)
    assert changed(before, path.read_text(encoding="utf-8")) == [
        "  origin: local",
        '  source: {document: "城运〔2026〕3号", date: "2026-02-01"}',
    ]
    after_it = load_matters([folder]).keys["water-outage@2024-01-01"].illustrative_parameters
    assert set(before_it) - set(after_it) == {"emergency_water_after"}


def test_adopted_office_hours_are_local_and_change_two_lines(tmp_path: Path) -> None:
    folder = shutil.copytree(SHIPPED / "_calendar", tmp_path / "calendar")
    before = (folder / "cn.yaml").read_text(encoding="utf-8")
    for _ in range(2):
        adopt_calendar(folder, *BY)
    after = (folder / "cn.yaml").read_text(encoding="utf-8")
    assert [line.split(":")[0].strip() for line in changed(before, after)] == ["origin", "adopted"]
    assert load_calendar(folder).office_origin == "local"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("origin: illustrative", "origin: local"),
        ("origin: illustrative", "origin: illustrative\n  adopted: {authority: a, document: b, date: 2026-01-01}"),
    ],
)
def test_only_local_office_hours_say_who_adopted_them(tmp_path: Path, old: str, new: str) -> None:
    folder = shutil.copytree(SHIPPED / "_calendar", tmp_path / "calendar")
    text = (folder / "cn.yaml").read_text(encoding="utf-8")
    (folder / "cn.yaml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(FaultsFound, match="origin_without_adoption"):
        load_calendar(folder)


def test_a_new_district_is_valid_and_invented_until_it_says_otherwise(tmp_path: Path) -> None:
    folder = tmp_path / "district"
    written = write_district(folder, "010", '某区 "新"', "2024-01-01")
    assert len(written) == 6
    made = load_district(folder)
    assert (made.code, made.title.zh, made.synthetic, made.origin) == ("010", '某区 "新"', True, "illustrative")
    assert made.desk == "hotline"
    with pytest.raises(SanbanError, match="invented"):
        adopt_district(folder, *BY)
    head = folder / "district.yaml"
    head.write_text(head.read_text(encoding="utf-8").replace("synthetic: yes", "synthetic: no"), encoding="utf-8")
    adopt_district(folder, *BY)
    assert load_district(folder).adopted == ", ".join(BY)
    with pytest.raises(SanbanError, match="there already"):
        write_district(folder, "010", "某区", "2024-01-01")


def test_an_adopted_district_without_its_adoption_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "district"
    write_district(folder, "010", "某区", "2024-01-01")
    head = folder / "district.yaml"
    head.write_text(head.read_text(encoding="utf-8").replace("illustrative", "local"), encoding="utf-8")
    with pytest.raises(FaultsFound, match="origin_without_adoption"):
        load_district(folder)
    with pytest.raises(SanbanError, match=r"holds no district\.yaml"):
        adopt_district(tmp_path, *BY)
    with pytest.raises(SanbanError, match="0 head files"):
        adopt_calendar(tmp_path, *BY)
