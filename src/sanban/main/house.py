"""One deployment, put together: its home, matters, calendar, district, ledger, reader and what runs on them.

    with open_house(folder) as house:
        house.import_file(path, ...); house.run(); house.status(); house.verify()

The ledger's writer is made only when something is written; reading commands never take the home's lock.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any
from zoneinfo import ZoneInfo

from sanban.handling.aggregate import CaseAggregate
from sanban.handling.directory import DirectoryAggregate
from sanban.handling.reactions import recompute_provisional
from sanban.intake.aggregate import RequestAggregate
from sanban.intake.columns import Mapping as ColumnMapping
from sanban.intake.columns import parse_told
from sanban.intake.findings.finding import FindingAggregate
from sanban.intake.findings.sweep import SweepAggregate
from sanban.intake.importing import ImportReport, Progress, import_file, preview
from sanban.intake.public.allowance import Allowance, filings, guesses
from sanban.intake.row import party_id
from sanban.intake.triage import MatterWords, Triage
from sanban.intake.visits.visit import VisitAggregate
from sanban.jobs.running import Ran, once
from sanban.kernel.clock.calendar import Calendar
from sanban.kernel.duty.place import Point
from sanban.kernel.errors import Fault, FaultsFound
from sanban.ledger.erasure import PersonAggregate
from sanban.ledger.home import Home, open_home
from sanban.ledger.opening import open_sqlite, read_sqlite, rebuild_sqlite
from sanban.ledger.owner import HomeLedger, OwnWriter, connect, owned
from sanban.ledger.port import Aggregate, Submission
from sanban.ledger.proof.findings import Report
from sanban.ledger.proof.verify import read_head, verify
from sanban.ledger.reading.reactions import Reaction
from sanban.ledger.reading.reader import Head, StoreReader
from sanban.ledger.vault import Vault, open_vault
from sanban.main.lending.finding import follow_findings
from sanban.main.reactions import reactions
from sanban.packs.calendar import load_calendar
from sanban.packs.district import District, load_district
from sanban.packs.loading import SHIPPED, load_matters
from sanban.packs.matter import Matters

SHIPPED_CALENDARS: Mapping[str, Path] = {"cn": SHIPPED / "_calendar"}
ERASED = "SELECT person FROM vault_key WHERE district = :district AND wrapped = :nothing"
POSTGRES = "sanban.ledger.opening.postgres"


def wall_clock() -> int:
    """Now, in microseconds UTC."""
    return time.time_ns() // 1000


class House:
    """A deployment. Parts are made when first asked for; `close` gives everything free."""

    def __init__(self, home: Home, clock: Callable[[], int] = wall_clock) -> None:
        self.home = home
        self.clock = clock
        self._ledger: HomeLedger | None = None
        self._reader: StoreReader | None = None

    @cached_property
    def matters(self) -> Matters:
        """Shipped matters and the district's own. Production refuses what is only illustrative and in force."""
        found = load_matters((SHIPPED, *self.home.matters), zone=self.zone)
        if self.home.settings.mode == "production":
            _refuse_illustrative(found, self.clock())
        return found

    @cached_property
    def calendar(self) -> Calendar:
        name = self.home.settings.calendar
        return load_calendar(SHIPPED_CALENDARS.get(name, self.home.folder / name))

    @cached_property
    def district(self) -> District:
        name = self.home.settings.duty
        shipped = SHIPPED / "_districts" / name
        return load_district(shipped if shipped.is_dir() else self.home.folder / name)

    @property
    def zone(self) -> ZoneInfo:
        """The district's time zone."""
        return ZoneInfo(self.district.zone)

    @cached_property
    def cases(self) -> CaseAggregate:
        return CaseAggregate(self.matters, self.calendar, self.district.duty, self.district.links)

    @cached_property
    def requests(self) -> RequestAggregate:
        return RequestAggregate()

    @cached_property
    def aggregates(self) -> tuple[Aggregate, ...]:
        return (
            self.cases,
            self.requests,
            FindingAggregate(),
            SweepAggregate(),
            VisitAggregate(),
            DirectoryAggregate(),
            PersonAggregate(),
        )

    @cached_property
    def vault(self) -> Vault:
        return open_vault(self.home)

    @property
    def ledger(self) -> HomeLedger:
        """The write side: this process's own, or through the owner of the home."""
        if self._ledger is None:
            self._ledger = connect(self.home, self.make_writer)
        return self._ledger

    @property
    def reader(self) -> StoreReader:
        """The read side, with connections of its own that cannot write."""
        if self._reader is None:
            if self.home.is_sqlite and not self.home.database.exists():
                self.ledger.reach()
            self._reader = self._open_reader()
        return self._reader

    @cached_property
    def reactions(self) -> tuple[Reaction, ...]:
        def person(request: str) -> str:
            return party_id(self.party_key, self.home.district, "request", request)

        more = follow_findings(self.cases, self.reader, self.district.desk, person)
        return reactions(self.cases, self.requests, self.reader, more)

    @cached_property
    def triage(self) -> Triage:
        """The declared keyword directory of the matters in force."""
        words = [
            MatterWords(
                matter=one.mechanism.matter,
                title_zh=one.mechanism.title.zh,
                title_en=one.mechanism.title.en,
                words=one.mechanism.triage.words,
                auto_at=one.mechanism.triage.auto_at or None,
            )
            for one in self.matters.in_force(self.clock())
            if one.mechanism is not None and one.mechanism.triage.words
        ]
        return Triage(words, self.matters.hash[:12])

    @cached_property
    def party_key(self) -> bytes:
        """Makes persons' ids pseudonymous; derived from the master key, so that it is the same every time."""
        return hmac.new(self.home.key_file.read_bytes(), b"sanban party ids", hashlib.sha256).digest()

    @cached_property
    def public_filings(self) -> Allowance:
        """What each address has filed lately, over pages and API together."""
        return filings()

    @cached_property
    def public_guesses(self) -> Allowance:
        """What each address has failed to find lately."""
        return guesses()

    def grid_at(self, longitude: int, latitude: int) -> str:
        """The grid of a point (1e-7 degree) now; '' outside the district."""
        grid = self.district.duty.grids.grid_at(Point(longitude, latitude), self.clock())
        return "" if grid is None else grid.code

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
            erased={person for (person,) in self.reader.query(ERASED, {"nothing": b""})},
        )

    def run(self) -> Ran:
        """Fires what is due and follows what has happened, until nothing is left to do now."""
        return once(self, self.clock())

    def recomputations(self) -> list[Submission]:
        """See `jobs.running.Work`."""
        return recompute_provisional(self.reader, self.calendar.label)

    def verify(self, head: Path | None = None, progress: Callable[[int], None] | None = None) -> Report:
        """Re-hashes, re-chains and re-folds the whole ledger."""
        return verify(self.reader, head=None if head is None else read_head(head), progress=progress)

    def head(self) -> Head | None:
        """Where the ledger ends now; None while it is empty."""
        return self.reader.head()

    def rebuild(self) -> int:
        """Refills projections and timers from the events; the number of streams. Takes the home for itself."""
        self.close()
        if self.home.is_sqlite:
            with owned(self.home):
                return rebuild_sqlite(self.home.database, self.home.district, self.aggregates)
        rebuilt: int = import_module(POSTGRES).rebuild_postgres(
            self.home.settings.database_url, self.home.district, self.aggregates
        )
        return rebuilt

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None
        if self._ledger is not None:
            self._ledger.close()
            self._ledger = None
        self.__dict__.pop("reactions", None)

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
            opened = import_module(POSTGRES).open_postgres(
                home.settings.database_url, home.district, self.aggregates, **options
            )
            writer, reader = opened
        reader.close()
        return writer

    def _open_reader(self) -> StoreReader:
        if self.home.is_sqlite:
            return read_sqlite(self.home.database, self.home.district, self.aggregates, opener=self.vault)
        read: StoreReader = import_module(POSTGRES).read_postgres(
            self.home.settings.database_url, self.home.district, self.aggregates, opener=self.vault
        )
        return read


def open_house(folder: Path, clock: Callable[[], int] = wall_clock) -> House:
    """The deployment in a folder. Raises SanbanError when it was not set up, with how to do so."""
    return House(open_home(folder), clock)


def _refuse_illustrative(matters: Matters, now: int) -> None:
    """Production runs on rules somebody answers for."""
    faults: Sequence[Fault] = [
        Fault(
            str(one.path),
            0,
            "illustrative",
            f"{one.key} is an illustration; production takes matters that an authority has adopted",
            f"sanban matter adopt {one.key} --authority ... --document ... --date 2026-01-01",
        )
        for one in matters.in_force(now)
        if one.head.origin == "illustrative"
    ]
    if faults:
        raise FaultsFound(faults)
