"""The small desk with what a running server has beside it: the duplicates' index and the events, on the same ledger."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from intake.requester_desk import RequesterDesk
from intake.small_desk import KEY
from sanban.handling.needs import RequestRefs
from sanban.intake.duplicates.online import Online
from sanban.intake.grouping.stream import Stream
from sanban.intake.nearby.finding import Nearby
from sanban.intake.open311.ports import PublicIds
from sanban.intake.ports import Needs
from sanban.intake.triage import MatterWords, Triage
from sanban.main.lending.earlier import EarlierRequests
from sanban.main.meeting.desk import DeskJoining

WORDS = (
    MatterWords("noise", "噪音", "Noise", (("噪音", 60), ("夜间施工", 90)), 9_500),
    MatterWords("water-outage", "停水", "Water failure", (("停水", 90), ("没水", 60)), 9_500),
    MatterWords("street-light", "路灯", "Street light", (("路灯", 90),), 9_900),
    MatterWords("waste", "垃圾", "Waste", (("垃圾", 90),), 9_900),
)


class AlikeDesk(RequesterDesk):
    """`earlier` and `stream` follow the desk's own ledger."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.earlier, self.stream = self.index(), Stream(self.followed())
        triage = Triage(WORDS, "test")
        self.handling = msgspec.structs.replace(self.handling, requests=self.refs)
        joins = DeskJoining(self.handling)
        self.needs = msgspec.structs.replace(
            self.needs, earlier=self.earlier, stream=self.stream, triage=triage, joins=joins
        )
        nearby = Nearby(self.needs, PublicIds(KEY), self.cases.mechanisms.by_key)
        self.public = msgspec.structs.replace(self.public, desk=self.needs, nearby=nearby)

    def refs(self, ids: Sequence[str]) -> dict[str, RequestRefs]:
        """Where the texts of requests stand."""
        received = {one.id: one.received for one in self.reader.states([f"request:{one}" for one in ids]).values()}
        return {one: RequestRefs(it.text, it.name, it.phone, it.address) for one, it in received.items()}

    def followed(self) -> EarlierRequests:
        return EarlierRequests(self.reader, self.requests, lambda: self.needs.duty.grids)

    def index(self) -> Online:
        """Another index of the same ledger, empty."""
        return Online(self.followed(), 312_000_000)

    def with_index(self, index: Online) -> Needs:
        """What the pages work with, were this the index."""
        return msgspec.structs.replace(self.needs, earlier=index)

    def sure(self) -> None:
        """From now on a word for an outage is enough to open its case."""
        words = [MatterWords(one.matter, one.title_zh, one.title_en, one.words, 1_000) for one in WORDS]
        self.needs = msgspec.structs.replace(self.needs, triage=Triage(words, "sure"))

    def group(self) -> None:
        """Somebody looks, and a round beside the pages groups what people speak of."""
        self.stream.events()
        self.stream.catch_up(self.now)

    def request_ids(self) -> list[str]:
        """The ids of all requests."""
        rows = self.reader.query("SELECT request FROM request_view WHERE district = :district ORDER BY recorded_at")
        return [str(request) for (request,) in rows]
