"""The accounts that a demo's sign-in page offers, one for each role, of units that the simulation keeps busy."""

from __future__ import annotations

from sanban.adapters.simulation import personas
from sanban.packs.district import District
from sanban.web.access.door import DemoAccount


def accounts(district: District) -> tuple[DemoAccount, ...]:
    """What each account is, and what it is called."""
    return tuple(DemoAccount(one.actor, one.title.zh, one.title.en) for one in personas(district))
