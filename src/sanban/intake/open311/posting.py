"""A request that a program files: its form read and bounded, then taken down as the desk would.

The text is the description; in lines below it stand the answers to the service's attributes and the
address of a picture (which is never fetched), so that whoever reads the request at the desk reads all of it. Name,
phone, e-mail, address and exact point go to the vault with it. `device_id` and `account_id` are taken and not kept:
nothing here needs to know a telephone by its number.

The same form from the same key within a minute, or the same `Idempotency-Key` at any time, is the same command: its
id is worked out from them and from the minute, and the ledger itself says whether the minute before had it already.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from uuid import UUID, uuid5

from sanban.intake.desk.receiving import Said
from sanban.intake.open311.faults import OUTSIDE, Denied, missing, too_long, unreadable
from sanban.intake.open311.ports import Server, Service, words
from sanban.intake.open311.services import YES_NO
from sanban.intake.place.crs import brought, crs_of
from sanban.kernel.mechanism import Field, Title
from sanban.kernel.surface import SurfaceRequest

MINUTE = 60_000_000
CHANNEL = "open311"
LIMITS: Mapping[str, int] = {
    "description": 4000,
    "address_string": 500,
    "email": 200,
    "first_name": 50,
    "last_name": 50,
    "phone": 60,
    "media_url": 2000,
    "device_id": 200,
    "account_id": 200,
    "address_id": 200,
}
"""The longest that a parameter may be, in characters. The first is of GeoReport v2, the others of this product."""
LONGEST_ANSWER = 500
LONGEST_IDEMPOTENCY_KEY = 200
MEDIA = Title("图片", "Picture")

_SPACE = UUID("0f3a1f0e-51a0-5d5e-9a44-6a7c0b6f3110")
_ATTRIBUTE = re.compile(r"attribute\[([^\[\]]{1,64})\](?:\[\])?")
_ADDRESS = re.compile(r"https?://[^\s<>\"']+")
_EMAIL = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+")
_WHOLE = re.compile(r"-?[0-9]{1,15}")
_SIGNS = {"yes": "yes", "true": "yes", "1": "yes", "no": "no", "false": "no", "0": "no"}
_COMMAND = (
    "SELECT b.recorded_at FROM ledger_command c JOIN ledger_batch b ON b.district = c.district "
    "AND b.batch_no = c.batch_no WHERE c.district = :district AND c.command_id = :command"
)


def read(server: Server, asked: SurfaceRequest, service: Service) -> Said | Denied:
    """What the requester said, or why it cannot be taken."""
    no = _misfit(asked)
    if no is not None:
        return no
    point = _point(server, asked)
    if isinstance(point, Denied):
        return point
    answers = _answers(service, asked)
    if isinstance(answers, Denied):
        return answers
    description = asked.given("description")
    return Said(
        text=_text(service, asked, answers),
        name=_name(asked.given("last_name"), asked.given("first_name")),
        phone=asked.given("phone"),
        address=asked.given("address_string"),
        channel=CHANNEL,
        lon=point[0],
        lat=point[1],
        email=asked.given("email"),
        crs=asked.given("crs", "wgs84"),
        matter=service.code,
        public=_may_be_shown(server, service, description, asked.now),
    )


def command_of(server: Server, asked: SurfaceRequest, key: str) -> str | Denied:
    """The id of the command that this call is."""
    sent = asked.header("idempotency-key")
    if len(sent) > LONGEST_IDEMPOTENCY_KEY:
        return too_long("Idempotency-Key", LONGEST_IDEMPOTENCY_KEY)
    if sent:
        return str(uuid5(_SPACE, f"{key} named {sent}"))
    minute = asked.now // MINUTE
    before, own = (str(uuid5(_SPACE, f"{key} body {asked.body.hex()} {each}")) for each in (minute - 1, minute))
    rows = server.needs.reader.query(_COMMAND, {"command": before})
    return before if rows and asked.now - rows[0][0] < MINUTE else own


def _misfit(asked: SurfaceRequest) -> Denied | None:
    for name, most in LIMITS.items():
        if len(asked.given(name)) > most:
            return too_long(name, most)
    if asked.given("media_url") and not _ADDRESS.fullmatch(asked.given("media_url")):
        return unreadable("media_url", "https://pictures.example/1.jpg")
    if asked.given("email") and not _EMAIL.fullmatch(asked.given("email")):
        return unreadable("email", "name@mail.example")
    return None


def _point(server: Server, asked: SurfaceRequest) -> tuple[str, str] | Denied:
    """(lon, lat) as sent, ('', '') where an address alone says where it is."""
    lon, lat = asked.given("long"), asked.given("lat")
    if not (lon or lat):
        return ("", "") if asked.given("address_string") else missing("lat, long, address_string", "30.4&long=123.4")
    crs = crs_of(asked.given("crs", "wgs84"))
    if crs is None:
        return unreadable("crs", "gcj02")
    located = brought(lon, lat, crs)
    if located is None:
        return unreadable("lat, long", "30.4&long=123.4")
    return (lon, lat) if server.needs.locate(*located) else OUTSIDE


def _answers(service: Service, asked: SurfaceRequest) -> list[tuple[Title, Title]] | Denied:
    """Answers to the service's attributes, in the order of its form."""
    sent = {found[1]: values for name, values in asked.form.items() if (found := _ATTRIBUTE.fullmatch(name))}
    form = service.mechanism.form
    if not sent.keys() <= form.keys():
        return unreadable("attribute[CODE]", f"GET services/{service.code}.xml lists the codes")
    answers: list[tuple[Title, Title]] = []
    for field in form.values():
        value = " ".join(part.strip() for part in sent.get(field.name, ())).strip()
        if not value and field.required:
            return missing(f"attribute[{field.name}]", _example(field))
        if value:
            said = _answer(field, value)
            if said is None:
                return unreadable(f"attribute[{field.name}]", _example(field))
            answers.append((field.title, said))
    return answers


def _answer(field: Field, value: str) -> Title | None:
    """An answer in words; None for one that the field cannot have."""
    if field.kind == "integer":
        return Title(value, value) if _WHOLE.fullmatch(value) and field.low <= int(value) <= field.high else None
    if field.kind == "yes_no":
        return YES_NO.get(_SIGNS.get(value.casefold(), ""))
    if field.kind == "choice":
        return field.choices.get(value)
    return Title(value, value) if len(value) <= LONGEST_ANSWER else None


def _example(field: Field) -> str:
    if field.kind == "integer":
        return str(max(field.low, 1))
    return next(iter(field.choices), "yes" if field.kind == "yes_no" else "...")


def _text(service: Service, asked: SurfaceRequest, answers: list[tuple[Title, Title]]) -> str:
    """The description (the service's name where there is none), then what else was told, in the desk's language."""
    language = asked.language
    said = asked.given("description") or words(service.mechanism.title, language)
    media = asked.given("media_url")
    more = [f"{words(title, language)}: {words(value, language)}" for title, value in answers]
    more += [f"{words(MEDIA, language)}: {media}"] if media else []
    return "\n".join([said, *more])


def _name(last: str, first: str) -> str:
    """Family name first and unspaced where names are written so."""
    latin = (last + first).isascii()
    return " ".join(part for part in (first, last) if part) if latin else last + first


def _may_be_shown(server: Server, service: Service, description: str, now: int) -> bool:
    """Whether the service is public and no word of the description speaks most for a matter that is not."""
    public = {one.code for one in server.services(now) if one.mechanism.public}
    advice = server.needs.triage.advise(description)
    heard = advice.candidates if advice else ()
    return service.code in public and all(one.matter in public for one in heard[:1])
