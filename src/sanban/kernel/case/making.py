"""Making the one event of a step: the verb's effect, the move, and the clocks both start and stop."""

from __future__ import annotations

from sanban.kernel.case.clocks import ClockBook
from sanban.kernel.case.event import Event
from sanban.kernel.case.facts import running_clocks
from sanban.kernel.case.situation import Effect, Situation
from sanban.kernel.case.state import Case, Clock
from sanban.kernel.mechanism import Step
from sanban.kernel.permission import Actor

WORKING_ROLES = frozenset({"handler", "grid_worker", "grid_leader", "property_manager"})
"""Roles whose steps count as handling: who took one may not verify, call back or approve in that case."""


def make_event(
    case: Case, step: Step, effect: Effect, situation: Situation, note: str = "", *, handles: bool = False
) -> Event:
    """The event of the effect, with its move and its clocks. `handles`: the step itself is handling."""
    mechanism = effect.mechanism or situation.mechanism
    to = step.to if effect.to is None else effect.to
    enters = bool(to) and (to != case.state or effect.mechanism is not None)
    started: tuple[Clock, ...] = ()
    stopped: tuple[str, ...] = ()
    if enters or effect.happenings or effect.stops:
        book = ClockBook(situation, mechanism, effect.seen or case)
        book.stop(effect.stops)
        for happening in effect.happenings:
            book.happen(happening)
        if enters:
            if mechanism.states[to].end:
                book.stop([clock.id for clock in running_clocks(case)])
            book.enter(to, effect.lead or case.lead)
        started, stopped = tuple(book.started), tuple(book.stopped)
    actor = situation.actor
    handled = is_handling(actor) or (handles and actor.role != "system")
    moved = to if to != case.state else ""
    event: Event = effect.kind(  # type: ignore[assignment]  # every effect names one of the union's types
        situation.now, actor.id, actor.unit, handled, step.name, moved, started, stopped, note, **effect.fields
    )
    return event


def is_handling(actor: Actor) -> bool:
    """Whether all that the actor does to a case counts as handling it."""
    return actor.role in WORKING_ROLES
