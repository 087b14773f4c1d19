"""From a row of a file to one command: ids that come out the same each time, personal data apart, matters suggested.

    stream      UUIDv5 of (district, source, number), or of the keyed digest of the content where there is no number
    command     UUIDv5 of (request, keyed digest of the content)
    party       UUIDv5 of (district, keyed digest of source and user, or of the phone), or one for this request alone

So a row that comes again is the same command; other content under the same number is another command to a stream that
exists already, which is refused. The key keeps anyone from testing guesses against ids. A name alone is no identity:
people share names, so without a user or a phone each request has a person of its own.
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
from sanban.intake.files.cells import POINT_EXAMPLE, TIME_EXAMPLE, clean, read_degrees, read_instant
from sanban.intake.files.delimited import Row
from sanban.intake.files.rejects import Reject
from sanban.intake.triage.advice import Advises
from sanban.kernel.permission import Actor
from sanban.ledger.port import Part, Secret, Submission

LIMITS: dict[str, int] = {
    "text": 20_000, "title": 200, "address": 500, "name": 100, "phone": 60, "requester": 200, "external_no": 64,
    "received_at": 60, "lon": 40, "lat": 40, "channel": 60, "grid": 96,
}  # fmt: skip
"""The longest that a field may be, in characters. Limits of this product."""

_SPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "intake.sanban")
_NUMBER = re.compile(r"[\w.\-/:#()（）〔〕【】\[\]]{1,64}")
_CODE = re.compile(r"[A-Za-z0-9_.@:\-]{1,96}")

CHANNELS: tuple[tuple[str, str], ...] = (
    ("微信", "wechat"), ("小程序", "wechat"), ("app", "app"), ("客户端", "app"), ("邮件", "mail"), ("邮箱", "mail"),
    ("来信", "letter"), ("信件", "letter"), ("来访", "counter"), ("窗口", "counter"), ("巡查", "patrol"),
    ("网格", "patrol"), ("媒体", "media"), ("网", "web"), ("留言", "web"), ("短信", "sms"), ("电话", "phone"),
    ("热线", "phone"), ("12345", "phone"),
)  # fmt: skip
"""Words in a channel's name and its code; the first that fits counts, else `other`."""

PROBLEMS: dict[str, tuple[str, str]] = {
    "wrong_width": ("the row has more or fewer cells than there are columns", 'cells with commas in quotes: "a, b"'),
    "open_quote": ("a quote opens in this row and does not close", '"他说""好""。"'),
    "undecodable": ("the row holds bytes that do not fit the file's encoding", "save the file as CSV UTF-8"),
    "line_too_long": ("the line is longer than a megabyte", "one request a row"),
    "cell_too_long": ("a cell is longer than 131,072 characters", "at most 20,000 characters of text"),
    "empty_text": ("nothing was said", "小区路灯不亮已有一周"),
    "bad_number": ("the number holds spaces or signs that no number has, or is too long", "SH-2026-000123"),
    "bad_time": ("the time cannot be read", TIME_EXAMPLE),
    "too_long_ago": ("a request from before 1990 is a typing error", TIME_EXAMPLE),
    "bad_point": ("longitude and latitude are not both degrees with decimals", POINT_EXAMPLE),
    "bad_grid": ("a grid is named by its code", "310101-012"),
}
"""Why a row is not taken: what is wrong, and a valid example."""


def nowhere(_lon: int, _lat: int) -> str:
    """Locates nothing: no grid."""
    return ""


class RowReader(msgspec.Struct, frozen=True):
    """Everything that turns rows into commands. `locate`: 1e-7 degrees (lon, lat) to a grid code or ''.

    `erased`: ids of erased persons. Who was erased and comes again is a new person, under the next id of the kind.
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
    erased: Collection[str] = ()

    def read(self, row: Row) -> Submission | Reject:
        """The command of a row, or why it cannot be taken."""
        if row.problem:
            return _reject(row, row.problem)
        values = {choice.field: clean(row.cells[choice.place]) for choice in self.mapping.choices}
        reason = _too_long(values) or _misfit(values, self.zone)
        if reason:
            return _reject(row, reason)
        received_at = read_instant(values["received_at"], self.zone) if values.get("received_at") else None
        if received_at is not None and received_at < EARLIEST:
            return _reject(row, "too_long_ago")
        return self._submission(values, received_at)

    def _submission(self, values: dict[Field, str], received_at: int | None) -> Submission:
        content = self._keyed("content", *(f"{field}={value}" for field, value in sorted(values.items())))
        number = values.get("external_no", "")
        request = _uuid("request", self.district, self.source, number or content)
        person = self._person(values, request)
        secrets = _secrets(values, request, person)
        args = {secret.kind: secret.ref for secret in secrets} | {
            "requester": person,
            "desk": self.desk_unit,
            "channel": _channel(values.get("channel", "")) or self.channel,
            "received_at": received_at,
            "external_no": number,
            "grid": values.get("grid") or self._grid(values),
        }
        stream = stream_of(request)
        parts = (Part(stream, "receive", args), *self._suggested(stream, values))
        return Submission(_uuid("command", request, content), self.actor, parts, secrets=secrets)

    def _suggested(self, stream: str, values: dict[Field, str]) -> tuple[Part, ...]:
        advice = self.triage.advise(values["text"], values.get("title", ""))
        return () if advice is None else (Part(stream, "suggest", advice.arguments()),)

    def _person(self, values: dict[Field, str], request: str) -> str:
        user, phone = values.get("requester", ""), re.sub(r"\D", "", values.get("phone", ""))
        if user:
            return self._living("user", self.source, user)
        if phone:
            return self._living("phone", phone[-11:])
        return self._living("request", request)

    def _living(self, kind: str, *identity: str) -> str:
        return living_id(self.erased, self.party_key, self.district, kind, *identity)

    def _keyed(self, *parts: str) -> str:
        return _digest(self.party_key, self.district, self.source, *parts)

    def _grid(self, values: dict[Field, str]) -> str:
        point = _point(values)
        return self.locate(*point) if point else ""


def party_id(party_key: bytes, district: str, kind: str, *identity: str) -> str:
    """The pseudonymous id of a person known by something: `kind` is `user`, `phone` or `request`."""
    return "person:" + _uuid("person", district, _digest(party_key, kind, *identity))


def living_id(erased: Collection[str], party_key: bytes, district: str, kind: str, *identity: str) -> str:
    """`party_id`, but who was erased and comes again is a new person, under the next id of the kind."""
    found, again = party_id(party_key, district, kind, *identity), 1
    while found in erased:
        again += 1
        found = party_id(party_key, district, kind, *identity, f"again {again}")
    return found


def _digest(key: bytes, *parts: str) -> str:
    return hmac.digest(key, msgspec.json.encode(parts), "sha256").hex()


def _uuid(*parts: str) -> str:
    return str(uuid.uuid5(_SPACE, msgspec.json.encode(parts).decode()))


def _secrets(values: dict[Field, str], request: str, person: str) -> tuple[Secret, ...]:
    fields: tuple[Field, ...] = ("text", "title", "name", "phone", "address")
    plain: dict[str, str] = {field: values[field] for field in fields if values.get(field)}
    point = _point(values)
    if point:
        plain["point"] = msgspec.json.encode({"lon": point[0], "lat": point[1], "crs": "unstated"}).decode()
    return tuple(Secret("v:" + _uuid("ref", request, kind), person, kind, value) for kind, value in plain.items())


def _point(values: dict[Field, str]) -> tuple[int, int] | None:
    lon, lat = read_degrees(values.get("lon", ""), 180), read_degrees(values.get("lat", ""), 90)
    return None if lon is None or lat is None else (lon, lat)


def _channel(said: str) -> str:
    """The code of a channel's name; a code stays as it is."""
    plain = said.casefold()
    known = next((code for word, code in CHANNELS if word in plain), "")
    return known or (plain if _CODE.fullmatch(plain) else "other" if plain else "")


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
        "bad_grid": bool(grid and not _CODE.fullmatch(grid)),
    }
    return next((reason for reason, holds in wrong.items() if holds), "")


def _reject(row: Row, reason: str) -> Reject:
    message, example = PROBLEMS.get(reason) or _length_problem(reason.removesuffix("_too_long"))
    return Reject(row.number, reason, message, example, row.cells)


def _length_problem(field: str) -> tuple[str, str]:
    return f"the {field} is longer than {LIMITS[field]:,} characters", f"at most {LIMITS[field]:,} characters"
