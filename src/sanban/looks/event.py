"""The one event of the stream `look:<batch>`: what accounts were shown in a short while, each a line of codes.

`at` is the instant of recording, microseconds UTC; each look has its own, which is earlier.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

import msgspec

from sanban.kernel.case.words import Code

MOST = 200
"""So many looks at most in one event."""

_ABOUT = r"^[A-Za-z0-9_.:@\-]{0,200}$(?!\n)"
ABOUT = re.compile(_ABOUT)
"""What an address may be about; what was typed into one and is no id is left out."""

About = Annotated[str, msgspec.Meta(pattern=_ABOUT)]


class LookLine(msgspec.Struct, frozen=True, array_like=True):
    """One look, as `kernel.view.Look`."""

    at: int
    account: Code
    role: Code
    unit: Code
    page: Code
    about: About
    way: Literal["page", "api", "file", "command"]


class LooksRecorded(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="looks.recorded"):
    """A batch of looks, in their order."""

    v: int = 1
    at: int
    looks: Annotated[tuple[LookLine, ...], msgspec.Meta(min_length=1, max_length=MOST)]
