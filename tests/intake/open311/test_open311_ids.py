"""Public ids: one for each request, back only here, and nothing like the request's own."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanban.intake.open311.ports import PublicIds

IDS = PublicIds(b"a deployment")
OWN = st.uuids().map(str)


@given(OWN)
def test_a_public_id_leads_back_to_its_request_alone(own: str) -> None:
    public = IDS.outer(own)
    assert IDS.inner(public) == IDS.inner(public.upper()) == own
    assert public != own
    assert PublicIds(b"another").outer(own) != public


@given(st.integers(0, 2**64))
def test_neighbours_have_nothing_in_common(number: int) -> None:
    one, other = (UUID(IDS.outer(str(UUID(int=each)))) for each in (number, number + 1))
    assert bin(one.int ^ other.int).count("1") > 20


@given(st.text(max_size=40))
def test_a_text_that_is_no_id_leads_nowhere(text: str) -> None:
    own = IDS.inner(text)
    assert own == "" or IDS.outer(own) == text.lower()


@pytest.mark.parametrize(
    "text", ["", "x", "{12345678-1234-5678-1234-567812345678}", "12345678123456781234567812345678"]
)
def test_only_the_usual_spelling_is_an_id(text: str) -> None:
    assert IDS.inner(text) == ""
