"""What the scorecard is given in this deployment; what counts is loaded where it counts, when it is first asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from sanban.handling.aggregate import stream_of as case_stream
from sanban.handling.figures.counting import own_unit
from sanban.handling.views.lists import about_viewer, cases_about
from sanban.handling.views.naming import Names, plain
from sanban.intake.aggregate import stream_of as request_stream
from sanban.intake.nearby.map import drawing
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Actor
from sanban.kernel.view import Language
from sanban.main.scorecard.opening import Opening, open_view, unit_title
from sanban.packs.desk.assessment import FILE_NAME
from sanban.packs.figures.loading import FIGURES, load_figures
from sanban.scorecard.ports import Drawing, Needs, View
from sanban.web.language import catalogues, load
from sanban.web.rendering import PACKAGE

if TYPE_CHECKING:
    from sanban.main.house import House

_NUMBERS = "SELECT case_id, number FROM case_view WHERE district = :district AND stream IN "
_REQUESTS = "SELECT request, number FROM request_view WHERE district = :district AND stream IN "
AT_ONCE = 500
"""Cases that one statement names."""
OWN = "figures"
"""The folder of a home with figures of its own."""


def scorecard_needs_of(house: House) -> Needs:
    """What the scorecard's pages and commands work with."""
    book = load_figures((FIGURES, house.home.folder / OWN), house.joint_terms.rating)
    titles = {one.key: one.title for one in book.definitions}
    return Needs(
        ledger=house.ledger,
        reader=house.reader,
        calendar=house.calendar,
        opens=partial(_opened, house),
        apart=house.apart,
        scope=own_unit,
        terms=house.assessment,
        unadopted=_unadopted(house),
        indexes=book.indexes,
        unit=lambda code, at: unit_title(Names(house.cases, at), code),
        figure=lambda key: titles.get(key) or plain(key),
        numbers=partial(_numbers, house),
        requests=partial(_requests, house),
        kept_from=lambda viewer: frozenset(_about(house, viewer)),
        matters=lambda at: sorted(one.head.matter for one in house.matters.in_force(at)),
        draws=partial(_drawn, house),
        say=lambda language, text: _messages(language)(text),
        issuer=_centre(house),
        district=_district(house),
    )


def _unadopted(house: House) -> Refused | None:
    """In production units are assessed on terms that somebody answers for, as cases are handled by such matters."""
    if house.home.settings.mode != "production" or not house.assessment.is_assumed:
        return None
    file = f"{house.home.settings.duty}/{FILE_NAME}"
    message = f"the terms of assessment are only an illustration; write {file} from your rules, with origin: local"
    return Refused("terms_not_adopted", message, "origin: local")


def _opened(
    house: House, viewer: Actor, position: int | None = None, *, publishes: bool = False
) -> AbstractContextManager[View] | Refused:
    opening = Opening(
        house.home.folder,
        house.clock(),
        position,
        tuple(_about(house, viewer)),
        0.0 if publishes else house.patience,
        publishes,
    )
    return open_view(house, opening)


def _about(house: House, viewer: Actor) -> Sequence[str]:
    """Ids of the cases about a viewer, or about anyone they stand for: kept from them in lists and sums."""
    return cases_about(viewer, house.reader, house.cases, house.clock())


def _numbers(house: House, viewer: Actor, cases: Sequence[str]) -> Mapping[str, str]:
    """The numbers of these cases, without those about the viewer; so many are asked for at a time."""
    if not cases:
        return {}
    about, selves = about_viewer(viewer, house.reader, house.cases, house.clock(), "case_view")
    every, found = list(dict.fromkeys(cases)), dict[str, str]()
    for start in range(0, len(every), AT_ONCE):
        names = {f"case{place}": case_stream(case) for place, case in enumerate(every[start : start + AT_ONCE])}
        sql = f"{_NUMBERS}({', '.join(f':{name}' for name in names)}) {about}"
        found |= dict(house.reader.query(sql, {**names, **selves}))
    return found


def _requests(house: House, requests: Sequence[str]) -> Mapping[str, str]:
    """The numbers of these requests; what is none is left out."""
    if not requests:
        return {}
    names = {f"request{place}": request_stream(request) for place, request in enumerate(dict.fromkeys(requests))}
    return dict(house.reader.query(f"{_REQUESTS}({', '.join(f':{name}' for name in names)})", names))


def _drawn(house: House, counts: Mapping[str, int], now: int) -> Drawing:
    """The grids in force, the darker the more of them lie behind the fullest."""
    versions = house.district.duty.grids
    grids = {code: grid for code in versions.versions if (grid := versions.version(code, now)) is not None}
    most = max(counts.values(), default=0)
    return drawing(grids, counts, [max(1, share * most // 4) for share in (1, 2, 3)])


def _district(house: House) -> Title:
    """As the settings call it; in English as its file does, unless the settings' name is English."""
    title = house.home.settings.district.title
    return Title(title, title if title.isascii() else house.district.title.en)


def _centre(house: House) -> Title:
    centre = next((unit.code for unit in house.district.units if unit.kind == "centre"), "")
    return house.district.titles.get(centre, house.district.title)


@lru_cache(2)
def _messages(language: Language) -> Callable[[str], str]:
    found: Callable[[str], str] = load(language, catalogues([PACKAGE])).gettext
    return found
