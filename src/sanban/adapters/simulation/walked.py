"""Which paths a simulated time has walked, told by the ledger's events and not by anybody's intention."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

import msgspec

from sanban.kernel.case import event as events
from sanban.kernel.case.event import Event
from sanban.kernel.case.state import Case

PATHS: Final = (
    "accepted", "accepted_silently", "returned", "returned_again", "ruled", "ruled_with_precedent", "precedent_kept",
    "extension_granted", "extension_refused", "extension_lapsed", "extension_too_late", "suspended", "resumed",
    "shelved", "unshelved", "co_task_done", "waived", "passed_down", "failed_check", "unresolved_call_back",
    "reworked_after_call_back", "closed_resolved", "closed_unsolved", "closed_explained", "closed_statutory",
    "reopened", "recurred", "attached", "repeated", "split", "reclassified", "supervised", "promise_lengthened",
    "clock_missed", "first_contact_missed", "reminded", "contacted", "returned_by_helper",
    "whistled", "screened_silently", "whistle_passed", "summoned", "reported_in", "marked_absent", "released",
    "joint_offered", "offered_extension_missed", "offered_call_back_failed", "joint_accepted",
    "minuted", "gate_passed", "whistle_refused", "lead_changed", "vetoed",
    "accounted",
)  # fmt: skip
"""What thirty days of the shipped matters walk, each at least once."""


class Walked(msgspec.Struct, frozen=True):
    """Counts of a simulation. `refused` by `step:reason`; `paths` by the names of `PATHS`, and of others met."""

    requests: int
    cases: int
    closed: int
    commands: int
    events: dict[str, int]
    steps: dict[str, int]
    paths: dict[str, int]
    refused: dict[str, int]

    @property
    def missing(self) -> tuple[str, ...]:
        """Paths that nobody walked."""
        return tuple(path for path in PATHS if path not in self.paths)


class Tally:
    """The counts while they grow."""

    def __init__(self) -> None:
        self.commands = 0
        self.events: Counter[str] = Counter()
        self.steps: Counter[str] = Counter()
        self.paths: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()

    def count(self, kind: str) -> None:
        """An event of any stream."""
        self.events[kind] += 1
        if kind == "entry.added":
            self.paths["precedent_kept"] += 1

    def see(self, before: Case | None, event: Event) -> None:
        """An event of a case that stood as `before`."""
        if event.step:
            self.steps[event.step] += 1
        name = _NAMES.get(type(event))
        for path in (name,) if isinstance(name, str) else name(before, event) if name is not None else ():
            self.paths[path] += 1

    def refuse(self, step: str, reason: str) -> None:
        """A command that was refused."""
        self.refused[f"{step}:{reason}"] += 1
        if step == "ask_extension" and reason == "too_late":
            self.paths["extension_too_late"] += 1

    def walked(self, cases: Mapping[str, Case]) -> Walked:
        """The counts as they stand."""
        return Walked(
            requests=self.events["request.received"],
            cases=len(cases),
            closed=sum(case.closed_at is not None for case in cases.values()),
            commands=self.commands,
            events=dict(self.events),
            steps=dict(self.steps),
            paths=dict(self.paths),
            refused=dict(self.refused),
        )


def _opened(_before: Case | None, event: events.CaseOpened) -> tuple[str, ...]:
    return ("recurred",) if event.recurs else ()


def _attached(_before: Case | None, event: events.RequestAttached) -> tuple[str, ...]:
    return ("attached", "repeated") if event.request.repeat > 1 else ("attached",)


def _accepted(_before: Case | None, event: events.TaskAccepted) -> tuple[str, ...]:
    return ("accepted_silently",) if event.silent else ("accepted",)


def _returned(before: Case | None, event: events.TaskReturned) -> tuple[str, ...]:
    if event.instead is not None:
        return ("returned_by_helper",)
    return ("returned_again",) if before is not None and before.returned_by else ("returned",)


def _ruled(_before: Case | None, event: events.CaseRuled) -> tuple[str, ...]:
    found = ("ruled", "ruled_with_precedent") if event.precedent else ("ruled",)
    return (*found, "lead_changed") if event.withdrawn else found


def _finished(before: Case | None, event: events.TaskFinished) -> tuple[str, ...]:
    task = None if before is None else before.task(event.task)
    return ("co_task_done",) if task is not None and task.spec != "lead" else ("finished",)


def _reworked(before: Case | None, _event: events.TaskReworked) -> tuple[str, ...]:
    called = before is not None and any(request.call_back for request in before.requests)
    return ("reworked_after_call_back",) if called else ("failed_check",)


def _called_back(_before: Case | None, event: events.RequesterCalledBack) -> tuple[str, ...]:
    if not event.call_back.reached:
        return ("not_reached",)
    return ("unresolved_call_back",) if event.call_back.resolved in ("no", "partly") else ("resolved_call_back",)


def _screened(_before: Case | None, event: events.CaseScreened) -> tuple[str, ...]:
    return ("screened_silently",) if event.silent else (f"whistle_{event.outcome}",)


def _closed(_before: Case | None, event: events.CaseClosed) -> tuple[str, ...]:
    return (f"closed_{event.ending}",)


def _missed(before: Case | None, event: events.ClockMissed) -> tuple[str, ...]:
    found = ["clock_missed"]
    if before is not None:
        limit = next((clock.limit for clock in before.clocks if clock.id == event.clock), "")
        found += [f"{limit}_missed"]
        found += ["extension_lapsed" for asked in before.asked if asked.subject == event.clock]
    return tuple(found)


_NAMES: Mapping[type, str | Callable[[Case | None, Any], tuple[str, ...]]] = MappingProxyType(
    {
        events.CaseOpened: _opened,
        events.RequestAttached: _attached,
        events.RequestDetached: "split",
        events.CaseReclassified: "reclassified",
        events.TaskAccepted: _accepted,
        events.TaskReturned: _returned,
        events.CaseRuled: _ruled,
        events.TaskPassedDown: "passed_down",
        events.TaskFinished: _finished,
        events.TaskWaived: "waived",
        events.TaskReworked: _reworked,
        events.RequesterContacted: "contacted",
        events.RequesterCalledBack: _called_back,
        events.CaseClosed: _closed,
        events.CaseReopened: "reopened",
        events.CaseShelved: "shelved",
        events.CaseUnshelved: "unshelved",
        events.CaseMoved: "moved",
        events.CaseSupervised: "supervised",
        events.SupervisionAnswered: "accounted",
        events.ExtensionGranted: "extension_granted",
        events.ExtensionRefused: "extension_refused",
        events.ClockSuspended: "suspended",
        events.ClockResumed: "resumed",
        events.ClockMissed: _missed,
        events.ClockReminded: "reminded",
        events.PromiseLengthened: "promise_lengthened",
        events.CaseWhistled: "whistled",
        events.CaseScreened: _screened,
        events.CaseSummoned: "summoned",
        events.CaseReportedIn: "reported_in",
        events.CaseMarkedAbsent: "marked_absent",
        events.CaseReleased: "released",
        events.CaseVetoed: "vetoed",
        events.JointOffered: lambda _before, event: ("joint_offered", f"offered_{event.cause}"),
        events.JointAccepted: "joint_accepted",
        events.JointRefused: "joint_refused",
        events.TaskPlanned: "planned",
        events.GatePassed: "gate_passed",
        events.CaseMinuted: "minuted",
    }
)
