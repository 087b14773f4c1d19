"""The firms' form, two screens and a receipt; and the desk's page of firms' requests, with figures of their own.

GET  /firm           which firm, whom to call, what it wants
POST /firm  check    who leads it, and by when it is answered; nothing is stored yet
POST /firm  send     the receipt
GET  /firms          requests of firms this month: received, open, closed; every number opens its requests
"""

from __future__ import annotations

from functools import partial

import msgspec

from sanban.intake.desk.seeing import SEE_ROLES
from sanban.intake.firms import offer_pages
from sanban.intake.firms.filing import LONGEST, FirmFiling, Led, check, file, led
from sanban.intake.firms.listing import STANDS, FirmPage, firm_requests
from sanban.intake.ports import streets_of
from sanban.intake.public.filing import to_ring
from sanban.intake.public.pages import A_PROGRAM, TRAP, FiledContext
from sanban.intake.public.ports import PublicNeeds
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Title
from sanban.kernel.view import PageAnswer, PageRequest, PageRoute, Shown, phrase, status_of_form
from sanban.packs.desk.emergency import EmergencyNumber
from sanban.packs.desk.policies import INDUSTRIES

PATH, LIST = "/firm", "/firms"
INDUSTRY_WORDS = dict(
    zip(
        INDUSTRIES,
        (
            phrase("Manufacturing"), phrase("Software and information"), phrase("Trade"), phrase("Catering"),
            phrase("Culture and sport"), phrase("Something else"),
        ),
        strict=True,
    )
)  # fmt: skip


class FirmContext(msgspec.Struct, frozen=True):
    """`intake/firm.html`: the first screen, with what was typed; `field` is the one that `fault` is about."""

    typed: FirmFiling
    streets: dict[str, Title]
    longest: dict[str, int] = msgspec.field(default_factory=LONGEST.copy)
    industries: dict[str, str] = msgspec.field(default_factory=INDUSTRY_WORDS.copy)
    field: str = ""
    fault: Refused | None = None


class FirmCheckContext(msgspec.Struct, frozen=True):
    """`intake/firm_check.html`: the second screen. `form` names the form, however often it is sent.

    `emergency`: numbers to ring instead of waiting, where it speaks of a danger."""

    typed: FirmFiling
    industry: str
    street: Title | None
    led: Led
    form: str
    emergency: tuple[EmergencyNumber, ...] = ()


class FirmsContext(msgspec.Struct, frozen=True):
    """`intake/firms.html`: the requests of one number of the month."""

    page: FirmPage
    stands: str
    month: str
    onward: str = ""


def routes(needs: PublicNeeds) -> tuple[PageRoute, ...]:
    """The form, its target, and the desk's list."""
    return (
        *offer_pages.routes(needs),
        PageRoute(
            "GET", PATH, "intake.firm", partial(_form, needs), public=True, menu=phrase("For firms"),
            icon="building", order=2,
        ),
        PageRoute("POST", PATH, "intake.firm_sent", partial(_sent, needs), public=True),
        PageRoute(
            "GET", LIST, "intake.firms", partial(_list, needs), roles=SEE_ROLES, menu=phrase("Firms"), icon="building",
            order=31,
        ),
    )  # fmt: skip


def _form(needs: PublicNeeds, asked: PageRequest) -> PageAnswer:
    return _first(needs, asked, FirmFiling())


def _sent(needs: PublicNeeds, asked: PageRequest) -> PageAnswer:
    typed = FirmFiling(**{name: asked.given(name) for name in FirmFiling.__struct_fields__})
    if asked.given("stage") == "change":
        return _first(needs, asked, typed)
    if asked.given(TRAP):
        return _first(needs, asked, typed, ("", A_PROGRAM))
    wrong = check(needs.desk, typed, asked.now)
    if wrong is not None:
        return _first(needs, asked, typed, wrong)
    if asked.given("stage") != "send":
        return _second(needs, asked, typed)
    filed = file(needs, asked.given("form", asked.command_id), typed, asked.now, asked.address)
    if isinstance(filed, Refused):
        return _first(needs, asked, typed, ("", filed))
    return Shown("intake/filed.html", FiledContext(filed, offer_pages.PATH))


def _first(
    needs: PublicNeeds, asked: PageRequest, typed: FirmFiling, wrong: tuple[str, Refused] | None = None
) -> Shown:
    field, fault = wrong or ("", None)
    context = FirmContext(typed, streets_of(needs.desk, asked.now), field=field, fault=fault)
    return Shown("intake/firm.html", context, status_of_form(fault))


def _second(needs: PublicNeeds, asked: PageRequest, typed: FirmFiling) -> PageAnswer:
    leads = led(needs, asked.now)
    if leads is None:
        unserved = Refused("not_served", "this district takes no requests of firms here", "/file")
        return _first(needs, asked, typed, ("", unserved))
    street = streets_of(needs.desk, asked.now).get(typed.street)
    form = asked.given("form", asked.command_id)[:40]
    industry, ring = INDUSTRY_WORDS.get(typed.industry, ""), to_ring(needs, typed.text)
    return Shown("intake/firm_check.html", FirmCheckContext(typed, industry, street, leads, form, ring))


def _list(needs: PublicNeeds, asked: PageRequest) -> PageAnswer:
    stands = asked.asked("stands", STANDS[0])
    page = firm_requests(asked.viewer, needs.desk, asked.now, asked.asked("month"), stands, asked.asked("after"))
    if isinstance(page, Refused):
        return page
    onward = f"{LIST}?month={page.month}&stands={stands}&after={page.next}" if page.next else ""
    return Shown("intake/firms.html", FirmsContext(page, stands, page.month, onward))
