"""What is known of a firm that asks: its credit code, and what it told of itself, as one text in the vault.

    示范精密仪器有限公司 91310109MA1G00001Q
    industry=software staff=12 founded=2023

The code tells the kind of body and the area it is registered in; what was not told is not known.
Source: GB 32100-2015, table 1 (department 9, administration of industry and commerce: 1 enterprise, 2 individual
business) and signs 3 to 8 (area of registration by GB/T 2260).
"""

from __future__ import annotations

import msgspec

from sanban.intake.firms.credit import is_code
from sanban.packs.desk.policies import MOST_YEARS

_KINDS = {"91": "enterprise", "92": "individual"}
EARLIEST = 1900

Facts = dict[str, int | str]


class Profile(msgspec.Struct, frozen=True):
    """`code` '' where none is on file; `founded`: a year. '' and 0 (`staff`: None) for what was not told."""

    code: str = ""
    industry: str = ""
    staff: int | None = None
    founded: int = 0

    def facts(self, year: int) -> Facts:
        """What conditions of policies may ask for, as known in a year."""
        found: Facts = {}
        if self.code:
            found |= {"kind": _KINDS.get(self.code[:2], "other"), "area": self.code[2:8]}
        if self.industry:
            found["industry"] = self.industry
        if self.staff is not None:
            found["staff"] = self.staff
        if self.founded:
            found["years"] = min(max(0, year - self.founded), MOST_YEARS)
        return found


def written(name: str, profile: Profile) -> str:
    """The text for the vault."""
    told = {"industry": profile.industry or None, "staff": profile.staff, "founded": profile.founded or None}
    known = " ".join(f"{key}={value}" for key, value in told.items() if value is not None)
    return f"{name} {profile.code}" + (f"\n{known}" if known else "")


def read(text: str) -> Profile:
    """The profile in a text of the vault; an empty one where it was erased. What is no number was not told."""
    first, _, more = text.partition("\n")
    code = first.rpartition(" ")[2]
    told = dict(word.partition("=")[::2] for word in more.split())
    return Profile(
        code=code if is_code(code) else "",
        industry=told.get("industry", ""),
        staff=_number(told.get("staff", "")),
        founded=_number(told.get("founded", "")) or 0,
    )


def _number(word: str) -> int | None:
    return int(word) if word.isascii() and word.isdecimal() else None
