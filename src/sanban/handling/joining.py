"""A request joins a case, comes back with a closed one, or is split off: the parts of both streams, all or none.

A caller names the request, and whom it says the case is about; nothing more. Who asked, when, how, and what date they
were promised stand in the request's own stream; `completed` reads them there while the command is decided, so that no
shell can tell them otherwise. Leaving comes before the case's own part, so that the request takes its promised date
along.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from sanban.handling.ports import RequestFacts, RequestFactsOf
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Mechanism
from sanban.ledger.port import Part, Turn

JOINING = frozenset({"attach", "reopen"})
REQUEST = "request"
EXAMPLE = '{"request": "0197c3e2-7b1d-7a40-9f3e-2b6c1d5e8f90"}'
TOLD = Refused("bad_arguments", "only the request is named; the rest is taken from the request itself", EXAMPLE)
UNKNOWN = Refused("unknown_request", "there is no such request", EXAMPLE)

ABOUT = frozenset({"subjects", "cleared"})
_OWN = frozenset({"unit", "note"}) | ABOUT

Args = dict[str, Any]


def verb_of(mechanism: Mechanism, step: str) -> str:
    """The verb of a step; '' for a step that the mechanism does not have."""
    found = mechanism.steps.get(step)
    return found.verb if found else ""


def step_for(mechanism: Mechanism, verb: str, state: str) -> str:
    """The step of a verb that leads out of the state, else any of the verb, which the engine then refuses."""
    named = [step for step in mechanism.steps.values() if step.verb == verb]
    here = [step for step in named if state in step.source]
    return (here or named)[0].name if named else verb


def parts_of(case_stream: str, mechanism: Mechanism, step: str, args: Args) -> tuple[Part, ...]:
    """The part of the case, and beside it the request's own where the step brings one in or takes one out."""
    verb, own = verb_of(mechanism, step), Part(case_stream, step, args)
    request, case_id = args.get(REQUEST), case_stream.partition(":")[2]
    if not isinstance(request, str) or not request:
        return (own,)
    if verb in JOINING:
        return (own, Part(f"{REQUEST}:{request}", "link", {"case": case_id, "accept": True}))
    return (Part(f"{REQUEST}:{request}", "unlink", {"case": case_id}), own) if verb == "split" else (own,)


def completed(verb: str, args: Args, turn: Turn, facts_of: RequestFactsOf) -> tuple[Args, Refused | None]:
    """The arguments as the kernel takes them, and what is wrong with them should the kernel find them ill-formed."""
    if verb not in JOINING or not args.get(REQUEST):
        return args, None
    wanted = args[REQUEST]
    known = facts_of(turn.look(f"{REQUEST}:{wanted}")) if isinstance(wanted, str) else None
    told = args.keys() - _OWN - {REQUEST} or not isinstance(wanted, str)
    if told or known is None:
        return _named(verb, args, {}), TOLD if told else UNKNOWN
    return _named(verb, args, _plain(known)), None


def _named(verb: str, args: Args, request: Mapping[str, Any]) -> Args:
    own = {name: args[name] for name in args.keys() & _OWN}
    if verb == "attach":
        return {**own, **request}
    about = {name: own.pop(name) for name in own.keys() & ABOUT}
    return {**own, REQUEST: {**request, **about}}


def _plain(facts: RequestFacts) -> Args:
    plain = msgspec.structs.asdict(facts)
    return {REQUEST: plain.pop("id"), **plain}
