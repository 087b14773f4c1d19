"""A simulated city for the demo: lays files into the shared folder, answers what it gets, lists each day's orders.

Nothing in it is real. Orders come as files do, on certain days before the end of the month; one is urged and
supplemented, one is not this district's, the first reply is sent back once, and yesterday's list names an order that
never arrived. The district takes, works and replies through the same folder as with a real city.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from sanban.intake.city.aggregate import stream_of
from sanban.intake.city.order import CityOrder, OrderState
from sanban.intake.city.platform.tables import write_table
from sanban.intake.city.replying import return_order
from sanban.intake.city.taking import order_id
from sanban.intake.sheet import open_sheet
from sanban.kernel.permission import Actor
from sanban.main.city.wiring import city_needs_of, folder_city
from sanban.main.house import House

FOLDER: Final = "city"
HOUR: Final = 3_600_000_000
DAY: Final = 24 * HOUR
EVERY: Final = 2 * HOUR
"""So often the city looks into the folder."""
PLACE: Final = {"lon": "经度", "lat": "纬度"}
MISSING: Final = 99
"""The number of the order that the city believes it has sent."""
RETURNED: Final = 5
"""The order that is not this district's."""


class Letter(NamedTuple):
    """A message of the city: so many hours before the end, which order, and until how many hours later it is due."""

    before: int
    order: int
    kind: str
    text: str
    due: int = 0


LETTERS: Final = (
    Letter(15 * 24, 1, "order", "楼上邻居每天夜间噪音扰民，装修施工到深夜两点，老人无法休息。", 7 * 24),
    Letter(13 * 24, 2, "order", "小区门口工地夜间施工噪音很大，已持续一周，多次反映没有改善。", 7 * 24),
    Letter(10 * 24, 3, "order", "对面酒吧凌晨噪音扰民，音响声很大，孩子睡不着觉。", 10 * 24),
    Letter(9 * 24, 3, "urging", "诉求人再次来电，催促尽快处理。"),
    Letter(8 * 24 + 5, 3, "supplement", "补充：主要是周五、周六晚上十一点以后。"),
    Letter(6 * 24, 4, "order", "楼下广场舞音响噪音扰民，从早上六点开始。", 6 * 24),
    Letter(5 * 24, RETURNED, "order", "邻市高架桥下道路积水，请尽快安排排水。", 3 * 24),
    Letter(3 * 24, 6, "order", "楼下餐馆空调外机噪音扰民，整夜轰鸣，无法入睡。", 4 * 24),
    Letter(28, 6, "urging", "诉求人第二次来电催办。"),
    Letter(26, 7, "order", "夜间施工噪音扰民，工地没有公示许可。", 30),
    Letter(4, 8, "order", "咨询：小区加装电梯的补贴标准是多少，到哪里申请？", 72),
    Letter(2, 7, "urging", "诉求人来电催促，希望今天有答复。"),
)


class SimulatedCity:
    """The other side of the demo's folder. `act` does what is due by an instant of the simulation."""

    def __init__(self, house: House, ends_at: int) -> None:
        self._house = house
        self._ends_at = ends_at
        self._root = house.home.folder / FOLDER
        folder_city(house, FOLDER).collect()
        self._waiting = sorted(LETTERS, key=lambda one: -one.before)
        self._stands: dict[str, OrderState] = {}
        self._sent_on: dict[str, str] = {}
        self._answered: set[str] = set()
        self._sent_back = False
        self._files = 0
        self._acted_at = 0
        self._listed = ""
        self._words = house.city_times.terms.files
        self._year = dt.datetime.fromtimestamp(ends_at / 1e6, house.zone).year

    def act(self, now: int) -> None:
        """Sends what is due, lets the district take it, and answers what has come."""
        due = [one for one in self._waiting if self._ends_at - one.before * HOUR <= now]
        if not due and now < self._acted_at + EVERY:
            return
        self._acted_at = now
        self._waiting = self._waiting[len(due) :]
        if due:
            self._deliver([self._row(one) for one in due], now)
        self._house.exchange()
        self._return_what_is_not_ours(now)
        answers = list(self._answers(now))
        if answers:
            self._deliver(answers, now)
        self._list_yesterday(now)

    def _row(self, letter: Letter) -> dict[str, str]:
        at, number = self._ends_at - letter.before * HOUR, self._number(letter.order)
        if letter.kind == "order":
            self._stands[number] = "open"
            self._sent_on[number] = self._day(at)
        due = self._clock(at + letter.due * HOUR) if letter.due else ""
        row = {"kind": letter.kind, "number": number, "time": self._clock(at), "due": due, "text": letter.text}
        return row | (self._place(letter.order) if letter.kind == "order" and letter.order != RETURNED else {})

    def _place(self, order: int) -> dict[str, str]:
        """A point in one of the district's grids, another for each order."""
        grids = self._house.district.duty.grids.versions
        ring = grids[sorted(grids)[order * 23 % len(grids)]][-1].rings[0]
        lon, lat = (sum(getattr(point, name) for point in ring) // len(ring) for name in ("lon", "lat"))
        return {"lon": f"{lon // 10**7}.{lon % 10**7:07}", "lat": f"{lat // 10**7}.{lat % 10**7:07}"}

    def _deliver(self, rows: list[dict[str, str]], now: int) -> None:
        self._files += 1
        columns = ("kind", "number", "message", "time", "due", "text", "outcome")
        lines = [[*(self._words.columns[name][0] for name in columns), *PLACE.values()]]
        for row in rows:
            theirs = {**row, "kind": self._words.kinds[row["kind"]][0]}
            lines.append([theirs.get(name, "") for name in (*columns, *PLACE)])
        write_table(self._root / "inbox" / f"{self._day(now)}-{self._files:03}.csv", lines)
        self._house.exchange()

    def _return_what_is_not_ours(self, now: int) -> None:
        needs = city_needs_of(self._house)
        order = needs.desk.reader.state(stream_of(order_id(needs, self._number(RETURNED))))
        if isinstance(order, CityOrder) and order.state == "open" and order.sent == 0 and now > order.taken.at + HOUR:
            operator = Actor("operator-1", "operator", self._house.district.desk, unit_kind="desk")
            return_order(needs, operator, f"demo return {order.id}", order, "other_district")

    def _answers(self, now: int) -> Iterator[dict[str, str]]:
        """The city's word on each message once; its first reply, once, it wants otherwise."""
        for path in sorted((self._root / "outbox").glob("*")):
            if path.stem in self._answered:
                continue
            self._answered.add(path.stem)
            kind, number = self._read(path)
            is_reply = kind in self._words.kinds["reply"]
            about = {"number": number, "time": self._clock(now)}
            yield {**about, "kind": "outcome", "message": path.stem, "outcome": self._words.outcomes["taken"][0]}
            self._stands[number] = "replied" if is_reply else "returned"
            if is_reply and not self._sent_back:
                self._sent_back = True
                self._stands[number] = "open"
                asked = "请补充说明现场复核情况和后续措施。"
                yield {**about, "kind": "sent_back", "text": asked, "due": self._clock(now + 2 * DAY)}

    def _read(self, path: Path) -> tuple[str, str]:
        with open_sheet(path) as sheet:
            row = next(sheet.rows)
        places = {name: sheet.headers.index(self._words.columns[name][0]) for name in ("kind", "number")}
        return row.cells[places["kind"]], row.cells[places["number"]]

    def _list_yesterday(self, now: int) -> None:
        """The list of the day before, made in the first hours of the next; the last one names an order too many."""
        day = self._day(now - DAY)
        if day == self._listed:
            return
        self._listed = day
        rows = [[number, self._words.states[self._stands[number]][0]]
                for number, sent in self._sent_on.items() if sent == day]  # fmt: skip
        if day == self._day(self._ends_at - DAY):
            rows.append([self._number(MISSING), self._words.states["open"][0]])
        if rows:
            head = [self._words.columns[name][0] for name in ("number", "state")]
            write_table(self._root / "day" / f"{day}.csv", [head, *rows])

    def _number(self, order: int) -> str:
        return f"SH{self._year}{order:06}"

    def _clock(self, at: int) -> str:
        return dt.datetime.fromtimestamp(at / 1e6, self._house.zone).strftime("%Y-%m-%d %H:%M:%S")

    def _day(self, at: int) -> str:
        return self._clock(at)[:10]
