"""From a row of a file to one command: ids that come out the same each time, personal data apart, matters suggested.

    stream      UUIDv5 of the keyed digest of (district, source, number), or of the content where there is no number
    command     UUIDv5 of (request, keyed digest of the content)
    person      random, found again through the vault (`identity.persons`), or one for this request alone

So a row that comes again is the same command; other content under the same number is another command to a stream that
exists already, which is refused. The key keeps anyone from testing guesses against ids. Reading (`read`) and making the
command (`submission`) are two steps, because persons are looked up for many rows at once.
"""

from __future__ import annotations

import datetime as dt
import hmac
import re
import uuid
from collections.abc import Callable, Collection

import msgspec

from sanban.intake.aggregate import stream_of
from sanban.intake.columns import Field, Mapping
from sanban.intake.decide import EARLIEST
from sanban.intake.files.cells import POINT_EXAMPLE, TIME_EXAMPLE, clean, read_instant
from sanban.intake.files.delimited import Row
from sanban.intake.files.rejects import Reject
from sanban.intake.identity.channels import OTHER, channel_of
from sanban.intake.identity.numbers import looks_personal
from sanban.intake.identity.persons import Found, Identity, identity_of, keeping
from sanban.intake.place.advising import AdvisesPlaces, NoPlaces
from sanban.intake.place.border import MESSAGE, OUTSIDE, REASON
from sanban.intake.place.crs import Crs, brought
from sanban.intake.triage.advice import Advises
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part, Secret, Submission

LIMITS: dict[str, int] = {
    "text": 20_000, "title": 200, "address": 500, "name": 100, "phone": 60, "requester": 200, "external_no": 64,
    "received_at": 60, "lon": 40, "lat": 40, "channel": 60, "grid": 96,
}  # fmt: skip
"""The longest that a field may be, in characters. Limits of this product."""

_SPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "intake.sanban")
_NUMBER = re.compile(r"[\w.\-/:#()（）〔〕【】\[\]]{1,64}")
_ARGUMENTS = {"external_no": "external_ref", "channel": "channel_said"}
_CODE = re.compile(r"[A-Za-z0-9_.@:\-]{1,96}")

PROBLEMS: dict[str, Refused] = {
    one.reason: one
    for one in (
        Refused("wrong_width", "the row has more or fewer cells than columns", 'cells with commas in quotes: "a, b"'),
        Refused("open_quote", "a quote opens in this row and does not close", '"他说""好""。"'),
        Refused("undecodable", "the row holds bytes that do not fit the file's encoding", "save the file as CSV UTF-8"),
        Refused("line_too_long", "the line is longer than a megabyte", "one request a row"),
        Refused("cell_too_long", "a cell is longer than 131,072 characters", "at most 20,000 characters of text"),
        Refused("empty_text", "nothing was said", "小区路灯不亮已有一周"),
        Refused("bad_number", "the number holds spaces or signs that no number has, or is too long", "SH-2026-000123"),
        Refused("bad_time", "the time cannot be read", TIME_EXAMPLE),
        Refused("too_long_ago", "a request from before 1990 is a typing error", TIME_EXAMPLE),
        Refused("bad_point", "longitude and latitude are not both degrees with decimals", POINT_EXAMPLE),
        Refused("bad_grid", "a grid is named by its code", "310101-012"),
        msgspec.structs.replace(OUTSIDE, example=POINT_EXAMPLE),
    )
}
"""Why a row is not taken: what is wrong, and a valid example."""


def nowhere(_lon: int, _lat: int) -> str:
    """Locates nothing: no grid."""
    return ""


NO_PLACES = NoPlaces()


def borderless() -> str:
    """Has no border: a point may lie anywhere."""
    return ""


class Read(msgspec.Struct, frozen=True):
    """A row as read. `identity`: by what its person is found again; None: the request has a person of its own."""

    values: dict[Field, str]
    received_at: int | None
    identity: Identity | None


class RowReader(msgspec.Struct, frozen=True):
    """Everything that turns rows into commands.

    `locate`: 1e-7 degrees (lon, lat) to a grid code or ''. `channels`: codes of channels that the district declares.
    `places`: what reads addresses. `crs`: the system that points are told in; None = nobody said, taken as WGS-84.
    `inside`: a point within the district, as an example for one that lies outside; '' where it has no border.
    """

    district: str
    source: str
    desk_unit: str
    channel: str
    actor: Actor
    zone: dt.tzinfo
    party_key: bytes
    mapping: Mapping
    triage: Advises
    locate: Callable[[int, int], str] = nowhere
    channels: Collection[str] = ()
    places: AdvisesPlaces = NO_PLACES
    crs: Crs | None = None
    inside: Callable[[], str] = borderless

    def read(self, row: Row) -> Read | Reject:
        """What a row says, or why it cannot be taken."""
        if row.problem:
            return _reject(row, row.problem)
        values = {choice.field: clean(row.cells[choice.place]) for choice in self.mapping.choices}
        reason = _too_long(values) or _misfit(values, self.zone)
        if reason:
            return _reject(row, reason)
        point = _point(values, self.crs)
        if point and not self.locate(*point) and (within := self.inside()):
            return Reject(row.number, REASON, MESSAGE, within, row.cells)
        received_at = read_instant(values["received_at"], self.zone) if values.get("received_at") else None
        if received_at is not None and received_at < EARLIEST:
            return _reject(row, "too_long_ago")
        identity = identity_of(self.source, values.get("requester", ""), values.get("phone", ""))
        return Read(values, received_at, identity)

    def submission(self, read: Read, found: Found | None = None) -> Submission:
        """The command of a row; `found`: the person of its identity, None where it has none."""
        values = read.values
        content = self._keyed("content", *(f"{field}={value}" for field, value in sorted(values.items())))
        number = values.get("external_no", "")
        is_plain = number and not looks_personal(number)
        request = self.request_of(number) if is_plain else _uuid("request", content)
        person = found.person if found else f"person:{_uuid('person', request)}"
        channel = channel_of(values.get("channel", ""), self.channels)
        secrets = _secrets(values, request, person, channel, self.crs)
        args = {_ARGUMENTS.get(secret.kind, secret.kind): secret.ref for secret in secrets} | {
            "requester": person,
            "desk": self.desk_unit,
            "channel": channel or self.channel,
            "received_at": read.received_at,
            "grid": values.get("grid") or self._grid(values),
        }
        spots = (
            None
            if args["grid"]
            else self.places.advise(values.get("address", ""), values["text"], values.get("title", ""))
        )
        if found and found.kept and read.identity:
            secrets = (*secrets, keeping(read.identity, person, _ref(request, read.identity.kind)))
        stream = stream_of(request)
        parts = (Part(stream, "receive", args), *self._suggested(stream, values))
        if spots is not None:
            exact = Secret(_ref(request, "spots"), person, "spots", spots.exact())
            parts, secrets = (*parts, Part(stream, "suggest_place", spots.arguments(exact.ref))), (*secrets, exact)
        return Submission(_uuid("command", request, content), self.actor, parts, secrets=secrets)

    def request_of(self, number: str) -> str:
        """The id of the request that the source gave this number."""
        return _uuid("request", self._keyed("number", number))

    def _suggested(self, stream: str, values: dict[Field, str]) -> tuple[Part, ...]:
        advice = self.triage.advise(values["text"], values.get("title", ""))
        return () if advice is None else (Part(stream, "suggest", advice.arguments()),)

    def _keyed(self, *parts: str) -> str:
        return _digest(self.party_key, self.district, self.source, *parts)

    def _grid(self, values: dict[Field, str]) -> str:
        point = _point(values, self.crs)
        return self.locate(*point) if point else ""


def _digest(key: bytes, *parts: str) -> str:
    return hmac.digest(key, msgspec.json.encode(parts), "sha256").hex()


def _uuid(*parts: str) -> str:
    return str(uuid.uuid5(_SPACE, msgspec.json.encode(parts).decode()))


def _ref(request: str, kind: str) -> str:
    return "v:" + _uuid("ref", request, kind)


def _secrets(values: dict[Field, str], request: str, person: str, channel: str, crs: Crs | None) -> tuple[Secret, ...]:
    """Everything of a row that may name somebody; what was written as a channel only where it became `other`."""
    fields: tuple[Field, ...] = ("text", "title", "name", "phone", "address", "external_no")
    plain: dict[str, str] = {field: values[field] for field in fields if values.get(field)}
    if channel == OTHER and values["channel"].casefold() != OTHER:
        plain["channel"] = values["channel"]
    point = _point(values, crs)
    if point:
        plain["point"] = msgspec.json.encode({"lon": point[0], "lat": point[1], "crs": crs or "unstated"}).decode()
    return tuple(Secret(_ref(request, kind), person, kind, value) for kind, value in plain.items())


def _point(values: dict[Field, str], crs: Crs | None = None) -> tuple[int, int] | None:
    return brought(values.get("lon", ""), values.get("lat", ""), crs or "wgs84")


def _too_long(values: dict[Field, str]) -> str:
    return next((f"{field}_too_long" for field, value in values.items() if len(value) > LIMITS[field]), "")


def _misfit(values: dict[Field, str], zone: dt.tzinfo) -> str:
    """The reason why the values cannot be taken, or ''."""
    number, time, grid = values.get("external_no"), values.get("received_at"), values.get("grid")
    wrong = {
        "empty_text": not values["text"],
        "bad_number": bool(number and not _NUMBER.fullmatch(number)),
        "bad_time": bool(time and read_instant(time, zone) is None),
        "bad_point": bool((values.get("lon") or values.get("lat")) and _point(values) is None),
        "bad_grid": bool(grid and (not _CODE.fullmatch(grid) or looks_personal(grid))),
    }
    return next((reason for reason, holds in wrong.items() if holds), "")


def _reject(row: Row, reason: str) -> Reject:
    problem = PROBLEMS.get(reason) or _length_problem(reason)
    return Reject(row.number, reason, problem.message, problem.example, row.cells)


def _length_problem(reason: str) -> Refused:
    field = reason.removesuffix("_too_long")
    most = f"{LIMITS[field]:,} characters"
    return Refused(reason, f"the {field} is longer than {most}", f"at most {most}")
