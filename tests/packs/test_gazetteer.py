"""A district's gazetteer is checked line by line; what is wrong is said with a valid example."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from sanban.kernel.errors import FaultsFound
from sanban.packs.district import load_district, shipped_district
from sanban.packs.district.gazetteer import FILE

ROAD = {"kind": "road", "name": "示范路", "numbers": [1, 99]}
LINE = {"type": "LineString", "coordinates": [[123.39, 30.39], [123.41, 30.39]]}
ACROSS = {"type": "LineString", "coordinates": [[123.40, 30.38], [123.40, 30.40]]}
POINT = {"type": "Point", "coordinates": [123.40, 30.40]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(shipped_district(), tmp_path / "d")
    return tmp_path / "d"


def write(folder: Path, *features: tuple[dict, dict]) -> None:
    lines = [json.dumps({"type": "Feature", "properties": one, "geometry": shape}) for one, shape in features]
    text = '{"type": "FeatureCollection", "features": [\n' + ",\n".join(lines) + "\n]}\n"
    (folder / FILE).write_text(text, encoding="utf-8")


def test_a_district_without_a_gazetteer_loads(folder: Path) -> None:
    (folder / FILE).unlink()
    assert load_district(folder).gazetteer.spots == ()


def test_roads_that_cross_make_a_junction_and_two_estates_may_share_a_name(folder: Path) -> None:
    estate = {"kind": "estate", "name": "团结新村"}
    elsewhere = {"type": "Point", "coordinates": [123.40, 30.39]}
    write(folder, (ROAD, LINE), ({"kind": "road", "name": "文化路"}, ACROSS), (estate, POINT), (estate, elsewhere))
    found = load_district(folder).gazetteer
    assert len(found.spots) == 4
    (crossing,) = found.crossings
    assert (crossing.point.lon, crossing.point.lat) == (1_234_000_000, 303_900_000)


def test_the_version_is_that_of_the_file(folder: Path) -> None:
    before = load_district(folder)
    assert load_district(folder).gazetteer.version == before.gazetteer.version
    write(folder, (ROAD, LINE))
    after = load_district(folder)
    assert after.gazetteer.version != before.gazetteer.version
    assert after.duty.version == before.duty.version


WRONG = [
    (ROAD | {"kind": "raod"}, LINE, "not_a_choice", "road"),
    (ROAD | {"name": "1"}, LINE, "bad_name", "示范路"),
    (ROAD | {"name": "123"}, LINE, "bad_name", "示范路"),
    (ROAD | {"alias": ["示范大道"]}, LINE, "unknown_key", "name"),
    (ROAD | {"aliases": "示范大道"}, LINE, "wrong_kind", "aliases"),
    (ROAD | {"numbers": [9, 1]}, LINE, "bad_numbers", "[1, 199]"),
    (ROAD | {"numbers": [1, True]}, LINE, "bad_numbers", "[1, 199]"),
    ({"kind": "estate", "name": "团结新村", "numbers": [1, 9]}, POINT, "bad_numbers", "[1, 199]"),
    (ROAD, POINT, "wrong_geometry", "LineString"),
    (ROAD, {"type": "LineString", "coordinates": [[123.39, 30.39]]}, "too_small", "LineString"),
    ({"kind": "estate", "name": "团结新村"}, LINE, "wrong_geometry", "road"),
    ({"kind": "estate", "name": "团结新村"}, {"type": "Point", "coordinates": [0.0, 0.0]}, "outside", "outline"),
    ({"kind": "estate", "name": "团结新村"}, {"type": "Point", "coordinates": ["a", 0.0]}, "wrong_geometry", "["),
]


@pytest.mark.parametrize(("properties", "geometry", "code", "example"), WRONG)
def test_each_fault_has_its_line_and_a_valid_example(folder: Path, properties, geometry, code, example) -> None:
    write(folder, ({"kind": "landmark", "name": "广场"}, POINT), (properties, geometry))
    with pytest.raises(FaultsFound) as found:
        load_district(folder)
    (fault,) = found.value.faults
    assert (fault.line, fault.code, Path(fault.path).name) == (3, code, FILE)
    assert example in fault.example


def test_a_road_named_twice_is_said_with_the_line_of_the_first(folder: Path) -> None:
    write(folder, (ROAD, LINE), (ROAD, ACROSS))
    with pytest.raises(FaultsFound) as found:
        load_district(folder)
    assert [(fault.line, fault.code) for fault in found.value.faults] == [(3, "name_twice")]
    assert "line 2" in found.value.faults[0].message


def test_the_threshold_of_places_is_basis_points(folder: Path) -> None:
    text = (folder / "district.yaml").read_text(encoding="utf-8")
    (folder / "district.yaml").write_text(text.replace("auto_at: 8500", "auto_at: 85 %"), encoding="utf-8")
    with pytest.raises(FaultsFound) as found:
        load_district(folder)
    assert [fault.code for fault in found.value.faults] == ["not_an_integer"]
    (folder / "district.yaml").write_text(text.replace("places: {auto_at: 8500}", ""), encoding="utf-8")
    assert load_district(folder).places_from is None
