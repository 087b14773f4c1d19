"""`sanban officer` and `sanban token`: who may come in, in which role, for which unit; every change is an event.

The event is written first: what happened to an account can be forgotten by nobody. Then `officers.toml` changes, which
a running server reads again at the next click.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from typing import Any, cast, get_args

import msgspec

from sanban.kernel.errors import SanbanError
from sanban.kernel.permission import Actor, Role
from sanban.ledger.port import Part, Submission
from sanban.main.deployment.officer_events import Change, stream_of
from sanban.main.house import House
from sanban.web.access.officers import Officer, Officers, Scope, Token, check_password

KEEPER = Actor("keeper", "system")
DAY = 86_400_000_000
LONGEST_DAYS = 366
EXPIRES = re.compile(r"([1-9][0-9]{0,2})d")


class Issued(msgspec.Struct, frozen=True):
    """A new token; `secret` is shown this once and stands nowhere."""

    token: Token
    secret: str


def add_officer(house: House, account: str, role: str, unit: str, password: str, title: str = "") -> None:
    """An account of one of the district's units; one that is there gets everything anew."""
    officers = Officers(house.home.folder)
    made = _placed(house, Officer(account=account, role=_role(role), title=title), unit)
    checked = officers.checked(msgspec.structs.replace(made, sessions_from=house.clock()), password)
    _record(house, account, "added", role=checked.role, unit=checked.unit)
    officers.add(checked, password)


def change_officer(house: House, account: str, role: str = "", unit: str = "") -> Officer:
    """Another role or unit, from now on; what is '' stays."""
    officers = Officers(house.home.folder)
    before = officers.known(account)
    if not role and not unit:
        raise SanbanError("say what changes", f"sanban officer change {account} --role verifier --unit hotline")
    after = msgspec.structs.replace(before, role=_role(role)) if role else before
    after = _placed(house, after, unit) if unit else after
    _record(house, account, "moved", role=after.role, unit=after.unit)
    officers.put(after)
    return after


def set_address(house: House, account: str, notify: str) -> Officer:
    """Where the officer is told of what their unit is told; on record is only that it changed."""
    officers = Officers(house.home.folder)
    before = officers.known(account)
    try:
        after = msgspec.convert({**msgspec.structs.asdict(before), "notify": notify}, Officer)
    except msgspec.ValidationError as error:
        message = "this is not an address of a channel: sms, mail or wecom, a colon, and where"
        raise SanbanError(message, f"sanban officer address {account} mail:duty@street-01.example") from error
    _record(house, account, "address_changed", role=after.role, unit=after.unit)
    officers.put(after)
    return after


def set_disabled(house: House, account: str, *, disabled: bool) -> None:
    """Shuts an account out at once, or lets it in again; its earlier sessions stay ended."""
    officers = Officers(house.home.folder)
    officer = officers.known(account)
    _record(house, account, "disabled" if disabled else "enabled", role=officer.role, unit=officer.unit)
    officers.put(msgspec.structs.replace(officer, disabled=disabled, sessions_from=house.clock()))


def reset_password(house: House, account: str, password: str) -> None:
    """A new password; sessions under the old one end."""
    officers = Officers(house.home.folder)
    officer = msgspec.structs.replace(officers.known(account), sessions_from=house.clock())
    check_password(account, password)
    _record(house, account, "password_reset", role=officer.role, unit=officer.unit)
    officers.add(officer, password)


def listed(house: House) -> list[Officer]:
    """Every account, by name."""
    return sorted(Officers(house.home.folder).all(), key=lambda officer: officer.account)


def issue_token(house: House, account: str, expires: str, scope: str, label: str = "") -> Issued:
    """A token for a program that acts as an officer. `expires`: `90d`, at most a year."""
    officers = Officers(house.home.folder)
    officer = officers.known(account)
    days = EXPIRES.fullmatch(expires)
    if days is None or int(days[1]) > LONGEST_DAYS:
        raise SanbanError(f"{expires!r} is not 1 to {LONGEST_DAYS} days", "--expires 90d")
    if scope not in get_args(Scope):
        raise SanbanError(f"{scope!r} is not a scope; there are: {', '.join(get_args(Scope))}", "--scope read")
    if officer.disabled:
        raise SanbanError(f"{account} is disabled", f"sanban officer enable {account}")
    now = house.clock()
    token = Token(account, "", now + int(days[1]) * DAY, label, uuid.uuid4().hex[:12], cast(Scope, scope), now)
    more = {"token": token.id, "scope": token.scope, "expires_at": token.expires_at}
    _record(house, account, "token_issued", role=officer.role, unit=officer.unit, **more)
    return Issued(token, officers.put_token(token))


def revoke_token(house: House, token_id: str) -> Token:
    """Ends a token at once."""
    officers = Officers(house.home.folder)
    token = next((one for one in officers.tokens() if one.id == token_id), None)
    if token is None:
        known = ", ".join(one.id for one in officers.tokens()) or "none"
        raise SanbanError(f"there is no token {token_id}; there are: {known}", "sanban token list")
    _record(house, token.account, "token_revoked", token=token.id)
    officers.drop_token(token_id)
    return token


def listed_tokens(house: House) -> list[Token]:
    """Every token, by account and expiry; expired ones too."""
    return sorted(Officers(house.home.folder).tokens(), key=lambda token: (token.account, token.expires_at))


def day_of(house: House, instant: int) -> str:
    """The local day of an instant, for people."""
    return dt.datetime.fromtimestamp(instant / 1_000_000, house.zone).date().isoformat()


def _role(role: str) -> Role:
    if role not in get_args(Role):
        raise SanbanError(f"{role!r} is not a role; there are: {', '.join(get_args(Role))}", "--role handler")
    return cast(Role, role)


def _placed(house: House, officer: Officer, unit: str) -> Officer:
    found = house.district.duty.unit_at(unit, house.clock())
    if found is None:
        raise SanbanError(f"there is no unit {unit} now", f"--unit {next(iter(house.district.duty.units), 'desk')}")
    return msgspec.structs.replace(officer, unit=unit, unit_kind=found.kind)


def _record(house: House, account: str, change: Change, **args: Any) -> None:
    part = Part(stream_of(account), change, args)
    answer = house.store_ledger.submit(Submission(str(uuid.uuid4()), KEEPER, (part,)))
    if answer.refused is not None:
        raise SanbanError(f"{account}: {answer.refused.message}", answer.refused.example)
