"""Simulated front for the demo: grid workers on their rounds, a visit, firms and suggestions, each taken to an answer.

Nothing in it is real. A worker goes round four times: each time something is found, and things are set right on the
spot with a photo until chance picks one for a second look. Two of those hold, one does not and becomes a case, the last
one waits. A resident complains a day later about what was found, as long as its case is open. What firms and residents
file waits at the desk for a few hours like everything else; the units work it as they work any other case.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import count
from typing import Final, NamedTuple

from sanban.adapters.simulation import personas
from sanban.adapters.simulation.people import requester
from sanban.adapters.simulation.pictures import photo
from sanban.intake.desk.deciding import Filled, open_case
from sanban.intake.desk.joining import join
from sanban.intake.desk.receiving import Said, receive, request_of
from sanban.intake.findings.reporting import Seen, grids_of, recheck, report
from sanban.intake.firms.advising import decline
from sanban.intake.firms.credit import check_sign
from sanban.intake.firms.filing import MATTER as FIRM_REQUEST
from sanban.intake.firms.filing import FirmFiling
from sanban.intake.firms.filing import file as file_of_firm
from sanban.intake.ports import Answers, Wish
from sanban.intake.public.filing import Filed, Filing, file
from sanban.intake.request import Request
from sanban.intake.visits.noting import answer_issue, close_visit, issues_of, note_issue, open_visit
from sanban.intake.visits.seeing import visit_of
from sanban.kernel.clock.calendar import DAY, HOUR, MINUTE
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.kernel.view import Upload
from sanban.main.binding import intake_needs_of, public_needs_of
from sanban.main.house import House
from sanban.main.lending.finding import request_of_finding

Doing = Callable[[int], object]
ADDRESS: Final = "demo"
AT_THE_DESK: Final = 3 * HOUR
MOST_REPAIRS: Final = 60
"""In a round: one in five is picked, so this many never happen."""
SECOND_LOOK: Final = 26 * HOUR
COMPLAINT: Final = 25 * HOUR
_NUMBER = "SELECT request FROM request_view WHERE district = :district AND number = :number"


class Round(NamedTuple):
    """A worker's round: when, what is found, and whether the repair that is picked holds; None: nobody has looked."""

    days: int
    matter: str
    found: str
    complaint: str
    holds: bool | None


ROUNDS: Final = (
    Round(15, "greening", "绿化带被踩出一条路，需要补种。", "门口绿化带被踩坏了，很久没有补种。", holds=True),
    Round(9, "road-damage", "人行道地砖松动三处。", "门口人行道地砖松了，老人绊了一下。", holds=True),
    Round(4, "waste", "垃圾桶旁堆有旧家具。", "楼下垃圾桶旁边堆着旧家具，没有人清运。", holds=False),
    Round(1, "greening", "行道树枝低垂，挡住路牌。", "门口行道树枝太低，走路要低头。", holds=None),
)
REPAIRS: Final = (
    ("waste", "已清走楼道口的杂物，拍照留存。"),
    ("road-damage", "已扶正倒下的护栏，拍照留存。"),
    ("greening", "已剪去垂到人行道的树枝，拍照留存。"),
)
PLACE: Final = "示范一街道甲居委会活动室"
ISSUE, ISSUE_MATTER = "行道树枝太长，挡住了三楼窗户，请修剪。", "greening"
QUESTION, ANSWER = "请问老年综合津贴怎么办理，要带什么材料？", "已说明带身份证到社区事务受理中心办理。（合成数据）"
FIRMS: Final = (
    (20, "虚构精密仪器有限公司", "想申请办公场地的房租补贴，请告知流程。", "policy", ("software", "12", "2024")),
    (13, "虚构餐饮店", "门店要装修，想了解店招更新的支持。", "policy", ("catering", "", "")),
    (6, "虚构物流有限公司", "想申请临时占道卸货许可，请告知流程。", "permit", ("", "", "")),
)
DECLINED: Final = "hiring-support"
SUGGESTIONS: Final = (
    (24, "人民建议：在菜场门口设几把休息椅，老人买菜可以歇脚。"),
    (19, "提个建议：图书馆周末延长开放到晚上九点。"),
)


class SimulatedFront:
    """What people do face to face and by forms of their own. `act` does what is due by an instant of the simulation."""

    def __init__(self, house: House, ends_at: int, addresses: Mapping[str, Sequence[str]]) -> None:
        self._house = house
        self._addresses = addresses
        self._needs = intake_needs_of(house)
        self._public = public_needs_of(house, self._needs)
        self._who: Mapping[str, Actor] = {one.role: one.actor for one in reversed(personas(house.district))}
        self._agenda: list[tuple[int, int, Doing]] = []
        self._count = count()
        self._complained = False
        calendar = house.calendar
        today = calendar.day_of(ends_at)
        planned: list[tuple[int, int, Doing]] = [(8, 14, self._visit)]
        planned += [(one.days, 16, partial(self._go_round, one)) for one in ROUNDS]
        planned += [(firm[0], 11, partial(self._ask_as_firm, number)) for number, firm in enumerate(FIRMS)]
        planned += [(days, 20, partial(self._suggest, text)) for days, text in SUGGESTIONS]
        for days, hour, doing in planned:
            self._at(calendar.start_of(today - days) + hour * HOUR, doing)

    def act(self, now: int) -> None:
        """Does what is due."""
        while self._agenda and self._agenda[0][0] <= now:
            heapq.heappop(self._agenda)[2](now)

    def _at(self, instant: int, doing: Doing) -> None:
        heapq.heappush(self._agenda, (instant, next(self._count), doing))

    def _go_round(self, one: Round, now: int) -> None:
        worker = self._who["grid_worker"]
        grid = grids_of(self._needs, worker, now)[one.days % 3]
        found = report(self._needs, worker, f"demo found {one.days}", Seen(one.matter, grid, one.found), now)
        if not isinstance(found, Refused):
            self._at(now + COMPLAINT, partial(self._complain, one, found.finding, grid))
        picked = self._set_right(one, grid, now)
        if one.holds is not None:
            self._at(now + SECOND_LOOK, partial(self._look_again, picked, holds=one.holds))

    def _set_right(self, one: Round, grid: str, now: int) -> str:
        """Repairs, a quarter of an hour each, until one is picked for a second look: that one."""
        for number in range(MOST_REPAIRS):
            matter, text = REPAIRS[number % len(REPAIRS)]
            seen = Seen(matter, grid, text, fixed=True, seen_at=now - number * 15 * MINUTE)
            shown = (Upload("现场.jpg", photo(one.days + number)),)
            command = f"demo repair {one.days} {number}"
            made = report(self._needs, self._who["grid_worker"], command, seen, now, shown)
            if not isinstance(made, Refused) and made.state == "to_recheck":
                return made.finding
        return ""

    def _look_again(self, finding: str, now: int, *, holds: bool) -> None:
        recheck(self._needs, self._who["verifier"], f"demo look {finding}", finding, now, holds=holds)

    def _complain(self, one: Round, finding: str, grid: str, now: int) -> None:
        """The desk takes a call about what was found and brings it to the finding's case, if that is open."""
        known = request_of(self._needs, request_of_finding(finding))
        line = self._needs.joins.find(self._who["operator"], known.case, now) if known and known.case else None
        if self._complained or line is None or line.way != "attach":
            return
        asking = requester(one.days)
        address = self._address(grid, one.days)
        said = Said(text=one.complaint, name=asking.name, phone=asking.phone, address=address)
        taken = receive(self._needs, self._who["operator"], f"demo complaint {one.days}", said, now)
        request = None if isinstance(taken, Refused) else request_of(self._needs, taken.request)
        if request is not None:
            joined = join(
                self._needs, self._who["operator"], f"demo joins {request.id}", request, "attach", line.id, now
            )
            self._complained = not isinstance(joined, Refused)

    def _visit(self, now: int) -> None:
        visitor = self._who["handler"]
        opened = open_visit(self._needs, visitor, "demo visit", PLACE, visitor.unit, now)
        visit = None if isinstance(opened, Refused) else visit_of(self._needs, opened)
        if visit is None:
            return
        grid = self._grid_in(visitor.unit)
        for number, text in enumerate((ISSUE, QUESTION)):
            asking = requester(50 + number)
            address = self._address(grid, number)
            said = Said(text=text, name=asking.name, phone=asking.phone, address=address)
            note_issue(self._needs, visitor, f"demo issue {number}", visit, said, now)
        self._at(now + AT_THE_DESK, partial(self._settle, visit.opened.id))

    def _settle(self, visit_id: str, now: int) -> None:
        """The desk opens the case of what has to be done, the visitor answers the question, and the visit is over."""
        visit, visitor = visit_of(self._needs, visit_id), self._who["handler"]
        assert visit is not None, "a visit that was opened stands in the ledger"
        issue, question = issues_of(self._needs, visit)
        self._open(issue.id, ISSUE_MATTER, {}, now)
        answer_issue(self._needs, visitor, "demo answer", question, ANSWER, now)
        close_visit(self._needs, visitor, "demo visit over", visit)

    def _ask_as_firm(self, number: int, now: int) -> None:
        _, name, text, asks_for, (industry, staff, founded) = FIRMS[number]
        body = f"91310109MA1G9{number:04}"
        asking, street = requester(100 + number), self._house.district.streets[number].code
        filing = FirmFiling(
            firm=name, code=body + check_sign(body), contact=asking.name, phone=asking.phone, text=text,
            address=self._address(self._grid_in(street), number), street=street, industry=industry, staff=staff,
            founded=founded,
        )  # fmt: skip
        filed = file_of_firm(self._public, f"demo firm {number}", filing, now, ADDRESS)
        self._decided_later(filed, FIRM_REQUEST, {"asks_for": asks_for}, now)
        if number == 0:
            self._at(now + DAY, partial(self._decline, filed))

    def _decline(self, filed: Filed | Refused, now: int) -> None:
        """The first firm looks at what it is offered, and one of it is not for the firm."""
        request = self._request(filed)
        if request is not None:
            decline(self._public, request, "demo declines", DECLINED, "not_needed", now, ADDRESS)

    def _suggest(self, text: str, now: int) -> None:
        address = self._address(self._grid_in(self._house.district.streets[0].code), len(text))
        filing = Filing(text=text, address=address, phone=requester(200).phone, chosen="suggestion")
        self._decided_later(file(self._public, f"demo {text}", filing, now, ADDRESS), "suggestion", {}, now)

    def _decided_later(self, filed: Filed | Refused, matter: str, fields: Answers, now: int) -> None:
        request = self._request(filed)
        if request is not None:
            self._at(now + AT_THE_DESK, partial(self._open, request.id, matter, fields))

    def _request(self, filed: Filed | Refused) -> Request | None:
        """The request behind a receipt."""
        if isinstance(filed, Refused):
            return None
        ((request,),) = self._house.reader.query(_NUMBER, {"number": filed.number})
        return request_of(self._needs, str(request))

    def _grid_in(self, street: str) -> str:
        """The first grid of a street in which the gazetteer knows an address."""
        grids = self._house.district.duty.grids
        held = ((grid, grids.version(grid, self._house.clock())) for grid in sorted(self._addresses))
        return next((grid for grid, version in held if version is not None and version.street == street), "")

    def _address(self, grid: str, number: int) -> str:
        known = self._addresses.get(grid, ())
        return known[number % len(known)] if known else ""

    def _open(self, request_id: str, matter: str, fields: Answers, now: int) -> None:
        """The desk opens the case, unless that has happened by itself."""
        request = request_of(self._needs, request_id)
        if request is not None and not request.case:
            wish = Wish(request.id, matter, request.grid, request.street)
            operator = self._who["operator"]
            open_case(self._needs, operator, f"demo opens {request.id}", request, wish, Filled(fields), now)
