"""The follow page: one screen that says who holds a request, by when and why then, and what has happened.

    GET  /follow            the receipt, and the last four digits of the phone
    POST /follow            how it stands
    POST /follow/dispute    its closing is not accepted
    POST /follow/again      it is asked for again
    POST /follow/add        further words

Receipt and digits stand in forms alone, never in an address. What was done is said on the page that comes back, which
shows the request as it stands then.
"""

from __future__ import annotations

from functools import partial

import msgspec

from sanban.intake.public.filing import LONGEST, form_command
from sanban.intake.public.following import ACTS, Claim, act, found, standing
from sanban.intake.public.ports import PublicNeeds, Standing
from sanban.intake.request import Request
from sanban.kernel.errors import Refused
from sanban.kernel.view import PageAnswer, PageRequest, PageRoute, Shown, phrase, status_of_form

PATH = "/follow"
TEMPLATE = "intake/follow.html"
DONE = {
    "dispute": phrase("Noted. The desk decides on it, not those who handled it, and tells you."),
    "again": phrase("Noted. Those who handle it see that you asked again; your date stays."),
    "add": phrase("Noted. Those who handle it can read it."),
}


class FollowContext(msgspec.Struct, frozen=True):
    """`intake/follow.html`. `standing` is None until a request was found.

    `claim` is what was shown to find it; `done` says what was just noted; `tried` is the form that `fault` is about,
    with what was typed there.
    """

    claim: Claim = Claim()
    standing: Standing | None = None
    done: str = ""
    tried: str = ""
    typed: str = ""
    fault: Refused | None = None
    longest: int = LONGEST["text"]


def routes(needs: PublicNeeds) -> tuple[PageRoute, ...]:
    """The page and the targets of its forms."""
    return (
        PageRoute(
            "GET", PATH, "intake.follow", _ask, public=True, menu=phrase("How does my request stand?"), icon="search",
            order=2,
        ),
        PageRoute("POST", PATH, "intake.follow_shown", partial(_show, needs), public=True),
        *(
            PageRoute("POST", f"{PATH}/{name}", f"intake.follow_{name}", partial(_act, needs, name), public=True)
            for name in ACTS
        ),
    )  # fmt: skip


def _ask(_asked: PageRequest) -> PageAnswer:
    return Shown(TEMPLATE, FollowContext())


def _show(needs: PublicNeeds, asked: PageRequest) -> PageAnswer:
    claim, request = _found(needs, asked)
    if isinstance(request, Refused):
        return _refused(claim, request)
    return Shown(TEMPLATE, FollowContext(claim, standing(needs, request, asked.now)))


def _act(needs: PublicNeeds, name: str, asked: PageRequest) -> PageAnswer:
    claim, request = _found(needs, asked)
    if isinstance(request, Refused):
        return _refused(claim, request)
    words = asked.given("words")
    fault = act(needs, name, request, partial(form_command, asked.command_id), words, asked.now, asked.address)
    how = standing(needs, request, asked.now)
    if fault is not None:
        return Shown(TEMPLATE, FollowContext(claim, how, tried=name, typed=words, fault=fault), status_of_form(fault))
    return Shown(TEMPLATE, FollowContext(claim, how, done=DONE[name]))


def _found(needs: PublicNeeds, asked: PageRequest) -> tuple[Claim, Request | Refused]:
    claim = Claim(asked.given("receipt")[:40], asked.given("tail")[:20])
    return claim, found(needs, claim, asked.now, asked.address)


def _refused(claim: Claim, fault: Refused) -> Shown:
    return Shown(TEMPLATE, FollowContext(claim, fault=fault), status_of_form(fault))
