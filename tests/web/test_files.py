"""Static files."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from sanban.web.files import FOR_EVER, StaticFiles


def _laid(tmp_path: Path) -> StaticFiles:
    (tmp_path / "vendor").mkdir()
    (tmp_path / "a.css").write_text("a{}", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("x", encoding="utf-8")
    (tmp_path / "vendor" / "tabler.min.css").write_text("b{}", encoding="utf-8")
    return StaticFiles((("", tmp_path), ("vendor/", tmp_path / "vendor")))


def test_an_address_changes_with_the_content(tmp_path: Path) -> None:
    first = _laid(tmp_path).address("a.css")
    (tmp_path / "a.css").write_text("a{color:red}", encoding="utf-8")
    assert StaticFiles((("", tmp_path),)).address("a.css") != first
    assert first.startswith("/static/a.css?v=")


def test_only_files_of_known_kinds_are_there(tmp_path: Path) -> None:
    files = _laid(tmp_path)
    assert files.laid
    assert files.get("notes.txt") is None
    assert files.address("gone.css") == "/static/gone.css"
    assert not StaticFiles((("", tmp_path),)).laid


def test_an_answer_is_kept_for_ever_only_under_its_hash(visitor: Any) -> None:
    address = visitor.client.app.state.get("x", "/static/sanban.css")
    plain = visitor.get(address)
    etag = plain.headers["etag"]
    assert plain.headers["cache-control"] == "no-cache"
    assert visitor.get(f"{address}?v={etag.strip(chr(34))}").headers["cache-control"] == FOR_EVER
    assert visitor.get(f"{address}?v=old").headers["cache-control"] == "no-cache"
    again = visitor.get(address, headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")


def test_a_file_is_sent_small_to_those_who_can_read_it(tmp_path: Path, visitor: Any) -> None:
    small = visitor.get("/static/sanban.css", headers={"Accept-Encoding": "gzip"})
    large = visitor.get("/static/sanban.css", headers={"Accept-Encoding": "identity"})
    assert small.headers["content-encoding"] == "gzip"
    assert int(small.headers["content-length"]) < int(large.headers["content-length"]) / 2
    assert small.content == large.content
    file = _laid(tmp_path).get("a.css")
    assert file is not None
    assert gzip.decompress(file.compressed) == file.content


@pytest.mark.parametrize(
    "name", ["../app.py", "..%2fapp.py", "%2e%2e/app.py", "/etc/passwd", "icons.txt", "", "vendor"]
)
def test_nothing_else_is_served(visitor: Any, name: str) -> None:
    assert visitor.get(f"/static/{name}").status_code == 404
