"""Noting down what somebody says at the desk: one form, and then the request's own page with the receipt on it.

The receipt is shown this once: on the answer to the form itself, and in no address. Sending the form again shows it
again. What can be decided on the request stands below it, so that nobody has to go on to another page.
"""

from __future__ import annotations

from functools import partial

import msgspec

from sanban.intake.desk.receiving import Said, receive, request_of
from sanban.intake.desk.seeing import ACT_ROLES
from sanban.intake.pages.details import grids_of
from sanban.intake.pages.request import show
from sanban.intake.ports import Needs
from sanban.kernel.errors import Refused
from sanban.kernel.view import PageAnswer, PageRequest, PageRoute, Shown

PATH = "/requests/new"
CHANNELS = ("phone", "counter", "letter", "wechat", "web", "patrol", "other")


class NotingContext(msgspec.Struct, frozen=True):
    """`intake/noting.html`: what was typed, and why it was refused."""

    typed: Said
    channels: tuple[str, ...]
    grids: tuple[str, ...]
    fault: Refused | None = None


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
    request = request_of(needs, taken.request)
    assert request is not None, "what was taken down stands in the ledger"
    return show(needs, asked, request, taken=taken)


def _context(needs: Needs, asked: PageRequest, typed: Said, fault: Refused | None = None) -> NotingContext:
    return NotingContext(typed, CHANNELS, grids_of(needs, asked.now), fault)
