"""Noting down what somebody says at the desk: one form, and a page with the receipt, which is shown this once.

The receipt stands on the answer to the form itself and in no address. Sending the form again shows it again.
"""

from __future__ import annotations

from functools import partial

import msgspec

from sanban.intake.desk.receiving import Said, Taken, receive
from sanban.intake.desk.seeing import ACT_ROLES, titles_of
from sanban.intake.ports import Needs
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Title
from sanban.kernel.view import PageAnswer, PageRequest, PageRoute, Shown

PATH = "/requests/new"
CHANNELS = ("phone", "counter", "letter", "wechat", "web", "patrol", "other")


class NotingContext(msgspec.Struct, frozen=True):
    """`intake/noting.html`: what was typed, and why it was refused."""

    typed: Said
    channels: tuple[str, ...]
    grids: tuple[str, ...]
    fault: Refused | None = None


class ReceiptContext(msgspec.Struct, frozen=True):
    """`intake/receipt.html`. `suggested`: what triage thinks it is, None when no word spoke."""

    taken: Taken
    suggested: Title | None


def routes(needs: Needs) -> tuple[PageRoute, ...]:
    """The form and its target."""
    return (
        PageRoute("GET", PATH, "intake.noting", partial(_form, needs), roles=ACT_ROLES),
        PageRoute("POST", PATH, "intake.note_down", partial(_note_down, needs), roles=ACT_ROLES),
    )


def _form(needs: Needs, asked: PageRequest) -> PageAnswer:
    return Shown("intake/noting.html", _context(needs, asked, Said("", channel="phone")))


def _note_down(needs: Needs, asked: PageRequest) -> PageAnswer:
    said = Said(
        text=asked.given("text"),
        title=asked.given("title"),
        name=asked.given("name"),
        phone=asked.given("phone"),
        address=asked.given("address"),
        channel=asked.given("channel", "phone"),
        grid=asked.given("grid"),
        proxy_phone=asked.given("proxy_phone"),
        found=asked.given("found") == "yes",
    )
    taken = receive(needs, asked.viewer, asked.command_id, said, asked.now)
    if isinstance(taken, Refused):
        return Shown("intake/noting.html", _context(needs, asked, said, taken), 422)
    return Shown("intake/receipt.html", ReceiptContext(taken, _suggested(needs, said, asked.now)))


def _context(needs: Needs, asked: PageRequest, typed: Said, fault: Refused | None = None) -> NotingContext:
    return NotingContext(typed, CHANNELS, grids_of(needs, asked.now), fault)


def grids_of(needs: Needs, now: int) -> tuple[str, ...]:
    """Codes of the grids in force."""
    grids = needs.duty.grids
    return tuple(sorted(code for code in grids.versions if grids.version(code, now) is not None))


def _suggested(needs: Needs, said: Said, now: int) -> Title | None:
    advice = needs.triage.advise(said.text, said.title)
    found = advice.candidates if advice else ()
    return titles_of(needs.matters(now)).get(found[0].matter) if found else None
