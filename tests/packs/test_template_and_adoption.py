"""A new matter is valid as written; an adoption changes the lines it must and no other."""

from __future__ import annotations

from pathlib import Path

import pytest

import read_once
from sanban.kernel.clock.calendar import day_of_iso
from sanban.kernel.errors import SanbanError
from sanban.packs.change.adopt import adopt
from sanban.packs.loading import ZONE, load_matters
from sanban.packs.rehearsal import rehearse_all
from sanban.packs.template import write_template

DAY = day_of_iso("2026-01-15")
AUTHORITY, DOCUMENT, DATE = "区城运中心", '城运〔2026〕3号 "试行": #1', "2026-02-01"


def test_a_new_matter_passes_every_check_and_its_example_holds(tmp_path: Path) -> None:
    written = write_template(tmp_path, "street-light", DAY)
    assert all(path.is_file() for path in written)
    matters = load_matters([tmp_path])
    assert [matter.key for matter in matters] == ["street-light@2026-01-15"]
    played = rehearse_all(matters, matters, read_once.calendar(), ZONE)
    assert played.examples == 1
    assert not played.faults


@pytest.mark.parametrize("name", ["Street Light", "", "../up", "a_b", "x" + "/y"])
def test_a_bad_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SanbanError, match="not a matter's name"):
        write_template(tmp_path, name, DAY)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_there_is_never_written_over(tmp_path: Path) -> None:
    write_template(tmp_path, "street-light", DAY)
    with pytest.raises(SanbanError, match="there already"):
        write_template(tmp_path, "street-light", DAY)


def test_adoption_makes_the_matter_local_and_keeps_the_rest_of_the_file(tmp_path: Path) -> None:
    write_template(tmp_path, "street-light", DAY)
    path = tmp_path / "street-light" / "mechanism.yaml"
    before = path.read_text(encoding="utf-8").splitlines()
    adopt(path, AUTHORITY, DOCUMENT, DATE)
    after = path.read_text(encoding="utf-8").splitlines()
    changed = [line for line in after if line not in before]
    assert [line.split(":")[0] for line in changed] == ["origin", "adopted"]
    assert [line for line in before if line not in after] == [line for line in before if line.startswith("origin:")]
    mechanism = load_matters([tmp_path]).by_key("street-light@2026-01-15")
    assert mechanism is not None
    assert (mechanism.origin, mechanism.source) == ("local", f"{AUTHORITY}, {DOCUMENT}, {DATE}")


def test_a_later_adoption_replaces_the_earlier(tmp_path: Path) -> None:
    write_template(tmp_path, "street-light", DAY)
    path = tmp_path / "street-light" / "mechanism.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace(
            "origin: illustrative", "origin: local\nadopted:\n  authority: a\n  document: b\n  date: 2025-01-01\n#"
        ),
        encoding="utf-8",
    )
    adopt(path, AUTHORITY, DOCUMENT, DATE)
    assert path.read_text(encoding="utf-8").count("adopted:") == 1
    assert load_matters([tmp_path]).keys["street-light@2026-01-15"].head.adopted.startswith(AUTHORITY)


@pytest.mark.parametrize(
    ("authority", "document", "date", "says"),
    [
        ("", DOCUMENT, DATE, "authority"),
        (AUTHORITY, " ", DATE, "document"),
        (AUTHORITY, "two\nlines", DATE, "document"),
        (AUTHORITY, DOCUMENT, "1 Feb", "not a date"),
    ],
)
def test_an_adoption_needs_authority_document_and_date(
    tmp_path: Path, authority: str, document: str, date: str, says: str
) -> None:
    write_template(tmp_path, "street-light", DAY)
    path = tmp_path / "street-light" / "mechanism.yaml"
    before = path.read_bytes()
    with pytest.raises(SanbanError, match=says):
        adopt(path, authority, document, date)
    assert path.read_bytes() == before


def test_a_file_that_cannot_be_changed_by_line_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "mechanism.yaml"
    path.write_text("{matter: a, origin: illustrative}\n", encoding="utf-8")
    with pytest.raises(SanbanError, match="by itself"):
        adopt(path, AUTHORITY, DOCUMENT, DATE)
    assert path.read_text(encoding="utf-8") == "{matter: a, origin: illustrative}\n"
    assert [each.name for each in tmp_path.iterdir()] == ["mechanism.yaml"]
