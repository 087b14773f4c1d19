"""A district's folder becomes one table of duty, or every fault of all its files with its line and an example."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import read_once
from sanban.kernel.duty.answer import Answer, NoAnswer, on_duty, who_answers
from sanban.kernel.duty.place import Place
from sanban.kernel.errors import Fault, FaultsFound
from sanban.packs.district import District, load_district

MONDAY_NOON = 1_767_585_600_000_000
"""2026-01-05T12:00+08:00."""


@pytest.fixture(scope="module")
def demo() -> District:
    return read_once.district()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small district: one street, two grids."""
    files = {
        "district.yaml": "district: small\ntitle: {zh: 小区, en: Small}\nzone: Asia/Shanghai\n"
        "valid_from: 2024-01-01\norigin: illustrative\nsynthetic: yes\n",
        "units.yaml": "units:\n  - {code: desk, kind: desk, title: {zh: 受理台, en: Desk}}\n"
        "  - {code: s1, kind: street, title: {zh: 一街道, en: First}}\n"
        "  - {code: team, kind: grid_team, title: {zh: 组, en: Team}, parent: s1}\n",
        "directory.yaml": "rows:\n  - {id: d1, duty: street, area: s1, unit: s1}\n"
        "  - {id: g1, duty: street, level: grid, areas: [a, b], unit: team}\n",
        "rosters.yaml": "rosters:\n  - unit: desk\n    from: 2026-01-05\n    to: 2026-01-12\n    shifts:\n"
        "      - {days: [monday], from: 8:00, to: 16:00, officers: [op-1]}\n"
        "      - {days: [every_day], from: 16:00, to: 8:00, officers: [op-2]}\n",
        "links.yaml": "links:\n  - {kind: agent_of, source: firm, target: owner, valid_from: 2026-01-01}\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    write_grids(tmp_path, {"a": [0.0, 0.01], "b": [0.01, 0.02]})
    return tmp_path


def ring(west: float, east: float) -> list[list[float]]:
    return [[west, 0.0], [east, 0.0], [east, 0.01], [west, 0.01], [west, 0.0]]


def write_grids(folder: Path, spans: dict[str, list[float]], **more: object) -> None:
    shapes = [({"outline": True}, ring(0.0, 0.02))]
    shapes += [({"code": code, "street": "s1"}, ring(*span)) for code, span in spans.items()]
    features = [
        {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [points]}}
        for properties, points in shapes
    ]
    lines = ",\n".join(json.dumps(feature) for feature in features)
    head = "".join(f", {json.dumps(name)}: {json.dumps(value)}" for name, value in more.items())
    text = f'{{"type": "FeatureCollection"{head}, "features": [\n{lines}\n]}}\n'
    (folder / "grids.geojson").write_text(text, encoding="utf-8")


def faults_of(folder: Path) -> tuple[Fault, ...]:
    with pytest.raises(FaultsFound) as found:
        load_district(folder)
    return found.value.faults


def test_a_small_folder_becomes_a_district(folder: Path) -> None:
    district = load_district(folder)
    assert (district.code, district.desk, district.zone, district.synthetic) == ("small", "desk", "Asia/Shanghai", True)
    answer = who_answers(district.duty, "noise", "street", Place("a", None), MONDAY_NOON)
    assert isinstance(answer, Answer)
    assert (answer.unit, answer.entry) == ("s1", "d1")
    below = who_answers(district.duty, "noise", "street", Place("b", None), MONDAY_NOON, level="grid")
    assert isinstance(below, Answer)
    assert (below.unit, below.entry, below.answerable) == ("team", "g1.b", "s1")
    assert district.links.agents_of("owner", MONDAY_NOON) == {"firm"}
    assert district.titles["s1"].en == "First"


def test_weekly_shifts_are_laid_out_over_their_dates(folder: Path) -> None:
    table = load_district(folder).duty
    hour = 3_600_000_000
    assert on_duty(table, "desk", MONDAY_NOON) == ("op-1",)
    assert on_duty(table, "desk", MONDAY_NOON + 12 * hour) == ("op-2",)
    assert on_duty(table, "desk", MONDAY_NOON + 24 * hour) == ()
    assert on_duty(table, "desk", MONDAY_NOON - 7 * 24 * hour) == ()


def test_the_same_files_give_the_same_version_and_others_another(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    copy = tmp_path_factory.mktemp("copy") / "district"
    shutil.copytree(folder, copy)
    version = load_district(folder).duty.version
    assert load_district(copy).duty.version == version
    with (copy / "units.yaml").open("a", encoding="utf-8") as file:
        file.write("# one more line\n")
    assert load_district(copy).duty.version != version


def test_overlapping_and_gapped_grids_are_refused_with_size_codes_and_place(folder: Path) -> None:
    write_grids(folder, {"a": [0.0, 0.012], "b": [0.01, 0.019]})
    faults = {fault.code: fault for fault in faults_of(folder)}
    assert set(faults) == {"overlap", "gap"}
    overlap = faults["overlap"]
    assert overlap.line == 4
    assert "247,8" in overlap.message
    assert "a, b" in overlap.message
    assert "[0.011" in overlap.message
    assert overlap.example


@pytest.mark.parametrize(
    ("name", "old", "new", "line", "code"),
    [
        ("district.yaml", "Asia/Shanghai", "Asia/Nowhere", 3, "not_a_zone"),
        ("district.yaml", "synthetic: yes", "synthetic: maybe", 6, "not_yes_or_no"),
        ("district.yaml", "synthetic: yes", "syntetic: yes", 6, "unknown_key"),
        ("units.yaml", "kind: street", "kind: steet", 3, "not_a_choice"),
        ("units.yaml", "parent: s1", "parent: s2", 4, "unknown_unit"),
        ("units.yaml", "parent: s1", "parent: team", 4, "parent_ring"),
        ("units.yaml", "code: team", "code: s1", 4, "versions_clash"),
        ("units.yaml", "code: desk", "code: a b", 2, "bad_code"),
        ("units.yaml", "parent: s1", "valid_to: 2023-01-01", 4, "wrong_span"),
        ("units.yaml", "units:\n  -", "units: desk\nmore:\n  -", 1, "wrong_kind"),
        ("directory.yaml", "unit: team", "unit: nobody", 3, "unknown_unit"),
        ("directory.yaml", "id: g1", "id: d1", 3, "id_twice"),
        ("directory.yaml", "level: grid", "level: room", 3, "not_a_choice"),
        ("rosters.yaml", "unit: desk", "unit: nobody", 2, "unknown_unit"),
        ("rosters.yaml", "to: 2026-01-12", "to: 2026-01-01", 4, "wrong_span"),
        ("rosters.yaml", "to: 16:00", "to: 26:00", 6, "not_a_time"),
        ("rosters.yaml", "[monday]", "[moonday]", 6, "unknown_day"),
        ("links.yaml", "agent_of", "friend_of", 2, "not_a_choice"),
        ("links.yaml", "2026-01-01", "someday", 2, "not_a_date"),
        ("grids.geojson", '"s1"', '"s9"', 3, "unknown_street"),
        ("grids.geojson", '"code": "a"', '"code": 1', 3, "bad_code"),
        ("grids.geojson", '"code": "a"', '"code": "b"', 4, "versions_clash"),
        ("grids.geojson", '"outline": true', '"outline": false', 2, "bad_code"),
        ("grids.geojson", '"Polygon"', '"LineString"', 2, "wrong_geometry"),
        ("grids.geojson", "[0.01, 0.0]", "[4523400.1, 340123.2]", 3, "other_crs"),
        ("grids.geojson", "[0.01, 0.0]", '["0.01", "0.0"]', 3, "wrong_geometry"),
        ("grids.geojson", '"code": "a"', '"code": "a", "valid_from": "soon"', 3, "not_a_date"),
        ("grids.geojson", '"code": "a"', '"code": "a", "valid_to": "2020-01-01"', 3, "wrong_span"),
    ],
)
def test_each_fault_is_named_with_its_file_and_line(
    folder: Path, name: str, old: str, new: str, line: int, code: str
) -> None:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    faults = [fault for fault in faults_of(folder) if fault.code == code]
    assert (str(path), line) in [(fault.path, fault.line) for fault in faults]
    assert all(fault.example for fault in faults)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "not_json"),
        (b"\xff\xfe", "not_json"),
        (b"[1, 2]", "no_features"),
        (b'{"type": "FeatureCollection", "features": []}', "no_features"),
        (b'{"features": [7]}', "no_properties"),
        (b'{"features": [{"type": "Feature", "properties": {"outline": true}, "geometry": null}]}', "wrong_geometry"),
    ],
)
def test_what_is_no_geojson_is_said_so(folder: Path, content: bytes, code: str) -> None:
    (folder / "grids.geojson").write_bytes(content)
    assert [fault.code for fault in faults_of(folder)] == [code]


def test_another_coordinate_system_is_refused_with_how_to_convert(folder: Path) -> None:
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4549"}}
    write_grids(folder, {"a": [0.0, 0.01], "b": [0.01, 0.02]}, crs=crs)
    (fault,) = faults_of(folder)
    assert fault.code == "other_crs"
    assert "4549" in fault.message
    assert "EPSG:4326" in fault.example


def test_the_declared_crs_of_wgs84_is_taken(folder: Path) -> None:
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    write_grids(folder, {"a": [0.0, 0.01], "b": [0.01, 0.02]}, crs=crs)
    assert len(load_district(folder).duty.grids.versions) == 2


def test_faults_of_several_files_come_together(folder: Path) -> None:
    (folder / "units.yaml").write_text("units:\n  - {code: s1, kind: street}\n", encoding="utf-8")
    (folder / "links.yaml").unlink()
    faults = faults_of(folder)
    assert {Path(fault.path).name for fault in faults} == {"units.yaml", "links.yaml", "directory.yaml", "rosters.yaml"}
    assert {"missing_key", "not_readable", "unknown_unit"} <= {fault.code for fault in faults}


def test_every_duty_of_every_shipped_matter_is_answered_in_every_grid_of_the_demo(demo: District) -> None:
    noon = MONDAY_NOON
    specs = {
        (matter.head.matter, spec.duty)
        for matter in read_once.matters().in_force(noon)
        if matter.mechanism is not None
        for spec in matter.mechanism.tasks.values()
    }
    assert specs
    unanswered = {
        (matter, duty, answer.reason)
        for matter, duty in specs
        for code in demo.duty.grids.versions
        if isinstance(answer := who_answers(demo.duty, matter, duty, Place(code), noon), NoAnswer)
    }
    assert unanswered == set()


def test_each_grid_has_a_team_under_its_own_street(demo: District) -> None:
    for code, versions in demo.duty.grids.versions.items():
        answer = who_answers(demo.duty, "noise", "street", Place(code), MONDAY_NOON, level="grid")
        assert isinstance(answer, Answer)
        assert answer.answerable == versions[0].street


def test_somebody_is_always_at_the_desk(demo: District) -> None:
    hour = 3_600_000_000
    assert all(on_duty(demo.duty, demo.desk, MONDAY_NOON + step * hour) for step in range(24 * 7))
