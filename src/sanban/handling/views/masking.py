"""What a viewer may see of a case, decided once by the kernel's `sight`, and the texts that come out of the vault.

`Seen` is the one place in handling where vault refs are opened: it takes every ref that a view would like to show,
drops those that the sight does not cover, and opens the rest with one statement. `words_opened` does so for many cases.

Who may not read a requester's own words reads the text written for their task, else what may stand of what was said:
`kernel.redaction`, under the words that the case's mechanism declares, keeps clauses that name nobody and no flat. So
nothing has to be recognised as personal to be kept back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache

import msgspec

from sanban.handling.needs import Needs, RequestRefs
from sanban.handling.rewording import names_somebody
from sanban.kernel.case.facts import case_facts, relayed_for, unmasked_for
from sanban.kernel.case.state import LEAD, Case, Request, Task
from sanban.kernel.mechanism import Mechanism
from sanban.kernel.permission import Actor
from sanban.kernel.redaction import Redactor
from sanban.kernel.sight import Sight, sight
from sanban.kernel.view import DAMAGED

REQUESTS_SHOWN = 20
"""Texts of at most so many requests are opened for one page."""


class Requester(msgspec.Struct, frozen=True):
    """Who asked, as far as the viewer may know; `masked` says that it is not the whole."""

    name: str
    phone: str
    address: str = ""
    masked: bool = True


def sight_of(viewer: Actor, needs: Needs, case: Case, mechanism: Mechanism, now: int) -> Sight:
    """What the viewer may see of the case now."""
    return sight(viewer, case_facts(case), needs.links, now, mechanism.visible)


def masked_name(name: str) -> str:
    """The family name and stars: `王**`; of a name in Latin letters the first letter."""
    return name if name == DAMAGED else f"{name[0]}**" if name else ""


def masked_phone(phone: str) -> str:
    """The last four digits alone."""
    if phone == DAMAGED:
        return phone
    return f"*******{phone[-4:]}" if len(phone) > 6 else "****" if phone else ""


class Seen:
    """A case through the eyes of one viewer: its sight, and the opened texts that it covers."""

    def __init__(self, viewer: Actor, needs: Needs, case: Case, sight_: Sight, now: int) -> None:
        """`now` (microseconds UTC): what the viewer has unmasked counts until its time is over."""
        self.viewer = viewer
        self.case = case
        self.sight = sight_
        self._unmasked = unmasked_for(case, viewer, now) if sight_.requester == "masked" else frozenset[str]()
        self._relayed = relayed_for(case, viewer, now) if sight_.requester != "none" else {}
        self._needs = needs
        self._opened: Mapping[str, str] = {}
        self._refs: Mapping[str, RequestRefs] = {}

    def open(self, notes: Iterable[str], addressed: Collection[str] = ()) -> Seen:
        """Opens everything the sight covers: texts and requesters of requests, of tasks, notes, the exact place.

        `addressed`: notes written to others than those who work on it, as the answer to a supervision is, or the
        problem of a whistle; who may not read the requests' own words reads one that names nobody.
        """
        shown = [one.id for one in self.case.requests[-REQUESTS_SHOWN:] if self.of_request(one)]
        self._refs = self._needs.requests(shown) if shown else {}
        wanted = [ref for one in self.case.requests for ref in self._refs_of(one)]
        wanted.extend(one.number for one in self._relayed.values())
        if self.sight.text != "none":
            wanted.extend(task.text for task in self.case.tasks)
            wanted.extend(addressed)
        if self.sight.text == "full":
            wanted.extend(notes)
            wanted.extend(value for value in self.case.fields.values() if isinstance(value, str))
        if self.sight.place == "exact":
            wanted.append(self.case.place)
        refs = list(dict.fromkeys(ref for ref in wanted if ref.startswith("v:")))
        opened = self._needs.reader.open_secrets(refs) if refs else {}
        checked = addressed if self.sight.text == "rewritten" else ()
        kept = {ref for ref in checked if ref in opened and names_somebody(self._needs, self.case, opened[ref])}
        self._opened = {ref: text for ref, text in opened.items() if ref not in kept}
        return self

    def with_words(self, refs: Mapping[str, RequestRefs], opened: Mapping[str, str]) -> Seen:
        """With words that were opened for many cases at once: `words_opened`."""
        self._refs, self._opened = refs, opened
        return self

    def text(self, ref: str) -> str:
        """An opened text; '' when it is not covered, or erased."""
        return self._opened.get(ref, "")

    def is_own(self, request: Request) -> bool:
        """Whether the viewer made this request, and so sees it in full."""
        return self.sight.own and request.requester == self.viewer.party

    def reads(self, request: Request) -> bool:
        """Whether the viewer reads what the request said as it was said."""
        return self.sight.text == "full" or self.is_own(request)

    def of_request(self, request: Request) -> bool:
        """Whether anything of a request's text or requester is covered, if only what may stand of it."""
        return self.sight.requester != "none" or self.sight.text != "none" or self.is_own(request)

    def said(self, request: Request) -> str:
        """What was said, for a text that is made of it; never shown as it is."""
        refs = self._refs.get(request.id)
        return self.text(refs.text) if refs else ""

    def words_of(self, request: Request) -> str:
        """What was said, and what was added later on lines of its own; '' unless covered."""
        refs = self._refs.get(request.id)
        said = [self.text(ref) for ref in (refs.text, *refs.added)] if refs and self.reads(request) else []
        return "\n".join(filter(None, said))

    def requester_of(self, request: Request) -> Requester | None:
        """Who said it: in full, masked, or not at all."""
        refs = self._refs.get(request.id)
        whole = self.sight.requester == "full" or self.is_own(request)
        if refs is None or not (whole or self.sight.requester == "masked"):
            return None
        name, phone, address = (self.text(ref) for ref in (refs.name, refs.phone, refs.address))
        if whole:
            return Requester(name, phone, address, masked=False)
        if request.id in self._unmasked:
            return Requester(name, phone, masked=False)
        return Requester(masked_name(name), masked_phone(phone))

    def relay_of(self, request: Request) -> tuple[str, int]:
        """The number that leads to a requester now, for this viewer, and until when; '' and 0 for none."""
        lent = self._relayed.get(request.id)
        return ("", 0) if lent is None else (self.text(lent.number), lent.until)

    def unmasked_until(self, request: Request) -> int:
        """Until when the viewer sees a requester whom they would see masked; 0 for any other."""
        own = (one.until for one in self.case.unmasked if one.request == request.id and one.account == self.viewer.id)
        return max(own, default=0) if request.id in self._unmasked else 0

    def _refs_of(self, request: Request) -> tuple[str, ...]:
        refs = self._refs.get(request.id)
        if refs is None:
            return ()
        whole = self.sight.requester == "full" or self.is_own(request)
        person = (refs.name, refs.phone) if self.sight.requester == "masked" or whole else ()
        text = (refs.text, *refs.added) if self.reads(request) else ()
        if self.sight.text == "rewritten":
            text = (*text, refs.text)
        return (*person, *((refs.address,) if whole else ()), *text)


def words_opened(needs: Needs, seen: Sequence[Seen]) -> tuple[Seen, ...]:
    """With what the latest requests of the cases said, as far as each sight covers it, and nothing else."""
    read = [req.id for one in seen for req in one.case.requests[-REQUESTS_SHOWN:] if one.reads(req)]
    refs = needs.requests(read) if read else {}
    texts = [text for known in refs.values() for text in (known.text, *known.added) if text]
    opened = needs.reader.open_secrets(texts) if texts else {}
    return tuple(one.with_words(refs, opened) for one in seen)


def rewritten(seen: Seen, mechanism: Mechanism, request: Request) -> str:
    """What may stand of what was said; '' where nothing may."""
    said = seen.said(request)
    return _redactor(mechanism.triage.words).redact(said) if said else ""


def text_of(seen: Seen, mechanism: Mechanism, task: Task) -> str:
    """What a task says to a helping unit, or to a station: as it was written, else what may stand of the requests."""
    is_station = bool(task.station) and task.station == seen.viewer.unit
    if (task.spec == LEAD and not is_station) or seen.sight.text == "none":
        return ""
    told = (rewritten(seen, mechanism, request) for request in seen.case.requests)
    return seen.text(task.text) or "\n".join(dict.fromkeys(filter(None, told)))


@lru_cache(256)
def _redactor(words: tuple[tuple[str, int], ...]) -> Redactor:
    return Redactor(word for word, _ in words)


def spot_in_words(place: str) -> str:
    """A place as people read it: an address as it is, a point as latitude and longitude in degrees."""
    try:
        point = msgspec.json.decode(place, type=_Spot)
    except msgspec.DecodeError:
        return place
    return f"{point.lat / 10_000_000:.5f}, {point.lon / 10_000_000:.5f}"


class _Spot(msgspec.Struct):
    """A point as the vault has it, in 1e-7 degree."""

    lon: int
    lat: int
