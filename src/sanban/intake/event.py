"""The events of a request, in the stream `request:<id>`.

Fields are codes, integers, instants, ids and `TextRef`s into the vault. What the person said, their name, phone,
address and exact point stand in the vault alone; keywords that spoke for a matter are named by their codes. Fields are
only ever added, with defaults: old bytes stay readable. `at` is the instant of recording, microseconds UTC.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from sanban.kernel.case.words import Code, Id, TextRef

Route = Literal["accept", "emergency", "statutory", "explain", "police_clue"]
"""The five routes of triage. Source: 国办函〔2025〕66号."""

AdvisedRoute = Literal["", "accept", "emergency", "statutory", "explain", "police_clue"]
"""A route that triage suggests; '' for none in particular."""

Flag = Literal["danger", "urgent", "several", "spam", "empty", "thanks", "question"]
"""What a person should look at first, and what they need not make a case of."""

DANGER: Flag = "danger"

PlaceKind = Literal["house", "junction", "estate", "landmark", "road", "street"]
"""What the words of a place name."""

LEARNED = "w:"
"""How the code of a reason begins that was learned from examples, not declared."""

BasisPoints = Annotated[int, msgspec.Meta(ge=0, le=10_000)]
Digest = Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{64})?$(?!\n)")]


class Candidate(msgspec.Struct, frozen=True):
    """A matter that a machine thinks of. `reasons` are codes, of keywords for instance, strongest first."""

    matter: Code
    confidence: BasisPoints
    reasons: tuple[Code, ...] = ()

    @property
    def calibrated(self) -> bool:
        """Whether its confidence was measured against what was right: a trained model's is, that of words orders."""
        return any(reason.startswith(LEARNED) for reason in self.reasons)


class Block(msgspec.Struct, frozen=True):
    """A part of the text, by offsets in signs, that speaks of a matter of its own."""

    start: int
    end: int
    matter: Code
    confidence: BasisPoints


class RequestEvent(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """What all have."""

    v: int = 1
    at: int


class RequestReceived(RequestEvent, frozen=True, tag="request.received"):
    """Somebody said something.

    `received_at`: when it was said, not when it was typed in. `desk`: the unit that owns it while it has no case.
    `proxy`: the party who spoke for the requester. `found`: staff or a sensor found it before anyone complained.
    `receipt`: SHA-256 of the receipt number, in hexadecimal. `external_ref`: the number another system gave it.
    `channel_said`: what was written as a channel, where no declared code fits. `matter`: the one that the requester
    chose, '' where they were not asked; `public`: it was open to the public then, and nothing that was said spoke for a
    matter that is not. `street`: the one that the requester picked. `disputes`: the case whose closing they do not
    accept. `origin`: what it was noted in, e.g. a visit's stream. `firm`: name and credit code of a firm that asks.
    """

    id: Id
    number: Code
    requester: Id
    desk: Code
    channel: Code
    received_at: int
    text: TextRef
    title: TextRef = ""
    name: TextRef = ""
    phone: TextRef = ""
    address: TextRef = ""
    point: TextRef = ""
    grid: Code = ""
    external_ref: TextRef = ""
    channel_said: TextRef = ""
    proxy: Code = ""
    found: bool = False
    receipt: Digest = ""
    street: Code = ""
    disputes: Code = ""
    origin: Code = ""
    email: TextRef = ""
    firm: TextRef = ""
    matter: Code = ""
    public: bool = False


class RequestSuggested(RequestEvent, frozen=True, tag="request.suggested"):
    """Matters that a machine suggests, most confident first.

    `model`: its version. `auto`: the first reached the threshold that its mechanism declares. `route`: one of the
    five, '' for none in particular; `flags`: what a person should look at; `grounds`: codes of the words behind both.
    """

    model: Code
    candidates: tuple[Candidate, ...]
    auto: bool = False
    route: AdvisedRoute = ""
    flags: tuple[Flag, ...] = ()
    grounds: tuple[Code, ...] = ()
    blocks: tuple[Block, ...] = ()


class Earlier(msgspec.Struct, frozen=True):
    """An earlier request that may be the same problem. `share`: how clearly it stands out; `reasons` are codes."""

    request: Id
    share: BasisPoints
    reasons: tuple[Code, ...] = ()


class RequestCompared(RequestEvent, frozen=True, tag="request.compared"):
    """What a machine suggested as duplicates when the desk decided, likeliest first; nothing alike is said too.

    `model`: the version of what ranked. It is advice: what the desk decided stands in the events beside it.
    """

    model: Code
    alike: tuple[Earlier, ...] = ()


class RequestDivided(RequestEvent, frozen=True, tag="request.divided"):
    """It spoke of several matters, and the desk made a request of each further one. `parts`: their ids.

    `blocks`: which words are about which matter, where the desk said so itself.
    """

    parts: tuple[Id, ...]
    blocks: tuple[Block, ...] = ()


class PlaceCandidate(msgspec.Struct, frozen=True):
    """A place that a machine thinks of, by codes. `reasons`: codes of the names that spoke; '' is not known."""

    kind: PlaceKind
    confidence: BasisPoints
    grid: Code = ""
    street: Code = ""
    reasons: tuple[Code, ...] = ()


class RequestPlaceSuggested(RequestEvent, frozen=True, tag="request.place_suggested"):
    """Places that the words may mean, most confident first; `exact`: their points and words, in the vault.

    `model`: the version of the gazetteer; `source`: where the words stood. `auto`: the first reached the threshold that
    the district declares, and stands where nothing else was told.
    """

    model: Code
    source: Literal["address", "text"]
    candidates: tuple[PlaceCandidate, ...]
    exact: TextRef
    auto: bool = False


class RequestPlaced(RequestEvent, frozen=True, tag="request.placed"):
    """Somebody of the desk said where it is: one of the suggestions, a pin by hand, or that nobody knows.

    `point`: the exact point in the vault, with the coordinate system it was told in.
    """

    by: Code
    source: Literal["suggestion", "hand", "unknown"]
    grid: Code = ""
    street: Code = ""
    point: TextRef = ""


class RequestRouted(RequestEvent, frozen=True, tag="request.routed"):
    """`by`: an account, or the model whose suggestion reached the declared threshold (`auto`).

    A clue to the police names its officer, its ground and its evidence, each piece a text in the vault.
    """

    route: Route
    by: Code
    auto: bool = False
    officer: Code = ""
    ground: Code = ""
    evidence: tuple[TextRef, ...] = ()


class RequestHeeded(RequestEvent, frozen=True, tag="request.heeded"):
    """Somebody of the desk has looked at a request that speaks of a danger. `by`: the account."""

    by: Code


class RequestSupplemented(RequestEvent, frozen=True, tag="request.supplemented"):
    """The requester said more about it."""

    text: TextRef


class RequestViewed(RequestEvent, frozen=True, tag="request.viewed"):
    """Somebody of the desk looked it up for a caller. `by`: the account; `way`: what they were given to find it."""

    by: Code
    way: Literal["receipt", "phone"]


class RequestLinked(RequestEvent, frozen=True, tag="request.linked"):
    """The request became part of a case, whose lead answers for it from now on. `case` is the case's id."""

    case: Id


class RequestUnlinked(RequestEvent, frozen=True, tag="request.unlinked"):
    """A wrong link was undone: the desk owns the request again, and it is open again.

    `promised_at`: the date it had been promised in that case, which it takes along; `provisional` as there.
    """

    case: Id
    promised_at: int | None = None
    provisional: bool = False


class RequestAnswered(RequestEvent, frozen=True, tag="request.answered"):
    """The requester got a reply. `ending`: code of how it ended, e.g. `resolved`; `entry`: the declared answer."""

    text: TextRef
    ending: Code
    entry: Code = ""


class RequestClosed(RequestEvent, frozen=True, tag="request.closed"):
    """Nothing more is owed to the requester."""


class RequestReopened(RequestEvent, frozen=True, tag="request.reopened"):
    """Its case was opened again: the requester is owed a reply once more."""


Event = (
    RequestReceived
    | RequestSuggested
    | RequestCompared
    | RequestDivided
    | RequestPlaceSuggested
    | RequestPlaced
    | RequestRouted
    | RequestHeeded
    | RequestSupplemented
    | RequestViewed
    | RequestLinked
    | RequestUnlinked
    | RequestAnswered
    | RequestClosed
    | RequestReopened
)
