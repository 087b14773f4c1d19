"""The values that a surface in a foreign format is made of."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sanban.kernel.surface import Surface, SurfaceRequest, Written, name_and_format

FORMATS = ("xml", "json")


def test_a_name_ends_before_its_format() -> None:
    names = ("street-light.json", "street-light.csv", "json", "a.b.xml")
    split = [("street-light", "json"), ("street-light.csv", ""), ("json", ""), ("a.b", "xml")]
    assert [name_and_format(name, FORMATS) for name in names] == split


def test_a_surface_owns_its_prefix() -> None:
    surface = Surface("/open311", (), lambda path, status, reference: Written(b"", "text/xml", status))
    assert [surface.owns(path) for path in ("/open311", "/open311/v2", "/open312", "/")] == [True, True, False, False]


@given(st.text(max_size=20), st.sampled_from(FORMATS))
def test_a_name_keeps_every_dot_that_is_not_the_formats(name: str, ending: str) -> None:
    assert name_and_format(f"{name}.{ending}", FORMATS) == (name, ending)


@given(st.text(max_size=20))
def test_name_and_format_together_are_what_was_asked(text: str) -> None:
    name, ending = name_and_format(text, FORMATS)
    assert text == (f"{name}.{ending}" if ending else name)
    assert ending in {"", *FORMATS}


@given(st.text("a/.-", max_size=12))
def test_a_surface_owns_what_is_under_its_prefix_and_nothing_beside(rest: str) -> None:
    surface = Surface("/open311", (), lambda path, status, reference: Written(b"", "text/xml", status))
    assert surface.owns("/open311/" + rest)
    assert surface.owns("/open311" + rest) == (rest == "" or rest.startswith("/"))
    assert surface.fault("/open311/x", 404, "").status == 404


def test_values_are_read_from_where_they_were_sent() -> None:
    asked = SurfaceRequest(
        0, "zh", "http://localhost", query={"a": (" 1 ",)}, form={"a": ("2",)}, headers={"accept": "text/xml"}
    )
    assert (asked.asked("a"), asked.given("a"), asked.asked("b", "none")) == ("1", "2", "none")
    assert (asked.header("accept"), asked.header("cookie")) == ("text/xml", "")
