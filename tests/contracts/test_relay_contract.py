"""One suite for every voice relay: today its twin."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanban.adapters.carriers import MemoryRelay
from sanban.handling.ports import Relay

RELAYS = [MemoryRelay]
KEYS = st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from(["13800000001", "13800000002"])), max_size=12)


@pytest.mark.parametrize("make", RELAYS)
@given(asked=KEYS)
def test_a_key_has_one_number_and_no_number_is_anybodys_telephone(make: type[MemoryRelay], asked: list) -> None:
    relay: Relay = make()
    lent: dict[str, str] = {}
    for key, to in asked:
        number = relay.number(key, to)
        assert lent.setdefault(key, number) == number
        assert number not in {"13800000001", "13800000002"}
    assert len(set(lent.values())) == len(lent)


def test_the_twin_puts_callers_through_and_knows_no_other_number() -> None:
    twin = MemoryRelay()
    number = twin.number("case request", "13800000001")
    assert twin.call("13911110001", number)
    assert not twin.call("13911110001", "95013")
    assert twin.calls == [("13911110001", "13800000001")]
