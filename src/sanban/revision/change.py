"""A proposed change of one file, in codes: what a proposal's stream holds and a file's new version is made from.

limit    a limit of a matter gets another length
remove   a step, task, limit or test of three-cross problems is left out of a matter
row      the directory gets a row that goes before the one that sends orders wrongly; or one that sends none is ended
wave     a matter declares from when many requests about one place join one case
"""

from __future__ import annotations

import hashlib
from typing import Literal, get_args

import msgspec

from sanban.kernel.case.words import Code
from sanban.kernel.clock.limit import Length
from sanban.kernel.clock.limit import Unit as Counting
from sanban.kernel.duty.directory import ANY
from sanban.kernel.mechanism import Title

Kind = Literal["limit", "remove", "row", "wave"]
KINDS: tuple[Kind, ...] = get_args(Kind)


class Change(msgspec.Struct, frozen=True, order=True):
    """`about`: the limit, the place in the file of what is left out (`tasks.NAME`), or the row that goes wrong.

    Of a limit: `count` and `counting` are its new length. Of a row: its duty, area and new unit, '' of one that is
    ended; `matter` may be any. Of a wave: `count` requests within so many `minutes`.
    """

    kind: Kind
    matter: Code
    about: Code
    duty: Code = ""
    area: Code = ANY
    unit: Code = ""
    count: int = 0
    counting: Counting | Literal[""] = ""
    minutes: int = 0

    @property
    def length(self) -> Length | None:
        """The new length of a limit."""
        return Length(self.count, self.counting) if self.counting else None

    @property
    def ends_row(self) -> bool:
        """Whether a row of the directory ends, and none comes in its place."""
        return self.kind == "row" and not self.unit

    @property
    def key(self) -> str:
        """What is changed; two proposals of the same key are about the same thing."""
        return f"{self.kind}.{self.matter.replace(ANY, 'any')}.{self.about}"

    @property
    def place(self) -> str:
        """Where it is changed; two proposals for one place are rivals."""
        return f"{self.kind}.{self.about}" if self.kind == "row" else self.key

    @property
    def id(self) -> str:
        """The change itself: what is changed, and into what."""
        into = f"{self.count}{self.counting or self.minutes}" if self.count else self.unit
        return f"{self.key}.{into}".rstrip(".")

    @property
    def content(self) -> Change:
        """The change without its numbers: what it says with whatever length or count."""
        return msgspec.structs.replace(self, count=0, counting="", minutes=0)

    @property
    def digest(self) -> str:
        """Tells it from every other change, of the same id too."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:8]

    def words(self, about: Title, unit: Title) -> Title:
        """The change in one line. `about`: what is changed, of a row the unit it names now; `unit`: the new one."""
        if self.length is not None:
            zh, en = f"时限“{about.zh}”改为{self.length.zh}", f"{about.en}: {self.length.en}"
        elif self.ends_row:
            zh, en = f"停用派给{about.zh}的条目{self.about}", f"Row {self.about}, to {about.en}, ends"
        elif self.kind == "row":
            zh, en = f"派给{about.zh}的工单改派{unit.zh}", f"What is sent to {about.en} goes to {unit.en}"
        elif self.kind == "wave":
            zh = f"同一网格{self.minutes // 60}小时内满{self.count}件即并为一案"
            en = f"From {self.count} requests in one grid within {self.minutes // 60} h, one case for all"
        else:
            zh, en = f"删除“{about.zh}”", f"Without: {about.en}"
        return Title(zh, en)
