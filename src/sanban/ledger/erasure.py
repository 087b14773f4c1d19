"""Erasing a person: the key is destroyed, the side rows are deleted, the chain still verifies.

    1. a line in the erasure register, on disk       (from here on the erasure will happen, whatever crashes)
    2. the event `person.erased` in stream `person:ID`
    3. the wrapped key overwritten by a tombstone, entries and look-ups deleted; salts and keyed hashes die with them
    4. the freed bytes taken out of the store's files (`Session.scrub`): SQLite zeroes what it frees and its log is cut,
       PostgreSQL writes the vault's tables anew

With a person go the keys that are theirs alone to decide on: those of cases of which they were the last requester not
yet erased (`Belongings`). Each has a line in the register and an event of its own, like a person.

Whoever opens the home runs `complete_pending` first: it finishes what a crash interrupted, and it is also how a
restored backup forgets those who were erased after it was made. The register only grows and holds ids, no personal
data.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar
from uuid import NAMESPACE_URL, uuid5

import msgspec

from sanban.kernel.errors import Fault, FaultsFound, Refused, SanbanError
from sanban.kernel.permission import Actor
from sanban.ledger.home import sync_folder
from sanban.ledger.port import Answer, Part, Projection, Submission, Timer, Turn
from sanban.ledger.sealing import Lookup, Session
from sanban.ledger.vault import Vault, erased_persons

T = TypeVar("T")
_NAMESPACE = uuid5(NAMESPACE_URL, "sanban:person.erased")


class PersonRegistered(msgspec.Struct, frozen=True, tag="person.registered"):
    """A person got a stream of their own."""


class PersonErased(msgspec.Struct, frozen=True, tag="person.erased"):
    """Everything personal was destroyed."""


PersonEvent = PersonRegistered | PersonErased


class PersonState(msgspec.Struct, frozen=True):
    """What the ledger itself knows of a person: that they are, and whether they were erased."""

    erased: bool = False


class PersonAggregate:
    """Streams `person:ID`; steps `register` and `erase`, both idempotent."""

    kind = "person"
    projections: tuple[Projection, ...] = ()

    def encode(self, event: PersonEvent) -> tuple[str, int, bytes]:
        return str(event.__struct_config__.tag), 1, msgspec.json.encode(event, order="deterministic")

    def decode(self, type: str, v: int, payload: bytes) -> PersonEvent:  # noqa: A002, ARG002 -- the port's own names
        event: PersonEvent = msgspec.json.decode(payload, type=PersonRegistered | PersonErased)
        return event

    def decide(self, state: PersonState | None, part: Part, turn: Turn) -> Sequence[PersonEvent] | Refused:  # noqa: ARG002 -- the port's signature
        if part.step == "erase":
            return [] if state is not None and state.erased else [PersonErased()]
        if part.step != "register":
            return Refused("unknown_step", f"a person has no step {part.step!r}", "register or erase")
        if state is not None and state.erased:
            return Refused("person_erased", "the person was erased", "register the person again under a new id")
        return [] if state is not None else [PersonRegistered()]

    def fold(self, state: PersonState | None, event: PersonEvent) -> PersonState:  # noqa: ARG002 -- the port's signature
        return PersonState(erased=isinstance(event, PersonErased))

    def timers(self, state: PersonState | None) -> Sequence[Timer]:  # noqa: ARG002 -- a person has no clocks
        return ()

    def rests(self, state: PersonState | None) -> bool:
        """Once erased."""
        return state is not None and state.erased


class Erasure(msgspec.Struct, frozen=True):
    """A line of the register. `at`: microseconds UTC."""

    district: str
    person: str
    at: int
    actor: Actor


class Erased(msgspec.Struct, frozen=True):
    """What an erasure did. `entries`: values destroyed. `scrubbed`: whether their bytes are gone from the files too;
    False while a long read holds them: they go with the next erasure, or when the home is opened again."""

    person: str
    entries: int
    scrubbed: bool


Belongings = Callable[[Lookup, str], Sequence[str]]
"""A person about to be erased -> the other keys of the vault that are destroyed with them."""


def nothing_else(_lookup: Lookup, _person: str) -> Sequence[str]:
    """Nothing is destroyed but the person's own."""
    return ()


class ErasingWriter(Protocol):
    """What erasing needs of the writer."""

    def submit(self, submission: Submission) -> Answer: ...

    def apart(self, work: Callable[[Session], T]) -> T: ...


class ErasureRegister:
    """The append-only file of erasures, JSON lines, each on disk before anything is deleted."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> list[Erasure]:
        """All erasures in their order. A last line without its end was never acknowledged and is passed over.

        Raises `FaultsFound` for any other line that cannot be read.
        """
        whole, _, _ = self._content().rpartition(b"\n")
        found: list[Erasure] = []
        faults: list[Fault] = []
        for number, line in enumerate(whole.splitlines(), start=1):
            try:
                found.append(msgspec.json.decode(line, type=Erasure))
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                message = f"is not a line of an erasure register: {error}"
                faults.append(Fault(str(self.path), number, "bad_erasure", message, _LINE))
        if faults:
            raise FaultsFound(faults)
        return found

    def append(self, erasures: Iterable[Erasure]) -> None:
        """Returns when the lines are on disk. Raises `SanbanError` when the file cannot be written."""
        lines = b"".join(msgspec.json.encode(erasure) + b"\n" for erasure in erasures)
        try:
            self._write(lines)
        except OSError as error:
            message = f"the erasure register {self.path} cannot be written: {error.strerror}; nothing was erased"
            raise SanbanError(message, f"touch {self.path}") from error

    def _content(self) -> bytes:
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return b""
        except OSError as error:
            message = f"the erasure register {self.path} cannot be read: {error.strerror}"
            raise SanbanError(message, f"chmod 600 {self.path}") from error

    def _write(self, lines: bytes) -> None:
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(handle, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            end = file.read().rpartition(b"\n")
            file.truncate(len(end[0]) + len(end[1]))
            file.seek(0, os.SEEK_END)
            file.write(lines)
            file.flush()
            os.fsync(file.fileno())
        sync_folder(self.path.parent)


_EXAMPLE_ERASURE = Erasure("310100", "0197-person", 1_750_000_000_000_000, Actor("clerk-1", "coordinator"))
_LINE = msgspec.json.encode(_EXAMPLE_ERASURE).decode()


class Eraser:
    """Erases persons of one district. `writer` is the owner's; `vault` the one its sealer is."""

    def __init__(
        self, writer: ErasingWriter, vault: Vault, register: ErasureRegister, belongings: Belongings = nothing_else
    ) -> None:
        self._belongings = belongings
        self._writer = writer
        self._vault = vault
        self._register = register

    def erase(self, person: str, actor: Actor, now: int) -> Erased:
        """Erases a person for good; again is harmless. `now`: microseconds UTC.

        Raises `SanbanError` for a person nobody knows, or when the register cannot be written (then nothing happened).
        """
        if self._writer.apart(lambda session: _is_erased(session, person)):
            return Erased(person, 0, self._scrub())
        noted = self._noted(person)
        if noted is None:
            others = self._writer.apart(lambda session: self._going_with(session, person))
            noted = Erasure(self._vault.district, person, now, actor)
            also = [msgspec.structs.replace(noted, person=key) for key in others]
            self._register.append([*also, noted])
            more = sum(self._carry_out(one).entries for one in also)
            erased = self._carry_out(noted)
            return msgspec.structs.replace(erased, entries=erased.entries + more)
        erased = self._carry_out(noted)
        self.complete_pending()
        return erased

    def _going_with(self, lookup: Lookup, person: str) -> Sequence[str]:
        _require_known(lookup, person)
        return self._belongings(lookup, person)

    def complete_pending(self) -> list[Erased]:
        """Carries out every erasure of the register that this store has not seen; before a home is served."""
        noted = {erasure.person: erasure for erasure in reversed(self._register.read()) if self._is_ours(erasure)}
        done = self._writer.apart(lambda session: erased_persons(session, list(noted)))
        carried_out = [self._carry_out(noted[person]) for person in reversed(noted) if person not in done]
        if noted:
            self._scrub()
        return carried_out

    def _is_ours(self, erasure: Erasure) -> bool:
        return erasure.district == self._vault.district

    def _noted(self, person: str) -> Erasure | None:
        """The first line about a person: it names the actor that the command was or will be given under."""
        lines = (each for each in self._register.read() if self._is_ours(each) and each.person == person)
        return next(lines, None)

    def _carry_out(self, noted: Erasure) -> Erased:
        person = noted.person
        command_id = str(uuid5(_NAMESPACE, f"{noted.district}/{person}"))
        answer = self._writer.submit(Submission(command_id, noted.actor, (Part(stream_of(person), "erase"),)))
        if answer.refused is not None:
            raise SanbanError(f"erasing {person} was refused: {answer.refused.message}", answer.refused.example)
        entries = self._writer.apart(lambda session: _destroy(session, person))
        self._vault.forget()
        return Erased(person, entries, self._scrub())

    def _scrub(self) -> bool:
        return self._writer.apart(lambda session: session.scrub())


def stream_of(person: str) -> str:
    """The stream of a person; an id may carry the kind in front already."""
    return person if person.startswith("person:") else f"person:{person}"


def _destroy(session: Session, person: str) -> int:
    """Tombstone instead of the key, and no rows; how many values were destroyed."""
    values: dict[str, Any] = {"person": person, "nothing": b""}
    changed = session.execute(
        "UPDATE vault_key SET wrapped = :nothing WHERE district = :district AND person = :person", values
    )
    if not changed:
        session.insert("vault_key", [(session.district, person, b"", "")])
    session.execute("DELETE FROM vault_lookup WHERE district = :district AND person = :person", {"person": person})
    return session.execute(
        "DELETE FROM vault_entry WHERE district = :district AND person = :person", {"person": person}
    )


def _is_erased(lookup: Lookup, person: str) -> bool:
    return bool(erased_persons(lookup, [person]))


def _require_known(lookup: Lookup, person: str) -> None:
    sql = "SELECT seq FROM ledger_event WHERE district = :district AND stream = :stream LIMIT 1"
    known = lookup.rows("vault_key", ("person",), "person", [person])
    if not known and not lookup.query(sql, {"stream": stream_of(person)}):
        example = "sanban person erase person:01979a3c-7c1e-7f00-8000-5d3a2b1c0d9e"
        raise SanbanError(f"there is no person {person}", example)
