"""What intake's pages and API are given, and what intake asks of the rest of the house: cases for its requests.

Intake knows requests and knows of cases only what a desk compares: number, matter, place, age. Who opens one, finds
those near a request, and joins the two is handed in where the product is put together; what comes back is a plain
submission, to which the desk adds its route, its name and its secrets.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Literal, Protocol

import msgspec

from sanban.intake.duplicates.online import Alike
from sanban.intake.duplicates.ports import ReadsTexts, Told
from sanban.intake.duplicates.reasons import PLACED, Reason
from sanban.intake.firms.matching import NO_POLICIES, Policies
from sanban.intake.grouping.stream import Progress
from sanban.intake.identity.persons import FindsPersons, nobody
from sanban.intake.place.advising import AdvisesPlaces
from sanban.intake.request import Request
from sanban.intake.row import NO_PLACES, nowhere
from sanban.intake.triage.advice import Advises
from sanban.intake.triage.flood import Voice
from sanban.intake.triage.knowledge import Knowledge
from sanban.intake.views import Apart
from sanban.kernel.duty.table import DutyTable
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Mechanism, Title
from sanban.kernel.permission import Actor, Role
from sanban.kernel.view import Upload
from sanban.ledger.port import Ledger, Part, Reader, Secret, Submission
from sanban.packs.desk.on_the_spot import OnTheSpot, load_on_the_spot
from sanban.packs.desk.shift import ShiftRules, load_shift
from sanban.packs.district.gazetteer import NO_GAZETTEER, Gazetteer

About = Mapping[str, bool]
"""Units, and whether a request is about them."""
NOBODY: About = MappingProxyType({})

Answers = dict[str, int | bool | str]
"""Fields of a matter's form: codes, integers, yes or no, refs into the vault."""


class Wish(msgspec.Struct, frozen=True):
    """The case that the desk wants opened. The same `key` gives the same case; `street` counts where `grid` is ''.

    `about`: units that the words name, and whether the request is about them; who it is about never sees the case.
    """

    key: str
    matter: str
    grid: str = ""
    street: str = ""
    found: bool = False
    fields: Answers = {}
    recurs: str = ""
    about: dict[str, bool] = {}


class Like(msgspec.Struct, frozen=True):
    """An earlier request that may be the same problem, as far as the viewer may see it. Instants in microseconds UTC.

    `case`: '' while it waits at the desk; `text`: an excerpt as the viewer may see it, '' for not at all; `share` in
    basis points: how clearly it stands out among all that were compared. `same_person`: whether who made the request
    made this one too, None where the viewer may not know.
    """

    request: str
    number: str
    received_at: int
    matter: Title
    case: str
    text: str
    share: int
    reasons: tuple[Reason, ...]
    grid: str = ""
    same_person: bool | None = None

    @property
    def placed(self) -> bool:
        """Whether a reason says how far apart they are."""
        return any(why.code in PLACED for why in self.reasons)


class CaseLine(msgspec.Struct, frozen=True):
    """A case that a request may belong to, as the desk compares it. Instants in microseconds UTC.

    `way`: `attach` to an open one, `reopen` a closed one (until `until`, None = not known), or `recur` after that.
    `same_person`: whether who made the request has asked about this case before, None where the viewer may not know.
    `like`: the request in it that is most like. `said`: an excerpt of that one, else of the first, as the viewer may
    see it, and `said_in` its id. `apart`: metres between the middles of the two grids, 0 in the same one, None where
    one is not known.
    """

    id: str
    number: str
    matter: Title
    matter_code: str
    state: Title
    lead: Title
    street: str
    street_title: Title
    grid: str
    opened_at: int
    closed_at: int | None
    requests: int
    way: Literal["attach", "reopen", "recur"]
    until: int | None = None
    same_person: bool | None = None
    like: Like | None = None
    said: str = ""
    said_in: str = ""
    apart: int | None = None


class Behind(msgspec.Struct, frozen=True):
    """What stands behind a case, as far as a viewer may know: its latest requests' words by request, in the order in
    which they came; `persons`: whether they may know who made them."""

    words: Mapping[str, str] = {}
    persons: bool = False


class Around(msgspec.Struct, frozen=True):
    """Where to look for cases: of these matters in the street or the grid's, and besides these very cases."""

    matters: tuple[str, ...] = ()
    street: str = ""
    grid: str = ""
    cases: tuple[str, ...] = ()


class OpensCases(Protocol):
    """Opens cases; handling does. `Wish.recurs` is the number of the case that the new one recurs from."""

    def submission(self, request: Request, wish: Wish) -> Submission:
        """Opens the case and links the request to it, both or neither; actor and command id are filled in later."""
        ...


class JoinsCases(Protocol):
    """Finds cases and brings requests into them and out again; handling does. What a viewer may not see is absent."""

    def near(self, viewer: Actor, around: Around, now: int) -> Sequence[CaseLine]:
        """Open cases first, then those closed lately; not very many."""
        ...

    def find(self, viewer: Actor, given: str, now: int) -> CaseLine | None:
        """The case of a number or an id."""
        ...

    def sees(self, viewer: Actor, case: str, now: int) -> bool:
        """Whether the viewer may see the case of this id at all."""
        ...

    def visible(self, viewer: Actor, cases: Sequence[str], now: int) -> Collection[str]:
        """Those of the cases that the viewer may list."""
        ...

    def subjects(self, case: str) -> Collection[str]:
        """The parties that the case of this id is about; none for one that is not there."""
        ...

    def stands_for(self, viewer: Actor, now: int) -> Collection[str]:
        """The viewer's own parties, and everyone they act for or belong to."""
        ...

    def apart(self, viewer: Actor, now: int) -> Apart:
        """Leaves out of a list the requests that stand behind a case about the viewer or anyone they stand for."""
        ...

    def behind(self, viewer: Actor, cases: Collection[str], now: int) -> Mapping[str, Behind]:
        """What their latest requests said and whether the viewer may know whose they are, by case."""
        ...

    def joining(
        self, case: str, verb: Literal["attach", "reopen"], request: str, unit: str = "", about: About = NOBODY
    ) -> Submission:
        """The request joins the case, both streams or neither; actor and command id are filled in later."""
        ...

    def leaving(self, case: str, request: str) -> Submission:
        """The request is split off and stands on the desk's queue again; both streams or neither."""
        ...


class FindsAlike(Protocol):
    """Earlier requests that are like one, and what came in lately; `duplicates.online` answers in a server."""

    @property
    def model(self) -> str:
        """The version of what ranks."""
        ...

    def suggest(self, told: Told, now: int, texts: ReadsTexts | None = None) -> Sequence[Alike]:
        """Best first. `texts`: for telling words in common, of those alone that may be read."""
        ...

    def voices(self, now: int) -> Mapping[str, Voice]:
        """The last day's requests by id."""
        ...


class FindsEvents(Protocol):
    """The last days' requests as events; `grouping.stream` answers in a server."""

    @property
    def progress(self) -> Progress:
        """As of when the events are, and how far the next round of grouping is."""
        ...

    def events(self) -> Sequence[Sequence[str]]:
        """The ids of the requests of each event, the largest first."""
        ...


class NothingAlike:
    """Where no index is kept."""

    model = ""
    progress = Progress(at=1)

    def suggest(self, told: Told, now: int, texts: ReadsTexts | None = None) -> Sequence[Alike]:  # noqa: ARG002 -- the port's signature
        return ()

    def voices(self, now: int) -> Mapping[str, Voice]:  # noqa: ARG002 -- the port's signature
        return {}

    def events(self) -> Sequence[Sequence[str]]:
        return ()


OfficerRole = Callable[[str], Role | None]
"""The name of an account -> its role in this deployment; None for an account that does not exist."""


def no_officer(_account: str) -> Role | None:
    """No account is known."""
    return None


def no_number(_number: str) -> Sequence[str]:
    """Knows no number."""
    return ()


NO_KNOWLEDGE = Knowledge()
NOTHING_ALIKE = NothingAlike()


Attached = tuple[tuple[Part, ...], tuple[Secret, ...]]
"""What a command says and keeps, besides its own, to add files."""


FileOwner = tuple[Literal["request", "finding", "case"], str]
Attaches = Callable[[str, FileOwner, str, Sequence[Upload]], Attached | Refused]
"""Command id, what the files belong to, under whose key, files -> `Attached`, or why one cannot be taken."""


def no_files(_command_id: str, _owner: FileOwner, _person: str, uploads: Sequence[Upload]) -> Attached | Refused:
    """Where no files are kept."""
    return Refused("no_files", "files are not kept here", "send it without") if uploads else ((), ())


class Needs(msgspec.Struct, frozen=True):
    """Everything that intake's pages and API work with.

    `matters`: the mechanisms in force at an instant. `receipt`: a command id to ten characters of base32 that nobody
    else can work out, the same each time. `officer`: the accounts there are. `locate` and `channels`: as for
    `RowReader`. `find`: the vault's look-up of persons. `find_number`: an order number to the refs it was given under.
    `earlier`: what finds requests that are alike; `stream`: what groups them into events.
    `places`: what reads addresses, by the names of the `gazetteer`, which the map shows.
    `spot`: how requests are answered without a case; `shift`: what holds for grid workers without a connection.
    `has_files`: whether pages for a request's files stand beside ours; `attaches`: how files come in with it.
    """

    ledger: Ledger
    reader: Reader
    district: str
    desk: str
    zone: dt.tzinfo
    triage: Advises
    party_key: bytes
    duty: DutyTable
    opens: OpensCases
    joins: JoinsCases
    receipt: Callable[[str], str]
    matters: Callable[[int], Sequence[Mechanism]]
    officer: OfficerRole = no_officer
    locate: Callable[[int, int], str] = nowhere
    channels: Collection[str] = ()
    find: FindsPersons = nobody
    find_number: Callable[[str], Sequence[str]] = no_number
    has_files: bool = False
    attaches: Attaches = no_files
    earlier: FindsAlike = NOTHING_ALIKE
    stream: FindsEvents = NOTHING_ALIKE
    knowledge: Knowledge = NO_KNOWLEDGE
    policies: Policies = NO_POLICIES
    places: AdvisesPlaces = NO_PLACES
    gazetteer: Gazetteer = NO_GAZETTEER
    spot: OnTheSpot = msgspec.field(default_factory=load_on_the_spot)
    shift: ShiftRules = msgspec.field(default_factory=load_shift)


def streets_of(needs: Needs, now: int) -> dict[str, Title]:
    """The district's streets now, by code."""
    found = (needs.duty.unit_at(code, now) for code in needs.duty.units)
    return {
        unit.code: Title(unit.title_zh, unit.title_en) for unit in found if unit is not None and unit.kind == "street"
    }
