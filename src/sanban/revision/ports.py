"""What proposals work with: the ledger, and what the composition root lends of cases, files and their differences."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Literal

import msgspec

from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Actor
from sanban.ledger.port import Ledger, Reader
from sanban.revision.aggregate import Revision
from sanban.revision.change import Change
from sanban.revision.opening import BehindPage, Number

Called = Literal["limit", "figure", "step"]


class Evidence(msgspec.Struct, frozen=True):
    """A case behind a proposal, as a viewer may know of it."""

    id: str
    number: str
    matter: Title
    state: Title
    opened_at: int


class Approval(msgspec.Struct, frozen=True):
    """In force from which day on (YYYY-MM-DD), adopted by which authority and document; what the file says of it."""

    day: str
    authority: str
    document: str


class Standing(msgspec.Struct, frozen=True):
    """Of a proposal: the version of the matter that it was made of, and the one in force now; '' of a directory.

    `loaded`: whether this server runs by what was written of it.
    """

    reviewed: str
    now: str
    loaded: bool

    @property
    def moved(self) -> bool:
        """Whether another version has come into force since."""
        return self.reviewed != self.now


class Needs(msgspec.Struct, frozen=True):
    """`case`: a case by its id, where the viewer may know that it is there; `knows`: whether they may, by its number.

    `about`: the ids of the cases about the viewer, left out of all that is opened before anything is counted of it.

    `words`: a change in one line, `differences`: all that changes with it, against the version it was made of;
    `diff`: the same as a unified diff of its files;
    `standing`: how that version stands to what is in force; `called`: the title of a code that a replay
    counts by; `behind`: a page of the cases behind a number of a replay, after a mark, without some.

    `begins`: when a day begins here, microseconds UTC; `check` raises SanbanError where an approval cannot be put into
    a file, as `begins` does for what is no date; `enact` writes the approved change into the home's own files.
    """

    ledger: Ledger
    reader: Reader
    case: Callable[[Actor, str], Evidence | None]
    knows: Callable[[Actor, str], bool]
    about: Callable[[Actor], Collection[str]]
    differences: Callable[[Revision], tuple[Title, ...]]
    diff: Callable[[Revision], str]
    standing: Callable[[Revision], Standing]
    words: Callable[[Change], Title]
    matter: Callable[[str], Title]
    unit: Callable[[str], Title]
    called: Callable[[Called, str], Title]
    behind: Callable[[Revision, Number, str, Collection[str]], BehindPage]
    begins: Callable[[str], int]
    check: Callable[[Revision, Approval], None]
    enact: Callable[[str, Approval], Refused | None]
