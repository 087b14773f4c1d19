"""Services and their definitions: the matters in force that a requester may file, as the standard lists them.

A service's code is its matter's; its attributes are the fields of the matter's form. Keywords are the words that its
file declares for triage; its group is who answers for it, as the dispatch directory says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sanban.intake.open311.ports import Server, Service, words
from sanban.kernel.mechanism import Field, FieldKind, Title
from sanban.kernel.view import Language

MOST_KEYWORDS = 12
STREETS = Title("街道", "Streets")
DATATYPES: Mapping[FieldKind, str] = {
    "integer": "number",
    "yes_no": "singlevaluelist",
    "choice": "singlevaluelist",
    "text": "string",
    "place": "string",
    "party": "string",
}
YES_NO = {"yes": Title("是", "Yes"), "no": Title("否", "No")}


def find(server: Server, code: str, now: int) -> Service | None:
    """The service of a code, in force now."""
    return next((one for one in server.services(now) if one.code == code), None)


def listed(server: Server, language: Language, now: int) -> list[dict[str, Any]]:
    """Every service, in the order of codes."""
    return [_service(server, one, language, now) for one in server.services(now)]


def definition(service: Service, language: Language) -> dict[str, Any]:
    """A service's attributes."""
    fields = service.mechanism.form.values()
    attributes = [_attribute(field, order, language) for order, field in enumerate(fields, start=1)]
    return {"service_code": service.code, "attributes": attributes}


def _service(server: Server, service: Service, language: Language, now: int) -> dict[str, Any]:
    mechanism = service.mechanism
    shown = {
        "zh": "办理情况向公众公开（不含个人信息）" if mechanism.public else "不对公众公开，凭回执查询",
        "en": "what becomes of it is shown to the public, without personal data"
        if mechanism.public
        else "not shown to the public; follow it with the receipt",
    }
    title = words(mechanism.title, language)
    keywords = [word for word, _ in sorted(mechanism.triage.words, key=lambda one: -one[1])][:MOST_KEYWORDS]
    return {
        "service_code": service.code,
        "service_name": title,
        "description": f"{title}：{shown['zh']}" if language == "zh" else f"{title}: {shown['en']}",
        "metadata": bool(mechanism.form),
        "type": "realtime",
        "keywords": ", ".join(keywords),
        "group": words(_group(server, service, now), language),
    }


def _group(server: Server, service: Service, now: int) -> Title:
    """The one unit that answers for it in the whole district; where each street answers for itself, the streets."""
    duty = service.mechanism.tasks["lead"].duty
    rows = server.needs.duty.entries.values()
    found = {
        row.unit for row in rows if row.duty == duty and row.level == "district" and row.matter in ("*", service.code)
    }
    unit = server.needs.duty.unit_at(min(found), now) if len(found) == 1 else None
    return Title(unit.title_zh, unit.title_en) if unit is not None else STREETS


def _attribute(field: Field, order: int, language: Language) -> dict[str, Any]:
    values = [{"key": key, "name": words(title, language)} for key, title in _values(field)]
    bounds = {"zh": f"{field.low} 至 {field.high} 的整数", "en": f"a whole number from {field.low} to {field.high}"}
    return {
        "variable": True,
        "code": field.name,
        "datatype": DATATYPES[field.kind],
        "required": field.required,
        "datatype_description": bounds[language] if field.kind == "integer" else None,
        "order": order,
        "description": words(field.title, language),
        **({"values": values} if values else {}),
    }


def _values(field: Field) -> Iterator[tuple[str, Title]]:
    if field.kind == "yes_no":
        yield from YES_NO.items()
    yield from field.choices.items()
