"""A firm's request: what was typed, the check of it, who leads it and by when, and the filing itself.

It is read as the requester's own form is: the same person, suggestions, receipt and follow page. The matter is fixed,
so a person at the desk opens it under its own mechanism and clocks; the firm's name and credit code go into the vault
under the key of the contact.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from functools import partial
from uuid import UUID, uuid5

import msgspec

from sanban.intake.desk.receiving import Said, receive
from sanban.intake.event import DANGER
from sanban.intake.firms.credit import is_code, plain
from sanban.intake.firms.profile import EARLIEST, Profile, written
from sanban.intake.ports import Needs, streets_of
from sanban.intake.public.allowance import TOO_MANY
from sanban.intake.public.filing import PHONE, Filed, command_of
from sanban.intake.public.ports import Promise, PublicNeeds
from sanban.kernel.duty.answer import Answer, who_answers
from sanban.kernel.duty.place import NOWHERE
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Title
from sanban.kernel.view import ANONYMOUS
from sanban.ledger.port import Part, Secret, Submission
from sanban.packs.desk.policies import INDUSTRIES, MOST_STAFF

MATTER = "firm-request"
DUTY = "service_manager"
CHANNEL = "firm"
FIRMS = UUID("7b9e2d14-53c8-5e6f-8a01-c4d7f2e9b836")
LONGEST = {
    "firm": 100, "code": 40, "contact": 60, "phone": 30, "text": 2000, "address": 200, "industry": 20, "staff": 7,
    "founded": 4,
}  # fmt: skip
"""Characters of each field. Limits of this product."""
LINES = frozenset(LONGEST) - {"text"}
"""What is typed on one line: a line break would pass for another line of what the vault keeps of the firm."""
_BREAKS = frozenset({"Cc", "Zl", "Zp"})
CODE_EXAMPLE = "91310109MA1G00001Q"
FIRM_EXAMPLE = "示范科技有限公司"


class FirmFiling(msgspec.Struct, frozen=True):
    """What a firm typed. `contact`: the person who is called back; `industry`, `staff`, `founded`: if it wants to."""

    firm: str = ""
    code: str = ""
    contact: str = ""
    phone: str = ""
    text: str = ""
    address: str = ""
    street: str = ""
    industry: str = ""
    staff: str = ""
    founded: str = ""

    @property
    def profile(self) -> Profile:
        """What it told of itself, once it was checked."""
        staff = int(self.staff) if self.staff else None
        return Profile(plain(self.code), self.industry, staff, int(self.founded or 0))


class Led(msgspec.Struct, frozen=True):
    """Who leads a firm's request from filing to closing, and the date that its mechanism promises."""

    manager: Title | None
    matter: Title
    promise: Promise | None


def check(needs: Needs, filing: FirmFiling, now: int) -> tuple[str, Refused] | None:
    """The first field that cannot be taken, and why; None when all can."""
    for field, most in LONGEST.items():
        if len(getattr(filing, field)) > most:
            return field, Refused("text_too_long", f"at most {most:,} characters", f"at most {most:,} characters")
        if field in LINES and not _BREAKS.isdisjoint(map(unicodedata.category, getattr(filing, field))):
            return field, Refused("not_one_line", "one line, without control characters", FIRM_EXAMPLE)
    wrong = {
        "firm": (not filing.firm, Refused("no_firm", "the firm is named", FIRM_EXAMPLE)),
        "code": (
            not is_code(plain(filing.code)),
            Refused("bad_credit_code", "a credit code has eighteen signs, the last of which checks them", CODE_EXAMPLE),
        ),
        "contact": (not filing.contact, Refused("no_contact", "somebody of the firm is called back", "张三")),
        "phone": (not PHONE.fullmatch(filing.phone), Refused("bad_phone", "a phone number has digits", "13800000000")),
        "text": (not filing.text, Refused("empty_text", "nothing was said", "想申请临时占道卸货许可")),
        "street": (
            bool(filing.street) and filing.street not in streets_of(needs, now),
            Refused("unknown_street", "the district has no such street", "choose one from the list"),
        ),
        "industry": (
            bool(filing.industry) and filing.industry not in INDUSTRIES,
            Refused("unknown_industry", "there is no such industry here", "choose one from the list"),
        ),
        "staff": (
            not _is_number(filing.staff, 0, MOST_STAFF),
            Refused("bad_number", f"a whole number up to {MOST_STAFF:,}", "12"),
        ),
        "founded": (
            not _is_number(filing.founded, EARLIEST, year_of(needs, now)),
            Refused("bad_founding", f"a year from {EARLIEST} to now", "2023"),
        ),
    }
    return next(((field, refused) for field, (holds, refused) in wrong.items() if holds), None)


def year_of(needs: Needs, now: int) -> int:
    """The local year of an instant, microseconds UTC."""
    return dt.datetime.fromtimestamp(now // 1_000_000, needs.zone).year


def _is_number(typed: str, low: int, high: int) -> bool:
    """Whether it is left out, or a number between both ends."""
    return not typed or (typed.isascii() and typed.isdecimal() and low <= int(typed) <= high)


def led(needs: PublicNeeds, now: int) -> Led | None:
    """The one service manager and the promised date; None where the district does not run the matter."""
    mechanism = next((one for one in needs.desk.matters(now) if one.matter == MATTER), None)
    if mechanism is None:
        return None
    found = who_answers(needs.desk.duty, MATTER, DUTY, NOWHERE, now)
    unit = needs.desk.duty.unit_at(found.unit, now) if isinstance(found, Answer) else None
    manager = Title(unit.title_zh, unit.title_en) if unit else None
    return Led(manager, mechanism.title, needs.cases.promise(MATTER, now))


def file(
    needs: PublicNeeds, form: str, filing: FirmFiling, now: int, address: str, *, by_program: bool = False
) -> Filed | Refused:
    """Files it; `form`, `address` and `by_program` as for any requester."""
    fault = check(needs.desk, filing, now)
    leads = led(needs, now)
    if fault is not None or leads is None:
        return fault[1] if fault else Refused("not_served", "this district takes no requests of firms here", "/file")
    if needs.filing.wait((address,), now):
        return TOO_MANY
    said = Said(
        text=filing.text,
        title=filing.firm,
        name=filing.contact,
        phone=filing.phone,
        address=filing.address,
        street=filing.street,
        channel=CHANNEL,
        matter=MATTER,
    )
    command = form if by_program else command_of(f"{form} {written(filing.firm, filing.profile)}", said)
    taken = receive(needs.desk, ANONYMOUS, command, said, now, partial(_with_firm, filing, command))
    if isinstance(taken, Refused):
        return taken
    if not taken.repeated:
        needs.filing.count((address,), now)
    emergency = needs.emergency if DANGER in taken.flags else ()
    return Filed(taken.number, taken.receipt, leads.matter, leads.promise, tail=True, emergency=emergency)


def _with_firm(filing: FirmFiling, command: str, submission: Submission) -> Submission:
    """The same command with the firm's name and code, under the key of its contact."""
    first, *rest = submission.parts
    ref = f"v:{uuid5(FIRMS, command).hex}"
    secret = Secret(ref, str(first.args["requester"]), "firm", written(filing.firm, filing.profile))
    received = Part(first.stream, first.step, first.args | {"firm": ref})
    return msgspec.structs.replace(submission, parts=(received, *rest), secrets=(*submission.secrets, secret))
