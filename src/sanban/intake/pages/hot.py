"""What is hot right now: waves with one action that makes a case of each, and the events of the last days."""

from __future__ import annotations

from functools import partial

import msgspec

from sanban.intake.desk.gathering import Gathered, gather
from sanban.intake.desk.hot import Event, Surge, events, surges
from sanban.intake.desk.seeing import ACT_ROLES, SEE_ROLES
from sanban.intake.grouping.stream import Progress
from sanban.intake.ports import Needs
from sanban.kernel.errors import Refused
from sanban.kernel.permission import DESK_ROLES
from sanban.kernel.view import PageAnswer, PageRequest, PageRoute, Redirected, Shown, phrase

PATH = "/hot"
GATHERED = phrase("They are one case now; each keeps its own date, reply and call-back.")
LEFT = phrase("They are one case now. Some could not join and wait at the desk.")
NO_WAVE = Refused("no_such_wave", "this wave is over, or its requests have a case", "look at the list again")


class HotContext(msgspec.Struct, frozen=True):
    """`intake/hot.html`. `acts`: the viewer may make a case of a wave; `tried`: the wave whose form was refused.

    `grouping`: as of when the events are, or how far their first grouping is.
    """

    surges: tuple[Surge, ...]
    events: tuple[Event, ...]
    acts: bool
    grouping: Progress
    tried: tuple[str, str] = ("", "")
    fault: Refused | None = None


def routes(needs: Needs) -> tuple[PageRoute, ...]:
    """The page and its target."""
    return (
        PageRoute(
            "GET", PATH, "intake.hot", partial(_hot, needs), roles=SEE_ROLES, menu=phrase("Hot now"), icon="flame",
            order=9,
        ),
        PageRoute("POST", f"{PATH}/gather", "intake.gather", partial(_gather, needs), roles=ACT_ROLES),
    )  # fmt: skip


def _surge_of(needs: Needs, asked: PageRequest, matter: str, place: str) -> Surge | None:
    """The wave about a matter at a place, as it is now."""
    found = surges(needs, asked.viewer, asked.now)
    return next((one for one in found if (one.wave.matter, one.wave.place) == (matter, place)), None)


def _hot(needs: Needs, asked: PageRequest, tried: tuple[str, str] = ("", ""), fault: Refused | None = None) -> Shown:
    told = events(needs, asked.viewer, asked.now)
    context = HotContext(
        surges(needs, asked.viewer, asked.now),
        told,
        asked.viewer.role in DESK_ROLES,
        needs.stream.progress,
        tried,
        fault,
    )
    return Shown("intake/hot.html", context, 422 if fault else 200, tuple(about for one in told for about in one.about))


def _gather(needs: Needs, asked: PageRequest) -> PageAnswer:
    matter, place = asked.given("matter"), asked.given("place")
    wave = _surge_of(needs, asked, matter, place)
    waiting = wave.waiting if wave else ()
    done = gather(needs, asked.viewer, asked.command_id, waiting, matter, asked.given("case"), asked.now)
    if isinstance(done, Refused):
        return _hot(needs, asked, (matter, place), done if wave else NO_WAVE)
    return led_to(done)


def led_to(done: Gathered) -> Redirected:
    """On to the case."""
    return Redirected(f"/cases/{done.case}", LEFT if done.left else GATHERED)
