"""What the surface is given, and whom it answers.

`Server` is one district's Open311 server: intake's needs, the services, the keys, and what the deployment's settings
say. Services come from the files of matters; whoever puts the product together hands them in.

`PublicIds` are the ids that the public knows. A request's own id stands in the addresses of staff pages, and one that
came from another system can be worked out from that system's number. So a public id is the own id, one block of 128
bits, under a cipher with a key of this deployment: there is exactly one for each, and nobody else can tell which.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from sanban.intake.open311.keys import Keys, Pace
from sanban.intake.ports import Needs
from sanban.intake.public.allowance import Allowance
from sanban.kernel.mechanism import Mechanism, Title
from sanban.kernel.view import Language
from sanban.packs.desk.emergency import EmergencyNumber


class PublicIds:
    """Ids of requests as the public knows them, and back."""

    def __init__(self, key: bytes) -> None:
        """`key`: any secret of the deployment; another is derived from it."""
        derived = hmac.digest(key, b"open311 ids", "sha256")
        self._cipher = Cipher(algorithms.AES256(derived), modes.ECB())  # noqa: S305 -- one block: a permutation of ids

    def outer(self, request: str) -> str:
        """The public id of a request; '' for one whose own id is no UUID, which cannot be shown."""
        return self._turned(self._cipher.encryptor().update, request)

    def inner(self, public: str) -> str:
        """The request's own id; '' for a text that is no id."""
        return self._turned(self._cipher.decryptor().update, public)

    @staticmethod
    def _turned(turn: Callable[[bytes], bytes], text: str) -> str:
        try:
            told = UUID(text)
        except ValueError:
            return ""
        return str(UUID(bytes=turn(told.bytes))) if str(told) == text.lower() else ""


class Service(msgspec.Struct, frozen=True):
    """A matter that a requester may file."""

    mechanism: Mechanism

    @property
    def code(self) -> str:
        return self.mechanism.matter


class Server(msgspec.Struct, frozen=True):
    """Everything the surface works with. `services`: those in force at an instant, by code.

    `mechanism_of`: by `matter@version`. `reading`: how often one address may read requests.
    `descriptions`: whether texts are shown, after redaction. `address`: of the surface as others reach it, '' for what
    they asked; `emergency`: numbers to ring for a danger; `started_at` in microseconds UTC.
    """

    needs: Needs
    services: Callable[[int], Sequence[Service]]
    mechanism_of: Callable[[str], Mechanism | None]
    ids: PublicIds
    keys: Keys
    pace: Pace
    reading: Allowance
    jurisdiction: str = ""
    descriptions: bool = False
    address: str = ""
    contact: str = ""
    production: bool = False
    emergency: tuple[EmergencyNumber, ...] = ()
    started_at: int = 0


def may_file(mechanism: Mechanism) -> bool:
    """Whether a requester may open a case of this matter."""
    return any(step.verb == "open" and "requester" in step.by for step in mechanism.steps.values())


def words(title: Title, language: Language) -> str:
    """The title in a language."""
    return title.zh if language == "zh" else title.en
