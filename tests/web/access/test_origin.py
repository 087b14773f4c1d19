"""Where a request came from, behind reverse proxies and without."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sanban.web.access.attempts import PER_ACCOUNT
from sanban.web.access.origin import Origins
from web.sample_slice import NOW, Desk, sample_app

PROXIES = Origins(("127.0.0.1", "10.0.0.0/8", "fd00::/8"))
ADDRESSES = st.ip_addresses().map(str)


@pytest.mark.parametrize(
    ("peer", "forwarded", "place"),
    [
        ("127.0.0.1", ["203.0.113.7"], "203.0.113.7"),
        ("127.0.0.1", ["198.51.100.1, 203.0.113.7"], "203.0.113.7"),
        ("127.0.0.1", ["203.0.113.7, 10.0.0.2"], "203.0.113.7"),
        ("127.0.0.1", ["198.51.100.1, 203.0.113.7, 10.0.0.2, 10.9.9.9"], "203.0.113.7"),
        ("127.0.0.1", ["198.51.100.1", "203.0.113.7"], "203.0.113.7"),
        ("127.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("127.0.0.1", ["203.0.113.7:51000"], "203.0.113.7"),
        ("fd00::1", ["[2001:db8:1:2:3::4]:443"], "2001:db8:1:2::/64"),
        ("127.0.0.1", ["::ffff:203.0.113.7"], "203.0.113.7"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", [""], "127.0.0.1"),
        ("127.0.0.1", ["unknown"], "127.0.0.1"),
        ("127.0.0.1", ["203.0.113.7, <script>"], "127.0.0.1"),
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
        ("testclient", ["198.51.100.1"], "testclient"),
    ],
)
def test_the_first_hop_that_no_trusted_proxy_is_counts(peer: str, forwarded: list[str], place: str) -> None:
    assert PROXIES.of(peer, forwarded) == place


@given(made_up=st.lists(st.one_of(ADDRESSES, st.text(max_size=20)), max_size=40), real=st.ip_addresses(v=4))
def test_nothing_a_client_makes_up_moves_it_to_another_place(made_up: list[str], real: Any) -> None:
    proxies = Origins(("127.0.0.1",))
    said = [", ".join([*made_up, str(real)])]
    assert proxies.of("127.0.0.1", said) == str(real) or str(real) == "127.0.0.1"
    assert Origins().of(str(real), made_up) == str(real)


@given(st.ip_addresses(v=6), st.integers(0, 2**64 - 1))
def test_one_ipv6_network_is_one_place(address: Any, other: int) -> None:
    neighbour = type(address)(int(address) >> 64 << 64 | other)
    assume(not address.ipv4_mapped and not neighbour.ipv4_mapped)
    assert Origins().of(str(address), []) == Origins().of(str(neighbour), [])


def _statuses(app: Any, peer: str, places: list[str]) -> list[int]:
    """What calls with a wrong token are answered, passed on by one peer for these places."""

    async def call() -> list[int]:
        transport = httpx.ASGITransport(app, client=(peer, 50000))
        async with httpx.AsyncClient(transport=transport, base_url="http://district.example") as client:
            wrong = {"Authorization": "Bearer wrong"}
            answers = [
                await client.get("/api/v1/samples", headers=wrong | {"X-Forwarded-For": place}) for place in places
            ]
            return [answer.status_code for answer in answers]

    with ThreadPoolExecutor(1) as apart:  # a browser's tests leave their loop running in this thread
        return apart.submit(asyncio.run, call()).result()


def test_behind_a_trusted_proxy_one_place_that_is_held_back_holds_back_no_other(tmp_path: Path) -> None:
    app = sample_app(tmp_path, Desk(), lambda: NOW, trusted_proxy=("10.0.0.1",))
    places = ["203.0.113.7"] * (PER_ACCOUNT + 1) + ["203.0.113.8"]
    assert _statuses(app, "10.0.0.1", places) == [401] * PER_ACCOUNT + [429, 401]


def test_who_is_no_trusted_proxy_cannot_count_as_others(tmp_path: Path) -> None:
    app = sample_app(tmp_path, Desk(), lambda: NOW, trusted_proxy=("10.0.0.1",))
    made_up = [f"198.51.100.{number}" for number in range(PER_ACCOUNT + 1)]
    assert _statuses(app, "203.0.113.9", made_up)[-1] == 429
