"""What `sanban webhook` does: subscribers come, are listed, are tried, and go with their key."""

from __future__ import annotations

import re
from collections.abc import Sequence
from uuid import uuid4

import msgspec

from sanban.adapters.carriers import looked_up
from sanban.kernel.errors import SanbanError
from sanban.kernel.notice import Carried, Parcel
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part, Secret, Submission
from sanban.main.house import House
from sanban.main.telling import receiver
from sanban.notices.webhooks.signing import new_key
from sanban.notices.webhooks.subscriber import TYPES, Subscriber, stream_of

KEEPER = Actor("keeper", "system")
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,47}")
LISTED = (
    "SELECT subscriber, unit, party, types FROM webhook_subscriber WHERE district = :district AND removed_at = :still "
    "ORDER BY subscriber LIMIT 1000"
)


class Added(msgspec.Struct, frozen=True):
    """A new subscriber, and its key, which is shown this once."""

    name: str
    key: str


class Listed(msgspec.Struct, frozen=True):
    """A subscriber: its name, whom it is bound to, and the events it is sent."""

    name: str
    unit: str
    party: str
    types: tuple[str, ...]


def add(house: House, name: str, url: str, types: Sequence[str], unit: str, party: str) -> Added:
    """Adds a subscriber. Raises SanbanError for a name, address, unit or type that cannot be."""
    if not NAME.fullmatch(name):
        raise SanbanError(f"{name!r} is no name of a subscriber: small letters, digits and -", "city-platform")
    if unit and house.district.duty.unit_at(unit, house.clock()) is None:
        raise SanbanError(
            f"there is no unit {unit} now", f"--unit {next(iter(house.district.duty.units), 'street-01')}"
        )
    try:
        looked_up(url, open_inside=house.home.settings.mode == "demo")
    except OSError as error:
        raise SanbanError("the name in the address is not known", "https://receiver.example/sanban") from error
    key, person = new_key(), f"subscriber:{name}"
    secrets = tuple(Secret(f"v:{uuid4().hex}", person, kind, value) for kind, value in (("url", url), ("key", key)))
    args = {"url": secrets[0].ref, "key": secrets[1].ref, "types": sorted(types or TYPES), "unit": unit, "party": party}
    part = Part(stream_of(name), "add", args)
    answer = house.ledger.submit(Submission(str(uuid4()), KEEPER, (part,), secrets=secrets))
    if answer.refused is not None:
        raise SanbanError(answer.refused.message, answer.refused.example)
    return Added(name, key)


def listed(house: House) -> tuple[Listed, ...]:
    """Everyone subscribed, by name."""
    rows = house.reader.query(LISTED, {"still": 0})
    return tuple(Listed(name, unit, party, tuple(types.split())) for name, unit, party, types in rows)


def remove(house: House, name: str) -> None:
    """Sends a subscriber nothing any more and destroys its address and key. Raises SanbanError for an unknown one."""
    _known(house, name)
    house.ledger.submit(Submission(str(uuid4()), KEEPER, (Part(stream_of(name), "remove"),)))
    house.ledger.erase_person(f"subscriber:{name}", KEEPER, house.clock())


def try_out(house: House, name: str) -> Carried:
    """Sends a subscriber an event of the type `sanban.webhook.test.v1`, which tells of nothing."""
    added = _known(house, name).added
    opened = house.reader.open_secrets([added.url, added.key])
    id_ = f"test-{uuid4()}"
    body: dict[str, object] = {
        "specversion": "1.0",
        "id": id_,
        "source": f"/sanban/{house.home.district}",
        "type": "sanban.webhook.test.v1",
        "data": {},
    }
    parcel = Parcel(id_, opened[added.url], "", msgspec.json.encode(body).decode(), opened[added.key])
    return receiver(house.home.settings.mode).carry(parcel)


def _known(house: House, name: str) -> Subscriber:
    found = house.reader.state(stream_of(name))
    if not isinstance(found, Subscriber) or found.removed_at:
        raise SanbanError(f"there is no subscriber {name}", "sanban webhook list")
    return found
