"""One deployment, put together: its home, matters, calendar, district, ledger, reader and what runs on them.

    with open_house(folder) as house:
        house.import_file(path, ...); house.run(); house.status(); house.verify()

The ledger's writer is made only when something is written; reading commands never take the home's lock.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache, cached_property
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any
from zoneinfo import ZoneInfo

from sanban.adapters.carriers import MemoryRelay
from sanban.attachments.aggregate import AttachmentAggregate
from sanban.handling.aggregate import CaseAggregate
from sanban.handling.directory import DirectoryAggregate
from sanban.handling.handover.shift import ShiftAggregate
from sanban.handling.links import STREAM as LINKS
from sanban.handling.links import LinksAggregate
from sanban.handling.ports import Relay
from sanban.handling.reactions import StandsAside, recompute_provisional
from sanban.intake.aggregate import RequestAggregate
from sanban.intake.city.aggregate import CityOrderAggregate
from sanban.intake.city.deciding import CityTimes
from sanban.intake.columns import Mapping as ColumnMapping
from sanban.intake.columns import parse_told
from sanban.intake.duplicates.online import Online
from sanban.intake.findings.finding import FindingAggregate
from sanban.intake.findings.sweep import SweepAggregate
from sanban.intake.firms.firm import FirmAggregate
from sanban.intake.firms.matching import Policies
from sanban.intake.grouping.stream import Stream
from sanban.intake.identity.persons import Identity
from sanban.intake.importing import ImportReport, Progress, import_file, preview
from sanban.intake.place.advising import AdvisesPlaces, Places
from sanban.intake.place.border import inside
from sanban.intake.place.crs import told_crs
from sanban.intake.place.reading import PlaceReader
from sanban.intake.public.allowance import Allowance, filings, guesses, looks
from sanban.intake.triage.advice import Advises
from sanban.intake.triage.knowledge import Knowledge
from sanban.intake.visits.visit import VisitAggregate
from sanban.jobs.apart import here
from sanban.jobs.running import SYSTEM, Ran, once
from sanban.joint.board.tables import joint_tables
from sanban.kernel.clock.calendar import Calendar
from sanban.kernel.duty.place import Place, Point
from sanban.kernel.errors import FaultsFound, SanbanError
from sanban.ledger.erasure import PersonAggregate
from sanban.ledger.home import Home, open_home
from sanban.ledger.migrations.standing import is_made
from sanban.ledger.opening import open_sqlite, read_sqlite, rebuild_sqlite
from sanban.ledger.owner import HomeLedger, OwnWriter, connect, owned
from sanban.ledger.port import Aggregate, Answer, Submission
from sanban.ledger.proof.findings import Report
from sanban.ledger.proof.verify import read_head, verify
from sanban.ledger.reading.failed import ReactionAggregate, ask_again
from sanban.ledger.reading.reactions import Reaction
from sanban.ledger.reading.reader import Head, StoreReader
from sanban.ledger.vault import Vault, open_vault
from sanban.looks.aggregate import LookAggregate
from sanban.looks.recording import Recorder
from sanban.main import telling
from sanban.main.city.following import city_reaction
from sanban.main.city.wiring import Exchanged, city_needs_of, exchange
from sanban.main.deployment.officer_events import OfficerAggregate
from sanban.main.deployment.production import illustrated_city, illustrations, open_under
from sanban.main.joint import surrounding
from sanban.main.learning.advising import MODELS, knowledge_of, policies_of, spot_of, triage_of
from sanban.main.learning.warning import advice_of
from sanban.main.lending.earlier import EarlierRequests
from sanban.main.lending.finding import follow_findings
from sanban.main.meeting.facts import facts_of, promise_of, texts_of_cases
from sanban.main.reactions import reactions
from sanban.notices.aggregate import NoticeAggregate
from sanban.notices.ports import Carrier
from sanban.notices.reach import ReachAggregate
from sanban.notices.sending import Counted
from sanban.notices.webhooks.subscriber import SubscriberAggregate
from sanban.packs.calendar import load_calendar
from sanban.packs.desk.assessment import Assessment, load_assessment
from sanban.packs.desk.city import load_city_terms
from sanban.packs.district import District, load_district
from sanban.packs.loading import SHIPPED, load_running
from sanban.packs.matter import Matters
from sanban.revision.aggregate import RevisionAggregate
from sanban.revision.round import RoundAggregate
from sanban.scorecard.brief.stream import BriefAggregate
from sanban.scorecard.period.stream import PeriodAggregate
from sanban.scorecard.ports import Apart

SHIPPED_CALENDARS: Mapping[str, Path] = {"cn": SHIPPED / "_calendar"}
POSTGRES = "sanban.ledger.opening.postgres"
LOOKS = "looks"
"""The folder of looks that are kept and not in the ledger yet."""
EXTRA = "pip install 'sanban[postgres]'"


def wall_clock() -> int:
    """Now, in microseconds UTC."""
    return time.time_ns() // 1000


class House:
    """A deployment. Parts are made when first asked for; `close` gives everything free."""

    def __init__(self, home: Home, clock: Callable[[], int] = wall_clock) -> None:
        self.home = home
        self.clock = clock
        self.patience = 0.0
        """Seconds for which pages take figures as they were counted from last; a server sets it."""
        self.apart: Apart = here
        """Where districts are proven, figures counted and files printed: in this process, unless a server sets it."""
        self._ledger: HomeLedger | None = None
        self._reader: StoreReader | None = None
        self._adopted = home.settings.mode != "production"

    @cached_property
    def matters(self) -> Matters:
        """The district's own matters, and of the shipped ones those that it runs."""
        return load_running(self.home.matters, self.home.settings.shipped_matters, zone=self.zone)

    @cached_property
    def calendar(self) -> Calendar:
        name = self.home.settings.calendar
        return load_calendar(SHIPPED_CALENDARS.get(name, self.home.folder / name))

    @cached_property
    def district(self) -> District:
        """The district's files, read and proven; what proves its geometry is large, so that is done apart."""
        return self.apart(load_district, self.district_folder)

    @property
    def district_folder(self) -> Path:
        """Where the district's files lie: the shipped demo's, or its own."""
        name = self.home.settings.duty
        shipped = SHIPPED / "_districts" / name
        return shipped if shipped.is_dir() else self.home.folder / name

    @property
    def zone(self) -> ZoneInfo:
        """The district's time zone."""
        return ZoneInfo(self.district.zone)

    @cached_property
    def cases(self) -> CaseAggregate:
        duty, links = self.district.duty, self.district.links
        return CaseAggregate(self.matters, self.calendar, duty, links, facts_of, joint_tables())

    @cached_property
    def _stands_aside(self) -> StandsAside:
        return StandsAside(self.cases)

    @cached_property
    def city_times(self) -> CityTimes:
        """What was agreed with the city's platform."""
        return CityTimes(load_city_terms(self.district_folder), self.calendar)

    @cached_property
    def joint_terms(self) -> surrounding.Terms:
        """How units are rated, meetings held and hard matters ended here."""
        return surrounding.load_terms(self.district_folder)

    @cached_property
    def assessment(self) -> Assessment:
        """How the district assesses its units."""
        return load_assessment(self.district_folder)

    @cached_property
    def requests(self) -> RequestAggregate:
        return RequestAggregate(promise_of, self._endings_at, spot_of(self.district_folder))

    @cached_property
    def aggregates(self) -> tuple[Aggregate, ...]:
        links = LinksAggregate(self.district.links)
        attachments = AttachmentAggregate(
            lambda turn: self.cases.links(turn.look(LINKS)), {"meeting": surrounding.meeting_to_file}
        )
        handled = (self.cases, self.requests, DirectoryAggregate(), ShiftAggregate(), LookAggregate())
        front = (FindingAggregate(), SweepAggregate(), VisitAggregate(), FirmAggregate())
        city = CityOrderAggregate(self.city_times)
        kept = (PersonAggregate(), OfficerAggregate(), ReactionAggregate())
        notices = (NoticeAggregate(), SubscriberAggregate(), ReachAggregate())
        later = (RevisionAggregate(), RoundAggregate(), BriefAggregate(), PeriodAggregate())
        around = surrounding.aggregates(self)
        return (*handled, *front, city, links, *kept, *notices, attachments, *around, *later)

    @cached_property
    def vault(self) -> Vault:
        return open_vault(self.home)

    @property
    def ledger(self) -> HomeLedger:
        """The write side. In production nothing is taken or decided by rules that nobody has adopted."""
        if not self._adopted:
            self._refuse_illustrations()
        return self.store_ledger

    @property
    def store_ledger(self) -> HomeLedger:
        """The write side for the care of the store itself, as erasing a person: this process's own, or the owner's."""
        if self._ledger is None:
            self._ledger = connect(self.home, self.make_writer, texts_of_cases)
        return self._ledger

    @property
    def reader(self) -> StoreReader:
        """The read side, with connections of its own that cannot write."""
        if self._reader is None:
            if self.home.is_sqlite and not self.home.database.exists():
                self.store_ledger.reach()
            reader = self._open_reader()
            try:
                if not is_made(reader.source):
                    self.store_ledger.reach()
            except BaseException:
                reader.close()
                raise
            self._reader = reader
        return self._reader

    @property
    def reactions(self) -> tuple[Reaction, ...]:
        """What follows events now; asked anew at every pass, since subscribers come and go while it runs."""
        findings = follow_findings(self.cases, self.reader, self.district.desk)
        more = {**findings, **surrounding.reactions(self)}
        city = city_reaction(self.cases, city_needs_of(self))
        return (*reactions(self.cases, self.requests, self.reader, more), city, *telling.reactions(self))

    @cached_property
    def carriers(self) -> Mapping[str, Carrier]:
        """The channels of the settings, opened."""
        return telling.carriers_of(self.home.settings.notices, self.home.settings.mode)

    @cached_property
    def triage(self) -> Advises:
        """Declared words of the matters in force, the trained model if there is one, routes and flags."""
        mechanisms = [one.mechanism for one in self.matters.in_force(self.clock()) if one.mechanism is not None]
        return triage_of(mechanisms, self.matters.hash[:12], self.home.folder / MODELS, self.district_folder)

    @cached_property
    def knowledge(self) -> Knowledge:
        """The declared answers that the desk may give on the spot."""
        return knowledge_of(self.district_folder, self.zone)

    @cached_property
    def policies(self) -> Policies:
        """The policies that a firm's request is matched with."""
        return policies_of(self.district_folder, self.zone)

    @cached_property
    def earlier(self) -> Online:
        """The duplicates' index, empty until it is asked or caught up."""
        grids = self.district.duty.grids.versions.values()
        latitude = next((grid.middle.lat for versions in grids for grid in versions), 0)
        return Online(self._followed, latitude)

    @cached_property
    def stream(self) -> Stream:
        """What people speak of these days, grouped when it is first looked at."""
        return Stream(self._followed)

    @property
    def _followed(self) -> EarlierRequests:
        return EarlierRequests(self.reader, self.requests, lambda: self.district.duty.grids)

    @cached_property
    def places(self) -> AdvisesPlaces:
        """What reads addresses by the district's gazetteer and its streets' names."""
        district = self.district
        streets = {unit.title_zh: unit.code for unit in district.streets}
        reader = PlaceReader(district.gazetteer, streets, self.place_at)
        return Places(reader, district.gazetteer.version, district.places_from)

    def place_at(self, point: Point) -> Place:
        """The grid and the street of a point now."""
        return self.district.duty.grids.place_at(point, self.clock())

    @cached_property
    def party_key(self) -> bytes:
        """Makes requests' ids and receipts; derived from the master key, so that it is the same every time."""
        return hmac.digest(self.home.key_file.read_bytes(), b"sanban party ids", "sha256")

    @cached_property
    def relay(self) -> Relay | None:
        """Lends numbers to speak through: the twin where nobody is called, none in production until a provider is."""
        return None if self.home.settings.mode == "production" else MemoryRelay()

    @cached_property
    def looks(self) -> Recorder:
        """Who was shown what, on its way into the ledger."""
        return Recorder(self.home.folder / LOOKS, lambda: self.store_ledger)

    @cached_property
    def public_filings(self) -> Allowance:
        """What each address has filed lately, over pages and API together."""
        return filings()

    @cached_property
    def public_looks(self) -> Allowance:
        """What was looked up for each address lately."""
        return looks()

    @cached_property
    def public_guesses(self) -> Allowance:
        """What each address has failed to find lately."""
        return guesses()

    def find_persons(self, identities: Sequence[Identity]) -> dict[Identity, str]:
        """The living persons known by these, through the vault's look-up."""
        with self.reader.source.lookup() as lookup:
            return {Identity(*pair): person for pair, person in self.vault.find_many(identities, lookup).items()}

    def find_number(self, number: str) -> list[str]:
        """Refs under which an order number was given."""
        with self.reader.source.lookup() as lookup:
            return self.vault.find_refs("external_no", number, lookup)

    def grid_at(self, longitude: int, latitude: int) -> str:
        """The grid of a point (1e-7 degree) now; '' outside the district."""
        return self.place_at(Point(longitude, latitude)).grid or ""

    def told_mapping(self, options: Sequence[str]) -> dict[str, str]:
        """`field=COLUMN` options as a mapping. Raises SanbanError for one that is not."""
        return parse_told(options)

    def preview(self, path: Path, mapping: Mapping[str, str] | None = None) -> ColumnMapping:
        """Which columns of a file would be read as what."""
        return preview(path, mapping)

    def import_file(
        self,
        path: Path,
        *,
        mapping: Mapping[str, str] | None = None,
        source: str = "city",
        rejects_path: Path | None = None,
        progress: Progress | None = None,
        crs: str = "",
    ) -> ImportReport:
        """Takes a CSV or a workbook of requests; see `intake.importing.import_file`."""
        return import_file(
            path,
            self.ledger,
            district=self.home.district,
            desk_unit=self.district.desk,
            triage=self.triage,
            party_key=self.party_key,
            zone=self.zone,
            rejects_path=rejects_path or Path.cwd() / f"{path.stem}.rejects.csv",
            mapping=mapping,
            progress=progress,
            source=source,
            locate=self.grid_at,
            find=self.find_persons,
            channels=self.home.settings.channels,
            places=self.places,
            crs=told_crs(crs),
            inside=lambda: inside(self.district.duty.grids, self.clock()),
        )

    def _endings_at(self, instant: int) -> set[str]:
        """How a request may end: what the matters in force then declare."""
        in_force = (one.mechanism for one in self.matters.in_force(instant) if one.mechanism is not None)
        return {code for mechanism in in_force for code in mechanism.grounds.ending}

    def run(self, *, again: bool = False) -> Ran:
        """Fires what is due and follows what has happened, until nothing is left to do now.

        `again`: reactions that were set aside are tried again too.
        """
        if again:
            ask_again(self.ledger, self.reader, SYSTEM)
        return once(self, self.clock())

    def deliver(self, patience: int = 0) -> Counted:
        """One round of the courier: carries the notices that are due; `patience` as in `Courier.round`."""
        return telling.round_of(self, telling.courier_of(self), patience)

    def exchange(self) -> Exchanged:
        """One round with the city's platform, where the settings name one."""
        return exchange(self)

    def recomputations(self) -> list[Submission]:
        """See `jobs.running.Work`."""
        return recompute_provisional(self.reader, self.calendar.label)

    def asides(self, now: int) -> list[Submission]:
        """See `jobs.running.Work`."""
        return self._stands_aside.commands(self.reader, now)

    def aside_heard(self, sent: Sequence[Submission], answers: Sequence[Answer], now: int) -> None:
        """See `jobs.running.Work`."""
        self._stands_aside.heard(sent, answers, now)

    def catch_up(self) -> int:
        """See `jobs.running.Work`."""
        return self.ledger.catch_up()

    def advice(self, now: int) -> list[Submission]:
        """See `jobs.running.Work`."""
        return advice_of(self.reader, self.home.folder / MODELS, self.zone, now)

    def advise(self) -> int:
        """Tells the risk of every open case anew, where it has moved; how many."""
        answers = self.ledger.submit_many(self.advice(self.clock()))
        return sum(answer.refused is None and not answer.repeated for answer in answers)

    def verify(self, head: Path | None = None, progress: Callable[[int], None] | None = None) -> Report:
        """Re-hashes, re-chains and re-folds the whole ledger, and opens what stands in the vault."""
        known = None if head is None else read_head(head)
        return verify(self.reader, head=known, progress=progress, vault=self.vault)

    def head(self) -> Head | None:
        """Where the ledger ends now; None while it is empty."""
        return self.reader.head()

    def rebuild(self) -> int:
        """Refills projections and timers from the events; the number of streams. Takes the home for itself."""
        self.close()
        if self.home.is_sqlite:
            with owned(self.home):
                return rebuild_sqlite(self.home.database, self.home.district, self.aggregates)
        rebuilt: int = _postgres().rebuild_postgres(
            self.home.settings.database_url, self.home.district, self.aggregates
        )
        return rebuilt

    def close(self) -> None:
        self.looks.close()
        if self._reader is not None:
            self._reader.close()
            self._reader = None
        if self._ledger is not None:
            self._ledger.close()
            self._ledger = None

    def __enter__(self) -> House:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def make_writer(self, home: Home, vault: Vault) -> OwnWriter:
        """Opens the store of a home and starts its writer; what `ledger.owner` asks for."""
        options: dict[str, Any] = {"clock": self.clock, "sealer": vault, "opener": vault, "zone": self.district.zone}
        if home.is_sqlite:
            writer, reader = open_sqlite(home.database, home.district, self.aggregates, **options)
        else:
            opened = _postgres().open_postgres(home.settings.database_url, home.district, self.aggregates, **options)
            writer, reader = opened
        reader.close()
        return writer

    def _refuse_illustrations(self) -> None:
        begun = not self.home.is_sqlite or self.home.database.exists()
        pinned = open_under(self.reader) if begun else {}
        faults = illustrations(self.home, self.matters, self.calendar, self.district, self.clock(), pinned)
        faults += illustrated_city(self.home, self.city_times.terms)
        if faults:
            raise FaultsFound(faults)
        self._adopted = True

    def _open_reader(self) -> StoreReader:
        if self.home.is_sqlite:
            return read_sqlite(self.home.database, self.home.district, self.aggregates, opener=self.vault)
        store, url = _postgres(), self.home.settings.database_url
        store.prepare_postgres(url, self.home.district, self.aggregates)
        read: StoreReader = store.read_postgres(url, self.home.district, self.aggregates, opener=self.vault)
        return read


def open_house(folder: Path, clock: Callable[[], int] = wall_clock) -> House:
    """The deployment in a folder. Raises SanbanError when it was not set up, with how to do so."""
    return House(open_home(folder), clock)


@cache
def kept_open(folder: Path) -> House:
    """The same in a process apart: opened once, for all the work that comes there."""
    return open_house(folder)


def _postgres() -> Any:
    """PostgreSQL's way in; its driver is an extra of the installation."""
    try:
        return import_module(POSTGRES)
    except ModuleNotFoundError as error:
        message = f"the settings name a PostgreSQL database, and {error.name} is not installed"
        raise SanbanError(message, EXTRA) from error
