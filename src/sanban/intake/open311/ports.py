"""What the surface is given, and whom it answers.

`Server` is one district's Open311 server: intake's needs, the services, the keys, and what the deployment's settings
say. Services come from the files of matters; whoever puts the product together hands them in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from sanban.intake.open311.keys import Keys, Pace
from sanban.intake.ports import Needs
from sanban.kernel.mechanism import Mechanism, Title
from sanban.kernel.view import Language


class Service(msgspec.Struct, frozen=True):
    """A matter that a requester may file."""

    mechanism: Mechanism

    @property
    def code(self) -> str:
        return self.mechanism.matter


class Server(msgspec.Struct, frozen=True):
    """Everything the surface works with. `services`: those in force at an instant, by code.

    `mechanism_of`: by `matter@version`. `descriptions`: whether texts are shown, after redaction. `address`: of the
    surface as others reach it, '' for what they asked; `started_at` in microseconds UTC.
    """

    needs: Needs
    services: Callable[[int], Sequence[Service]]
    mechanism_of: Callable[[str], Mechanism | None]
    keys: Keys
    pace: Pace
    jurisdiction: str = ""
    descriptions: bool = False
    address: str = ""
    contact: str = ""
    production: bool = False
    started_at: int = 0


def may_file(mechanism: Mechanism) -> bool:
    """Whether a requester may open a case of this matter."""
    return any(step.verb == "open" and "requester" in step.by for step in mechanism.steps.values())


def words(title: Title, language: Language) -> str:
    """The title in a language."""
    return title.zh if language == "zh" else title.en
