"""The surface itself: addresses, languages, formats, and what each call does.

    GET  /open311/discovery                   where and what this server is
    GET  /open311/v2/services[/CODE]          what may be filed, and what is asked
    GET  /open311/v2/requests[/ID]            public requests
    POST /open311/v2/requests                 files one, for a program with a key
    GET  /open311/v2/tokens/ID                the request of a token (an id is its own token)

Each with `.xml` or `.json`, or by `Accept`. Without an ending and a wish it is XML.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import msgspec

from sanban.intake.desk.receiving import receive
from sanban.intake.event import DANGER
from sanban.intake.open311 import faults, finding, posting, query, services, showing
from sanban.intake.open311.faults import Denied
from sanban.intake.open311.formats import FORMATS, MEDIA, denied, format_of, written
from sanban.intake.open311.ports import Server, words
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Actor
from sanban.kernel.surface import Surface, SurfaceRequest, SurfaceRoute, Written, name_and_format
from sanban.kernel.view import Language
from sanban.packs.desk.emergency import EmergencyNumber

PREFIX = "/open311"
SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
READS = ("accept", "accept-language", "idempotency-key")
ENDINGS = ("", *(f".{each}" for each in FORMATS))

_CONTACT = Title("请致电本区热线", "Call the district's hotline")
_KEY_SERVICE = Title("密钥由区城运中心发放", "The operations centre of the district gives keys")

Answer = tuple[str, Any] | Denied
"""The name of the document's root, and the document."""
Handler = Callable[[Server, SurfaceRequest, str], Answer]


def surface(server: Server) -> Surface:
    """Everything under the prefix."""
    fixed: tuple[tuple[str, str, Handler], ...] = (
        ("/discovery", "discovery", _discovery),
        ("/v2/discovery", "v2_discovery", _discovery),
        ("/v2/services", "services", _services),
        ("/v2/requests", "requests", _paced(_requests)),
    )
    named: tuple[tuple[str, str, Handler], ...] = (
        ("/v2/services/{id}", "service", _service),
        ("/v2/requests/{id}", "request", _paced(_request)),
        ("/v2/tokens/{id}", "token", _paced(_token)),
    )
    got = [
        SurfaceRoute("GET", f"{PREFIX}{path}{ending}", f"open311.{name}{ending}", _bound(server, handler, ending))
        for path, name, handler in fixed
        for ending in ENDINGS
    ]
    got += [
        SurfaceRoute("GET", PREFIX + path, f"open311.{name}", _bound(server, handler)) for path, name, handler in named
    ]
    got += [
        SurfaceRoute("POST", f"{PREFIX}/v2/requests{ending}", f"open311.file{ending}", _bound(server, _file, ending))
        for ending in ENDINGS
    ]
    return Surface(PREFIX, tuple(got), _fault, reads=READS)


def language_of(asked: SurfaceRequest) -> Language:
    """`locale`, else the first language of `Accept-Language` that there is, else the deployment's."""
    wished = [asked.asked("locale") or asked.given("locale"), *_accepted(asked.header("accept-language"))]
    for tag in wished:
        if tag[:2].casefold() in ("zh", "en"):
            return "zh" if tag[:2].casefold() == "zh" else "en"
    return asked.language


def _accepted(header: str) -> list[str]:
    """Language tags, most wanted first; one with `q=0` is not wanted."""
    weighed: list[tuple[float, str]] = []
    for part in header[:500].split(","):
        tag, _, weight = part.partition(";")
        digits = weight.strip().removeprefix("q=")
        value = float(digits) if digits.replace(".", "", 1).isdecimal() and digits.isascii() else 1.0
        weighed.append((value, tag.strip()))
    return [tag for value, tag in sorted(weighed, key=lambda one: -one[0]) if value > 0]


def _bound(server: Server, handler: Handler, ending: str = "") -> Callable[[SurfaceRequest], Written]:
    return partial(_answered, server, handler, ending.removeprefix("."))


def _paced(handler: Handler) -> Handler:
    """The handler, for an address that does not read too often."""

    def paced(server: Server, asked: SurfaceRequest, name: str) -> Answer:
        if server.reading.take((asked.address,), asked.now):
            return faults.TOO_MANY_READ
        return handler(server, asked, name)

    return paced


def _answered(server: Server, handler: Handler, ending: str, asked: SurfaceRequest) -> Written:
    name, own_ending = name_and_format(asked.path.get("id", ""), FORMATS)
    way, language = format_of(ending or own_ending, asked.header("accept")), language_of(asked)
    given = asked.asked("jurisdiction_id") or asked.given("jurisdiction_id")
    stranger = bool(given and server.jurisdiction and given != server.jurisdiction)
    answer = faults.NO_JURISDICTION if stranger else handler(server, asked, name)
    if isinstance(answer, Denied):
        return denied(answer, way, language)
    return written(*answer, way)


def _fault(path: str, status: int, reference: str) -> Written:
    """What failed before or beside a handler."""
    _, ending = name_and_format(path, FORMATS)
    return denied(faults.of_status(status, reference), format_of(ending, ""), "en")


def _discovery(server: Server, asked: SurfaceRequest, _name: str) -> Answer:
    language = language_of(asked)
    changed = query.w3c(server.started_at, server.needs.zone)
    address = server.address or asked.origin
    endpoint = {
        "specification": SPECIFICATION,
        "url": f"{address.rstrip('/')}{PREFIX}/v2",
        "changeset": changed,
        "type": "production" if server.production else "test",
        "formats": [MEDIA[each].partition(";")[0] for each in FORMATS],
    }
    contact = server.contact or words(_CONTACT, language)
    key_service = words(_KEY_SERVICE, language)
    return "discovery", {"changeset": changed, "contact": contact, "key_service": key_service, "endpoints": [endpoint]}


def _services(server: Server, asked: SurfaceRequest, _name: str) -> Answer:
    return "services", services.listed(server, language_of(asked), asked.now)


def _service(server: Server, asked: SurfaceRequest, name: str) -> Answer:
    service = services.find(server, name, asked.now)
    if service is None:
        return faults.NO_SERVICE
    return "service_definition", services.definition(service, language_of(asked))


def _requests(server: Server, asked: SurfaceRequest, _name: str) -> Answer:
    filters = query.read(asked, server.needs.zone)
    return filters if isinstance(filters, Denied) else ("service_requests", _found(server, asked, filters))


def _request(server: Server, asked: SurfaceRequest, name: str) -> Answer:
    found = _found(server, asked, query.Asked(ids=(name[: query.LONGEST],)))
    return ("service_requests", found) if found else faults.NO_REQUEST


def _token(server: Server, asked: SurfaceRequest, name: str) -> Answer:
    found = _found(server, asked, query.Asked(ids=(name[: query.LONGEST],)))
    answer = [{"service_request_id": one["service_request_id"], "token": one["service_request_id"]} for one in found]
    return ("service_requests", answer) if answer else faults.NO_TOKEN


def _found(server: Server, asked: SurfaceRequest, filters: query.Asked) -> list[dict[str, Any]]:
    public = {one.code for one in server.services(asked.now) if one.mechanism.public}
    own = msgspec.structs.replace(filters, ids=tuple(map(server.ids.inner, filters.ids)))
    found = finding.find(server.needs.reader, own, public)
    return showing.shown(server, found, language_of(asked), asked.now)


def _file(server: Server, asked: SurfaceRequest, _name: str) -> Answer:
    key = _key(server, asked)
    if isinstance(key, Denied):
        return key
    code = asked.given("service_code")
    service = services.find(server, code, asked.now) if code else None
    if service is None:
        return faults.NO_SERVICE if code else faults.missing("service_code", "street-light")
    said = posting.read(server, asked, service)
    if isinstance(said, Denied):
        return said
    command_id = posting.command_of(server, asked, key)
    if isinstance(command_id, Denied):
        return command_id
    taken = receive(server.needs, Actor(f"open311:{key}", "system"), command_id, said, asked.now)
    if isinstance(taken, Refused):
        return faults.of_refusal(taken)
    language = language_of(asked)
    ring = _ring(server.emergency, language) if DANGER in taken.flags else ""
    notice = ring + _notice(taken.receipt, language, shown=said.public)
    return "service_requests", [
        {"service_request_id": server.ids.outer(taken.request), "service_notice": notice, "account_id": None}
    ]


def _key(server: Server, asked: SurfaceRequest) -> str | Denied:
    """The name of the key that this call came with."""
    sent = asked.given("api_key") or asked.asked("api_key")
    if not sent:
        return faults.NO_KEY
    key = server.keys.find(sent)
    if key is None:
        return faults.UNKNOWN_KEY
    if key.withdrawn:
        return faults.WITHDRAWN_KEY
    return key.name if server.pace.allows(key.name, asked.now) else faults.TOO_MANY


def _ring(numbers: Sequence[EmergencyNumber], language: Language) -> str:
    """Whom somebody in danger rings at once: told first, for a notice may be cut off at its end."""
    told = [(one.number, words(one.title, language)) for one in numbers]
    if language == "zh":
        return "如有危险请立即拨打" + "；".join(f"{number}（{why}）" for number, why in told) + "。"
    return "In danger, ring at once: " + "; ".join(f"{number} ({why})" for number, why in told) + ". "


def _notice(receipt: str, language: Language, *, shown: bool) -> str:
    """What the requester is told: the receipt, and whether the public will see what becomes of it."""
    if language == "zh":
        return f"已收到，回执号 {receipt}，请妥善保存。" + ("" if shown else "此类诉求不对公众公开，请凭回执查询。")
    told = "" if shown else " Requests of this kind are not shown to the public; follow it with the receipt."
    return f"Received. Keep the receipt number {receipt}.{told}"
