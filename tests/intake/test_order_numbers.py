"""Order numbers that may be somebody's are told from those that are not; channels have declared codes or none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanban.intake.identity.channels import CODES, OTHER, channel_of
from sanban.intake.identity.numbers import looks_personal


def with_check_digit(digits: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return digits + "10X98765432"[sum(int(one) * weight for one, weight in zip(digits, weights, strict=True)) % 11]


@pytest.mark.parametrize(
    "number",
    [
        "13800000000", "+86 138-0000-0000", "008613800000000", "１３８００００００００", "(138)00000000",
        "021-62345678", "02162345678", "0577-8234567", "110101900307888", "王五", "王五-20260105",
        "SH-13800000000", "工单13800000000", "来电人王五1", with_check_digit("31010919491001123"),
    ],
)  # fmt: skip
def test_phones_identity_numbers_and_names_are_found_also_between_other_signs(number: str) -> None:
    assert looks_personal(number)


@pytest.mark.parametrize(
    "number",
    [
        "", "188006", "SH-2026-000123", "20260105093000123", "202601051234567", "沪〔2026〕第12345号", "12345", "A-1",
        "SH13800000000123", "工单2026010500012", "热线12345-20260105-0001", "110101199003078882", "12800000000",
    ],
)  # fmt: skip
def test_plain_order_numbers_are_left_alone(number: str) -> None:
    assert not looks_personal(number)


@given(st.from_regex(r"[1-6][0-9]{5}(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|1[0-9]|2[0-8])[0-9]{3}", fullmatch=True))
def test_every_identity_number_with_its_check_digit_is_found(digits: str) -> None:
    assert looks_personal(with_check_digit(digits))


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.sampled_from(["", "-", " ", "."]))
def test_every_mobile_number_is_found_however_it_is_grouped(digits: str, sign: str) -> None:
    assert looks_personal(f"{digits[:3]}{sign}{digits[3:7]}{sign}{digits[7:]}")


@given(st.text(max_size=30))
def test_a_channel_is_a_declared_code_or_other_or_nothing(said: str) -> None:
    assert channel_of(said, ("kiosk",)) in CODES | {"kiosk", ""}


@pytest.mark.parametrize(
    ("said", "code"),
    [("微信", "wechat"), ("某甲", OTHER), ("hotline", "hotline"), ("KIOSK", "kiosk"), ("热线", "phone"), (" ", "")],
)
def test_channels_are_known_by_word_or_code(said: str, code: str) -> None:
    assert channel_of(said, ("kiosk",)) == code
