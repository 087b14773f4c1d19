"""By what a person is found again, and what is nobody's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanban.intake.identity.persons import Identity, identity_of, is_placeholder

NOBODYS = [
    "", "0", "00", "110", "12345", "123456", "00000000000", "11111111111", "123456789", "12345678", "1234567890",
    "12345678901", "01234567890", "987654321", "13800000000", "18888888888", "138-0000-0000", "138****1234",
    "1381234xxxx", "０００００００", "无", "call me", "13812345678",
]  # fmt: skip
SOMEBODYS = [
    "13800001234",
    "+86 138 0000 1234",
    "021-63210000",
    "63210000",
    "6321000",
    "１３８００００１２３４",
    "13911223344",
]


@pytest.mark.parametrize("phone", NOBODYS)
def test_a_placeholder_makes_nobody_of_strangers(phone: str) -> None:
    assert is_placeholder(phone)
    assert identity_of("city", "", phone) is None
    assert identity_of("city", "u-1", phone) == Identity("user", "city\nu-1")


@pytest.mark.parametrize("phone", SOMEBODYS)
def test_a_phone_finds_its_person_again_however_it_is_written(phone: str) -> None:
    found = identity_of("city", "", phone)
    assert found is not None
    assert found.value.isascii()
    assert found == identity_of("city", "", " ".join(phone))


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_whose_number_it_is_does_not_depend_on_blanks_or_country(phone: str) -> None:
    assert identity_of("", "", f"+86-{phone[:3]} {phone[3:]}") == identity_of("", "", phone)
