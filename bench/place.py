"""How well addresses in Chinese text are read, and how fast, next to a plain scan of all names.

    python bench/place.py [--quick] [--district FOLDER] [--streets FILE] [--count N] [--seed N]

The labelled set is made from the district's gazetteer: a place is drawn, written down in one of the ways people write
(figures, Chinese numerals, full width, an alias, a lane and a room, two roads at a junction, the street before a name
that several places share), put into a sentence, and sometimes spoilt by one wrong sign. Sentences without any place of
the gazetteer are mixed in, with roads and estates that it does not know. `right`: within 50 m of the drawn place.

- `precision`: of the texts whose first place stands by itself (at the district's threshold), how many are right.
- `recall`: of the texts that name a place without a wrong sign, how many stand by themselves and are right.
- `first`, `among three`: the right place is thought of first, or among the first three, wrong signs included.
- `silence`: of the texts without a known place, how many have no point at all.
- `look-ups`: texts read a second, with the district's names and with forty times as many, as a large district has. The
  yardstick scans the text for every name of the gazetteer in turn.
- `streets`: street names of a file (`code,name`) in sentences, found as the street and never as a point.

The yardstick of quality is that scan, which takes the longest name that stands in the text as its place, a road at its
middle. One JSON object a line; `ratio` is figure / yardstick. A made set is no hotline's: it measures the reader, not
the completeness of anybody's gazetteer.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent))

import msgspec

from parts.sheets import data_folder
from sanban.intake.place.reading import Found, PlaceReader, along, metres
from sanban.kernel.duty.place import Place, Point
from sanban.packs.district import District, load_district, shipped_district
from sanban.packs.district.gazetteer import NO_GAZETTEER, Gazetteer, Spot

NEAR = 50.0
DIGITS = "零一二三四五六七八九"
SAID = (
    "{}垃圾堆了好几天没有清运",
    "我住在{}，楼上漏水没人管",
    "{}路灯不亮已有一周。",
    "请问{}的停车费怎么收",
    "反映{}，夜间施工扰民",
    "昨天在{}附近摔倒，地砖松了",
    "地址：{}",
)
UNKNOWN = (
    "火星路18号",
    "天枢花苑3号楼",
    "外环高架",
    "我家楼下",
    "单位门口",
    "银河大道与火星路路口",
    "编号2026-0012",
    "三号线",
    "老家那边",
)
JOINS = ("{}与{}交叉口", "{}{}路口", "{}近{}", "{}和{}的十字路口", "{}（靠近{}）", "{}/{}")
WRONG = "安昌福庆兴隆丰泰祥瑞"


class Labelled(NamedTuple):
    """A text, the place it means (None: none that is known), and whether a sign was spoilt."""

    text: str
    place: Point | None
    spoilt: bool


def say(workload: str, figure: float, unit: str, yardstick: float | None = None) -> None:
    """One line."""
    ratio = round(figure / yardstick, 3) if yardstick else None
    line = {"bench": "place", "workload": workload, "figure": round(figure, 4), "unit": unit}
    print(json.dumps(line | {"yardstick": yardstick and round(yardstick, 4), "ratio": ratio}), flush=True)


def spelled(number: int) -> str:
    """A number below a thousand as it is said."""
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    said = (DIGITS[hundreds] + "百" if hundreds else "") + (
        DIGITS[tens] + "十" if tens else "零" if hundreds and ones else ""
    )
    return said + (DIGITS[ones] if ones else "")


def wide(text: str) -> str:
    """Figures in full width."""
    return text.translate({48 + digit: 0xFF10 + digit for digit in range(10)})


class Maker:
    """Makes labelled texts of a district, the same for a seed."""

    def __init__(self, district: District, seed: int) -> None:
        self.chance = random.Random(seed)
        spots = district.gazetteer.spots
        self.roads = [spot for spot in spots if spot.kind == "road" and spot.numbers]
        self.others = [spot for spot in spots if spot.kind != "road"]
        self.by_code = {spot.code: spot for spot in spots}
        self.crossings = district.gazetteer.crossings
        moment = district.duty.moments[-1]
        streets = {unit.code: unit.title_zh for unit in district.streets}
        self.streets = {spot.code: streets.get(district.duty.grids.place_at(spot.points[0], moment).street or "", "")
                        for spot in self.others}  # fmt: skip

    def text(self) -> Labelled:
        """One sentence."""
        chance, kind = self.chance, self.chance.random()
        if kind < 0.15:
            return Labelled(chance.choice(SAID).format(chance.choice(UNKNOWN)), None, spoilt=False)
        written, point = self.house() if kind < 0.5 else self.junction() if kind < 0.65 else self.named()
        spoilt = chance.random() < 0.15
        return Labelled(chance.choice(SAID).format(self.spoil(written) if spoilt else written), point, spoilt)

    def house(self) -> tuple[str, Point]:
        """A road with a number."""
        chance, road = self.chance, self.chance.choice(self.roads)
        assert road.numbers is not None
        number = chance.randint(*road.numbers)
        shown = chance.choice((str, spelled, lambda one: wide(str(one))))(number)
        tail = chance.choice(("号", "弄", "弄3号", "弄12号502室", "号楼下", " 号"))
        point = along(road, number)
        assert point is not None
        return f"{chance.choice(road.names)}{shown}{tail}", point

    def junction(self) -> tuple[str, Point]:
        """Two roads that meet."""
        crossing = self.chance.choice(self.crossings)
        names = [self.by_code[code].name for code in crossing.roads]
        self.chance.shuffle(names)
        return self.chance.choice(JOINS).format(*names), crossing.point

    def named(self) -> tuple[str, Point]:
        """An estate or a landmark; with its street where others share the name."""
        spot = self.chance.choice(self.others)
        name = self.chance.choice(spot.names)
        shared = sum(name in other.names for other in self.others) > 1
        street = self.streets[spot.code] if shared else ""
        return f"{street}{name}{self.chance.choice(('', '8号楼', '12号302室', '门口'))}", spot.points[0]

    def spoil(self, written: str) -> str:
        """One sign among the first three wrong."""
        place = self.chance.randrange(min(3, len(written)))
        return f"{written[:place]}{self.chance.choice(WRONG)}{written[place + 1 :]}"


def scan(spots: Sequence[Spot]) -> Callable[[str], Point | None]:
    """The yardstick: the longest name that stands in the text, a road at its middle."""
    named = [(name, spot.points[len(spot.points) // 2]) for spot in spots for name in spot.names]

    def look(text: str) -> Point | None:
        best = max((one for one in named if one[0] in text), key=lambda one: len(one[0]), default=None)
        return best[1] if best else None

    return look


def is_right(point: Point | None, place: Point | None) -> bool:
    return point is not None and place is not None and metres(point, place) <= NEAR


def quality(
    made: Sequence[Labelled], read: Sequence[tuple[Found, ...]], at: int, plain: Sequence[Point | None]
) -> None:
    """The shares, next to the scan's."""
    rows = list(zip(made, read, plain, strict=True))
    stands = [(one, found) for one, found, _ in rows if found and found[0].confidence >= at and found[0].grid]
    sure = sum(is_right(found[0].point, one.place) for one, found in stands)
    scanned = [(one, point) for one, _, point in rows if point]
    right = sum(is_right(point, one.place) for one, point in scanned)
    say("precision of what stands by itself", sure / len(stands), "share", right / len(scanned))
    clean = [row for row in rows if row[0].place and not row[0].spoilt]
    kept = sum(is_right(found[0].point, one.place) for one, found in stands if not one.spoilt and one.place)
    say("recall, no sign wrong", kept / len(clean), "share",
        sum(is_right(point, one.place) for one, _, point in clean) / len(clean))  # fmt: skip
    for name, part in (("no sign wrong", clean), ("one sign wrong", [row for row in rows if row[0].spoilt])):
        for words, most in (("first", 1), ("among three", 3)):
            hits = sum(any(is_right(spot.point, one.place) for spot in found[:most]) for one, found, _ in part)
            say(f"right place {words}, {name}", hits / len(part), "share",
                sum(is_right(point, one.place) for one, _, point in part) / len(part))  # fmt: skip
    silent = [row for row in rows if row[0].place is None]
    say("silence where no known place is named", sum(not any(spot.point for spot in row[1]) for row in silent)
        / len(silent), "share", sum(row[2] is None for row in silent) / len(silent))  # fmt: skip


def rate(texts: Sequence[str], work: Callable[[str], object]) -> float:
    """Texts a second of processor time."""
    start = time.process_time()
    for text in texts:
        work(text)
    return len(texts) / (time.process_time() - start)


def grown(spots: Sequence[Spot], times: int) -> tuple[Spot, ...]:
    """The places, and as many others again under names of their own."""
    made = [
        msgspec.structs.replace(
            spot, code=f"{spot.code}{more}", name=f"{chr(0x4E00 + more * 7)}{spot.name}", aliases=()
        )
        for more in range(1, times)
        for spot in spots
    ]
    return (*spots, *made)


def streets(file: Path) -> None:
    """Real street names without geometry: the street is found, and no point made up."""
    with file.open(encoding="utf-8", newline="") as opened:
        names = {row["name"]: row["code"] for row in csv.DictReader(opened)}
    reader = PlaceReader(NO_GAZETTEER, names, lambda _point: Place())
    found = [(code, reader.read(said.format(name))) for name, code in names.items() for said in SAID]
    good = sum(len(spots) == 1 and spots[0].street == code and spots[0].point is None for code, spots in found)
    say(f"streets of {file.name} found, without a point", good / len(found), "share")


def main() -> None:
    """Reads the arguments, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="2,000 texts instead of 20,000")
    parser.add_argument("--district", type=Path, default=shipped_district(), help="a district's folder")
    parser.add_argument("--streets", type=Path, default=data_folder() / "streets_hongkou.csv")
    parser.add_argument("--count", type=int, default=0)
    parser.add_argument("--seed", type=int, default=20260101)
    given = parser.parse_args()
    district = load_district(given.district)
    moment = district.duty.moments[-1]
    named = {unit.title_zh: unit.code for unit in district.streets}
    place_at = partial(district.duty.grids.place_at, instant=moment)
    reader = PlaceReader(district.gazetteer, named, place_at)
    maker = Maker(district, given.seed)
    made = [maker.text() for _ in range(given.count or (2_000 if given.quick else 20_000))]
    texts = [one.text for one in made]
    look = scan(district.gazetteer.spots)
    quality(made, [reader.read(text) for text in texts], district.places_from or 10_001, [look(text) for text in texts])
    for more in (1, 40):
        spots = grown(district.gazetteer.spots, more)
        large = PlaceReader(Gazetteer("grown", spots, district.gazetteer.crossings), named, place_at)
        say(f"look-ups, {len(spots)} places", rate(texts, large.read), "texts/s", rate(texts[:2000], scan(spots)))
    if given.streets.is_file():
        streets(given.streets)


if __name__ == "__main__":
    main()
