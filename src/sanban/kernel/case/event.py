"""Every event of a case. `noun.past_verb`, carrying codes, integers, instants, ids and TextRefs, never text.

Each step taken makes exactly one event, which carries the move (`to`) and the clocks it started and stopped, so that
folding needs neither calendar nor mechanism. Fields are only ever added, with defaults: old bytes stay readable. What
stands at its default is not written, so a default never changes.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from sanban.kernel.case.state import Asked, CallBack, Clock, Relaying, Request, Risk, Suspension, Task, Unmasking
from sanban.kernel.case.words import Code, Fields, Id, TextRef


class CaseEvent(msgspec.Struct, frozen=True, tag_field="type", omit_defaults=True, gc=False):
    """What all have: when recorded (microseconds UTC), by whom, by which step, to which state, and its clocks."""

    at: int
    actor: Code
    unit: Code = ""
    handler: bool = False
    step: Code = ""
    to: Code = ""
    started: tuple[Clock, ...] = ()
    stopped: tuple[Id, ...] = ()
    note: TextRef = ""
    v: int = 1


class CaseOpened(CaseEvent, frozen=True, kw_only=True, tag="case.opened"):
    """`subjects`: the parties it is about; `cleared`: those that its words name and that it is not about."""

    id: Id
    number: Code
    mechanism: Code
    desk: Code
    request: Request
    fields: Fields = {}
    subjects: tuple[Id, ...] = ()
    cleared: tuple[Id, ...] = ()
    grid: Code = ""
    street: Code = ""
    place: TextRef = ""
    found: bool = False
    recurs: Code = ""
    priority: int = 0


class RequestAttached(CaseEvent, frozen=True, kw_only=True, tag="request.attached"):
    """`subjects`: parties that this request says the case is about too; `cleared`: others that its words name."""

    request: Request
    priority: int = 0
    subjects: tuple[Id, ...] = ()
    cleared: tuple[Id, ...] = ()


class RequestDetached(CaseEvent, frozen=True, kw_only=True, tag="request.detached"):
    """`priority`: of what stays, None where it was not computed anew."""

    request: Id
    priority: int | None = None


class CaseLocated(CaseEvent, frozen=True, kw_only=True, tag="case.located"):
    grid: Code
    street: Code
    place: TextRef = ""


class CaseDispatched(CaseEvent, frozen=True, kw_only=True, tag="case.dispatched"):
    """`tasks`: new ones, the lead's first. `cites`: the directory entry, or '' when a person chose.

    `keeps_lead`: the returning unit leads until the new one has accepted.
    """

    tasks: tuple[Task, ...]
    cites: Code = ""
    keeps_lead: bool = False


class CaseRuled(CaseEvent, frozen=True, kw_only=True, tag="case.ruled"):
    """The centre's ruling, binding for this case; its unit leads at once. `precedent` goes into the directory.

    `withdrawn`: the open task of the unit that led until then, where the ruling came in the middle of joint work.
    """

    task: Task
    ground: Code = ""
    precedent: Code = ""
    withdrawn: Id = ""


class TaskAccepted(CaseEvent, frozen=True, kw_only=True, tag="task.accepted"):
    task: Id
    silent: bool = False


class TaskReturned(CaseEvent, frozen=True, kw_only=True, tag="task.returned"):
    """`instead`: what a helper gave back, as the lead has it now; None for the lead's own order."""

    task: Id
    ground: Code
    instead: Task | None = None


class TaskPassedDown(CaseEvent, frozen=True, kw_only=True, tag="task.passed_down"):
    """`due_at`: by when the station has to be done, None where no limit of its unit says; reminded at `remind_at`."""

    task: Id
    station: Code
    due_at: int | None = None
    remind_at: int | None = None


class StationReminded(CaseEvent, frozen=True, kw_only=True, tag="station.reminded"):
    """The station that the task was passed down to has been reminded of its own time."""

    task: Id
    station: Code


class StationMissed(CaseEvent, frozen=True, kw_only=True, tag="station.missed"):
    """The station's own time is over, whatever its unit's clocks say."""

    task: Id
    station: Code


class TaskPlanned(CaseEvent, frozen=True, kw_only=True, tag="task.planned"):
    tasks: tuple[Task, ...]


class TaskFinished(CaseEvent, frozen=True, kw_only=True, tag="task.finished"):
    task: Id


class TaskWaived(CaseEvent, frozen=True, kw_only=True, tag="task.waived"):
    task: Id
    ground: Code


class TaskReworked(CaseEvent, frozen=True, kw_only=True, tag="task.reworked"):
    """Work found wanting: `tasks` are open again, the call-backs of `requests` will be asked anew.

    `clocks`: those that finishing had stopped; they run on, without the time the work lay with the verifier.
    """

    tasks: tuple[Id, ...]
    requests: tuple[Id, ...] = ()
    clocks: tuple[Clock, ...] = ()


class RequesterContacted(CaseEvent, frozen=True, kw_only=True, tag="requester.contacted"):
    request: Id


class RequesterUnmasked(CaseEvent, frozen=True, kw_only=True, tag="requester.unmasked"):
    unmasking: Unmasking


class RequesterMessaged(CaseEvent, frozen=True, kw_only=True, tag="requester.messaged"):
    """Words for a requester through the platform; `note` is what they read."""

    request: Id


class RequesterRelayed(CaseEvent, frozen=True, kw_only=True, tag="requester.relayed"):
    """A number through which the unit speaks with a requester, and neither sees the other's."""

    relaying: Relaying


class TaskReworded(CaseEvent, frozen=True, kw_only=True, tag="task.reworded"):
    """`note` is what the task's unit reads instead of what was said."""

    task: Id


class SubjectNamed(CaseEvent, frozen=True, kw_only=True, tag="subject.named"):
    """The case turned out to be about this party, and `ground` says how that is known."""

    party: Id
    ground: Code


class SubjectCleared(CaseEvent, frozen=True, kw_only=True, tag="subject.cleared"):
    """The case is not about this party, whether it was held to be or could be taken for it."""

    party: Id
    ground: Code


class CaseStoodAside(CaseEvent, frozen=True, kw_only=True, tag="case.stood_aside"):
    """Units that are or act for a party complained about: their tasks `withdrawn`, `tasks` each in its place."""

    withdrawn: tuple[Id, ...]
    tasks: tuple[Task, ...]


class CaseVerified(CaseEvent, frozen=True, kw_only=True, tag="case.verified"):
    """The work was checked by someone who had not done it, and holds.

    `spared`: requests that are answered by notice and not called back, as the declared rule drew them by `seed`; ''
    where it drew none.
    """

    spared: tuple[Id, ...] = ()
    seed: Code = ""


class RequesterCalledBack(CaseEvent, frozen=True, kw_only=True, tag="requester.called_back"):
    request: Id
    call_back: CallBack


class CaseClosed(CaseEvent, frozen=True, kw_only=True, tag="case.closed"):
    """`told`: its note was written for every requester; in older events it may have been written for staff alone."""

    ending: Code
    told: bool = False


class CaseReopened(CaseEvent, frozen=True, kw_only=True, tag="case.reopened"):
    """`task`: the new lead task; `repeat_against`: the unit whose closing did not hold; `request`: who came back.

    `clocks`: those of requests whose reply did not hold; they run on as if they had never been stopped; `subjects`,
    `cleared`: as of a request that is attached.
    """

    task: Task
    repeat_against: Code = ""
    request: Request | None = None
    clocks: tuple[Clock, ...] = ()
    subjects: tuple[Id, ...] = ()
    cleared: tuple[Id, ...] = ()


class CaseShelved(CaseEvent, frozen=True, kw_only=True, tag="case.shelved"):
    ground: Code
    review_at: int


class CaseUnshelved(CaseEvent, frozen=True, kw_only=True, tag="case.unshelved"):
    """Taken out of the problem bank, to be worked again."""


class CaseMoved(CaseEvent, frozen=True, kw_only=True, tag="case.moved"):
    """A declared step whose only effect is the move."""


class CaseSupervised(CaseEvent, frozen=True, kw_only=True, tag="case.supervised"):
    """Under higher attention from now on: of a declared level and its rank, or of none (rank 0)."""

    level: Code = ""
    rank: int = 0


class SupervisionAnswered(CaseEvent, frozen=True, kw_only=True, tag="supervision.answered"):
    """The unit that leads said what it does about it, in `note`: every supervision of it is answered."""


class CaseNoted(CaseEvent, frozen=True, kw_only=True, tag="case.noted"):
    """A note without effect."""


class CaseReclassified(CaseEvent, frozen=True, kw_only=True, tag="case.reclassified"):
    """`subjects`: all the parties complained about, those that the new form names included.

    `tasks`: of co-units that the other matter asks for.
    """

    mechanism: Code
    fields: Fields = {}
    subjects: tuple[Id, ...] = ()
    tasks: tuple[Task, ...] = ()


class CaseMigrated(CaseEvent, frozen=True, kw_only=True, tag="case.migrated"):
    mechanism: Code


class ExtensionAsked(CaseEvent, frozen=True, kw_only=True, tag="extension.asked"):
    asked: Asked


class ExtensionGranted(CaseEvent, frozen=True, kw_only=True, tag="extension.granted"):
    """`clock`: the clock with its new length and due time."""

    clock: Clock


class ExtensionRefused(CaseEvent, frozen=True, kw_only=True, tag="extension.refused"):
    clock: Id


class SuspensionAsked(CaseEvent, frozen=True, kw_only=True, tag="suspension.asked"):
    asked: Asked


class ClockSuspended(CaseEvent, frozen=True, kw_only=True, tag="clock.suspended"):
    """`clocks`: the task's unit clocks with an open pause."""

    suspension: Suspension
    clocks: tuple[Clock, ...]


class ClockResumed(CaseEvent, frozen=True, kw_only=True, tag="clock.resumed"):
    """`inner_due_at`: by when the station that the task was passed down to has to be done now, reminded before."""

    task: Id
    clocks: tuple[Clock, ...]
    inner_due_at: int | None = None
    inner_remind_at: int | None = None


class ClockMissed(CaseEvent, frozen=True, kw_only=True, tag="clock.missed"):
    clock: Id


class ClockReminded(CaseEvent, frozen=True, kw_only=True, tag="clock.reminded"):
    clock: Id


class ClockRecomputed(CaseEvent, frozen=True, kw_only=True, tag="clock.recomputed"):
    """A newer calendar was loaded: `clocks` with their due times under it."""

    clocks: tuple[Clock, ...]


class ClockImposed(CaseEvent, frozen=True, kw_only=True, tag="clock.imposed"):
    """Somebody outside the district wants something by a time of their own.

    `clocks`: new ones, and those whose time was moved; the ones that they lifted stand in `stopped`.
    """

    clocks: tuple[Clock, ...] = ()


class PromiseLengthened(CaseEvent, frozen=True, kw_only=True, tag="promise.lengthened"):
    """The date told to a requester, moved by a dispatcher; `note` is the notice."""

    request: Id
    promised_at: int


class CaseAdvised(CaseEvent, frozen=True, kw_only=True, tag="case.advised"):
    """A machine's advice on how likely it is to become overdue, with the model's version and reasons."""

    risk: Risk


class CaseWhistled(CaseEvent, frozen=True, kw_only=True, tag="case.whistled"):
    """A street calls other units; `note` states the problem. `tests`: those of three-cross problems that fired."""

    whistle: Id
    kind: Code
    street: Code
    wanted: tuple[Code, ...]
    tests: tuple[Code, ...] = ()
    reach: tuple[Code, ...] = ()


class CaseScreened(CaseEvent, frozen=True, kw_only=True, tag="case.screened"):
    """The centre, or silence, let a whistle pass; or the centre refused it on a ground."""

    whistle: Id
    outcome: Literal["passed", "refused"]
    ground: Code = ""
    silent: bool = False


class CaseSummoned(CaseEvent, frozen=True, kw_only=True, tag="case.summoned"):
    """The unit `called` has to come. `limit`: which of the clocks it starts says by when, '' for none."""

    whistle: Id
    called: Code
    limit: Code = ""


class CaseReportedIn(CaseEvent, frozen=True, kw_only=True, tag="case.reported_in"):
    """A summoned unit is there."""

    whistle: Id
    called: Code


class CaseMarkedAbsent(CaseEvent, frozen=True, kw_only=True, tag="case.marked_absent"):
    """A summoned unit was not there by its time."""

    whistle: Id
    called: Code


class CaseReleased(CaseEvent, frozen=True, kw_only=True, tag="case.released"):
    """The street let a unit go, or the time that units stay at most has run out."""

    whistle: Id
    called: Code
    how: Literal["released", "timed_out"] = "released"


class CaseVetoed(CaseEvent, frozen=True, kw_only=True, tag="case.vetoed"):
    """The street that whistled says that it is not done: the work is taken up again, as by `task.reworked`."""

    whistle: Id
    tasks: tuple[Id, ...]
    requests: tuple[Id, ...] = ()
    clocks: tuple[Clock, ...] = ()


class JointOffered(CaseEvent, frozen=True, kw_only=True, tag="case.joint_offered"):
    """The system offers joint handling: what for, and which tests of three-cross problems fired."""

    cause: Literal["extension_missed", "call_back_failed"]
    tests: tuple[Code, ...] = ()


class JointAccepted(CaseEvent, frozen=True, kw_only=True, tag="case.joint_accepted"):
    """`tests` as they fire when it is accepted; `reach`: further grids that the problem touches."""

    ground: Code = ""
    tests: tuple[Code, ...] = ()
    reach: tuple[Code, ...] = ()


class JointRefused(CaseEvent, frozen=True, kw_only=True, tag="case.joint_refused"):
    ground: Code


class GatePassed(CaseEvent, frozen=True, kw_only=True, tag="case.gate_passed"):
    """Tasks that waited for the gate may be finished."""

    gate: Code


class CaseMinuted(CaseEvent, frozen=True, kw_only=True, tag="case.minuted"):
    """Minutes of those who met about the case, in `note`. `present`: the units that were there."""

    present: tuple[Code, ...] = ()


Event = (
    CaseOpened | RequestAttached | RequestDetached | CaseLocated | CaseDispatched | CaseRuled | TaskAccepted
    | TaskReturned | TaskPassedDown | TaskPlanned | TaskFinished | TaskWaived | TaskReworked | RequesterContacted
    | CaseVerified | RequesterCalledBack | CaseClosed | CaseReopened | CaseShelved | CaseUnshelved | CaseMoved
    | CaseSupervised | SupervisionAnswered | CaseNoted | CaseReclassified | CaseMigrated | ExtensionAsked
    | ExtensionGranted | ExtensionRefused | SuspensionAsked | ClockSuspended | ClockResumed | ClockMissed
    | ClockReminded | ClockRecomputed | ClockImposed | PromiseLengthened | RequesterUnmasked | RequesterMessaged
    | RequesterRelayed | TaskReworded | SubjectNamed | SubjectCleared | CaseStoodAside | CaseAdvised | CaseWhistled
    | CaseScreened | CaseSummoned | CaseReportedIn | CaseMarkedAbsent | CaseReleased | CaseVetoed | JointOffered
    | JointAccepted | JointRefused | GatePassed | CaseMinuted | StationReminded | StationMissed
)  # fmt: skip
"""Any event of a case: what `decide` makes and `fold` takes."""
