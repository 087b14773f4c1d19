"""A simulated centre for the demo: meets, decides, lets streets rate and units appeal, adopts a list, leads a project.

Nothing in it is real. Three meetings are held before the end of the month; what the first decides is done in part, one
report is sent back and one waits for its answer, so that the next ones open with the rest. After the second the year's
list is adopted with two items, to be brought to two thirds of where they stand. Whoever was released from a whistle is
rated within a day, every fourth unit appeals, and a coordinator who rated nothing decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple
from zlib import crc32

from sanban.adapters.simulation.people import Staff
from sanban.joint.meeting.steps import accept, book_of, call, decide, finish, minute, send_back
from sanban.joint.meeting.steps import adopt as adopt_list
from sanban.joint.rating.sheet import Sheet
from sanban.joint.rating.steps import sheet_of, take
from sanban.joint.surrounding import year_of
from sanban.joint.team.steps import block, found, note_risk, pass_gate
from sanban.joint.yearly.listing import Measure, yearly_list
from sanban.joint.yearly.steps import adopt, measure, propose
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.kernel.score import WHOLE
from sanban.main.house import House
from sanban.main.joint.surrounding import meeting_needs_of, rating_needs_of, team_needs_of, yearly_needs_of

HOUR: Final = 3_600_000_000
DAY: Final = 24 * HOUR
EVERY: Final = 4 * HOUR
TASKS: Final = ("牵头拿出处置方案，明确分工和时间表。", "会同相关部门开展联合整治，逐项销号。")
MINUTES: Final = "会议听取难点案件情况，逐件明确牵头单位、措施和时限；上次未完成事项继续跟踪。"
RISKS: Final = (
    ("cold", (11, 12, 1, 2, 3), "寒潮期间做好管线保温，调整湿作业。"),
    ("rain", (4, 5, 6, 7, 8, 9), "基坑防汛，备足水泵和沙袋。"),
    ("heat", (6, 7, 8, 9), "高温时段停止露天作业，调整混凝土浇筑时间。"),
    ("typhoon", (7, 8, 9, 10), "台风来前加固围挡和塔吊，人员撤离。"),
)
"""What a season may bring, in which months, and what is done about it."""
_SHEETS: Final = (
    "SELECT rating FROM rating_view WHERE district = :district AND ((state = 'open' AND opened_at <= :rated) "
    "OR (state = 'given' AND given_at <= :appealed) OR state = 'appealed') ORDER BY rating"
)


class Doing(NamedTuple):
    """A step with a sheet, and who takes it."""

    who: Actor
    step: str
    text: str
    args: Mapping[str, object]


class SimulatedCentre:
    """The centre's own doings in the demo. `act` does what is due by an instant of the simulation."""

    def __init__(self, house: House, ends_at: int) -> None:
        self._house = house
        self._acted_at = 0
        self._staff = Staff(house.district)
        self._chair, self._reviewer = self._staff.coordinators
        self._team = house.district.streets[0].code
        self._project = ""
        planned: list[tuple[int, Callable[[int], object]]] = [
            (25, self._found_team),
            (21, self._meet),
            (15, self._answer_two),
            (12, self._meet_and_adopt),
            (8, self._note_blockers),
            (3, self._meet),
            (2, self._report_one),
            (1, self._measure),
        ]
        self._planned = [(ends_at - days * DAY, doing) for days, doing in planned]

    def act(self, now: int) -> None:
        """Does what is due; looks at the sheets now and then."""
        while self._planned and self._planned[0][0] <= now:
            self._planned.pop(0)[1](now)
        if now >= self._acted_at + EVERY:
            self._acted_at = now
            self._rate(now)

    def _meet(self, now: int) -> str:
        """A meeting on what the board gives: two decisions, then the minutes; its id, '' where none was called."""
        needs = meeting_needs_of(self._house)
        meeting = call(needs, self._chair, f"demo meeting {now}", now, now)
        if isinstance(meeting, Refused):
            return ""
        cases = book_of(needs).meetings[meeting].called.cases
        for number, text in enumerate(TASKS):
            case = cases[number].case if number < len(cases) else ""
            known = needs.case(self._chair, case) if case else None
            unit = known.lead if known and known.lead in needs.units(now) else self._team
            limit = ("5 working_day", "20 working_day")[number]
            decide(
                needs,
                self._chair,
                f"demo decision {now} {number}",
                meeting,
                unit=unit,
                limit=limit,
                text=text,
                case=case,
            )
        minute(needs, self._chair, f"demo minutes {now}", meeting, MINUTES)
        return meeting

    def _meet_and_adopt(self, now: int) -> None:
        meeting = self._meet(now)
        needs, year = yearly_needs_of(self._house), year_of(self._house.calendar, now)
        listed = yearly_list(needs, year)
        if not meeting or isinstance(listed, Refused):
            return
        adopt_list(meeting_needs_of(self._house), self._chair, "demo list", meeting, "yearly_list", year)
        for number, row in enumerate(listed.rows[:3]):
            item = propose(needs, self._chair, f"demo item {row.matter}", year, row.matter)
            if isinstance(item, Refused) or number == 2:
                continue
            measured: Measure = "unresolved_share" if number == 0 else "repeat_rate"
            below = row.counted(measured) * WHOLE * 2 // (3 * row.cases)
            if not below:
                continue
            ahead = [(now + 30 * DAY, "完成摸排，建立清单。"), (now + 90 * DAY, "完成整治，组织回头看。")]
            adopt(
                needs, self._chair, f"demo adopted {item}", item, now, unit=self._team, measure=measured,
                below=below, measured_until=now + 150 * DAY, milestones=ahead,
            )  # fmt: skip

    def _measure(self, _now: int) -> None:
        for (item,) in self._house.reader.query(
            "SELECT item FROM campaign_view WHERE district = :district AND state = 'adopted' ORDER BY item"
        ):
            measure(yearly_needs_of(self._house), f"demo measured {item}", item)

    def _answer_two(self, _now: int) -> None:
        """One report is accepted, one is sent back."""
        needs = meeting_needs_of(self._house)
        for number, decision in enumerate(book_of(needs).undone[:2]):
            self._report(decision)
            if number == 0:
                accept(needs, self._chair, f"demo accepted {decision}", decision)
            else:
                again = {"limit": "10 working_day", "text": "现场仍有一处未清，请补办后再报。"}
                send_back(needs, self._chair, f"demo sent back {decision}", decision, **again)

    def _report_one(self, _now: int) -> None:
        """The newest one is reported done and waits."""
        for decision in book_of(meeting_needs_of(self._house)).undone[-1:]:
            self._report(decision)

    def _report(self, decision: str) -> None:
        needs = meeting_needs_of(self._house)
        unit = book_of(needs).decisions[decision].decided.unit
        finish(needs, self._handler(unit), f"demo done {decision}", decision, "方案已印发，各单位按分工推进。")

    def _found_team(self, now: int) -> None:
        needs = team_needs_of(self._house)
        project = found(
            needs, self._chair, "demo project", now, title="滨水绿地与地下空间项目（示例）", unit=self._team
        )
        if isinstance(project, Refused):
            return
        self._project = project
        month = int(self._house.calendar.local(now)[5:7])
        for season, text in ((season, text) for season, months, text in RISKS if month in months):
            until = now + 60 * DAY
            note_risk(
                needs, self._chair, f"demo risk {season}", project, season=season, since=now, until=until, text=text
            )
        pass_gate(needs, self._chair, "demo gate", project, next(iter(needs.terms.gates)))

    def _note_blockers(self, _now: int) -> None:
        needs = team_needs_of(self._house)
        for one in needs.blockers(self._chair, "")[:6]:
            block(needs, self._chair, f"demo blocker {one.case}", self._project, one.case)

    def _rate(self, now: int) -> None:
        needs = rating_needs_of(self._house)
        waiting = {"rated": now - 20 * HOUR, "appealed": now - 24 * HOUR}
        for (rating,) in self._house.reader.query(_SHEETS, waiting):
            sheet = sheet_of(needs, self._chair, rating)
            doing = None if sheet is None else self._doing(sheet, crc32(rating.encode()))
            if doing is not None:
                take(needs, doing.who, f"demo {doing.step} {rating}", rating, doing.step, doing.text, doing.args)

    def _doing(self, sheet: Sheet, draw: int) -> Doing | None:
        """What somebody does next with a sheet; every fourth unit appeals, every second review finds for it."""
        terms = rating_needs_of(self._house).terms
        full = {code: one.points for code, one in terms.criteria.items()}
        poor = {code: 0 if one.attendance else one.points // 2 for code, one in terms.criteria.items()}
        if sheet.state == "open":
            marks = poor if sheet.opened.absent or draw % 5 == 0 else full
            return Doing(self._handler(sheet.opened.street), "rate", "按到场和配合情况评分。", {"marks": marks})
        if sheet.state == "given" and draw % 4 == 0:
            ground = {"ground": next(iter(terms.grounds))}
            return Doing(self._handler(sheet.opened.unit), "appeal", "与签到记录不符，申请复核。", ground)
        if sheet.state == "appealed":
            found_for_it = not sheet.opened.absent and draw % 8
            outcome = {"outcome": "revised", "marks": full} if found_for_it else {"outcome": "upheld"}
            return Doing(self._reviewer, "review", "已核对签到和处置记录。", outcome)
        return None

    def _handler(self, unit: str) -> Actor:
        return self._staff.handler(unit)
