"""The accounts that a demo's sign-in page offers, one for each role, of units that the simulation keeps busy."""

from __future__ import annotations

from sanban.adapters.simulation import personas
from sanban.packs.district import load_district
from sanban.packs.district.loading import shipped_district
from sanban.web.access.door import DemoAccount


def accounts() -> tuple[DemoAccount, ...]:
    """What each account is, and what it is called."""
    return tuple(
        DemoAccount(one.actor, one.title.zh, one.title.en) for one in personas(load_district(shipped_district()))
    )
