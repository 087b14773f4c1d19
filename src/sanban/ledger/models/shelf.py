"""Trained models in a folder of the home: each file named by the hash of its bytes, and which one is in use.

    models/<name>-<64 hexadecimal digits>.<suffix>   a model's bytes
    models/<name>.json                               which one is in use, since when, and what is told of it

A model is data. A file whose bytes do not have the hash it is named by is refused before it is opened; the same model
gives the same name.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

import msgspec

from sanban.kernel.errors import SanbanError
from sanban.ledger.home import write_private

LARGEST = 256 << 20

T = TypeVar("T")


class InUse(msgspec.Struct, Generic[T], frozen=True):
    """Which model is in use: the hash of its file, when it was trained (microseconds UTC), and what is told of it."""

    hash: str
    trained_at: int
    head: T


class Shelf(NamedTuple):
    """The models of one kind. `train`: the command that makes one, as an example in errors."""

    folder: Path
    name: str
    suffix: str
    train: str

    @property
    def in_use_path(self) -> Path:
        """The file that says which one is in use."""
        return self.folder / f"{self.name}.json"

    def put(self, content: bytes, head: T, now: int) -> InUse[T]:
        """Writes a model and puts it in use. `now` in microseconds UTC."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        used = InUse(hashlib.sha256(content).hexdigest(), now, head)
        write_private(self._path(used.hash), content)
        write_private(self.in_use_path, msgspec.json.format(msgspec.json.encode(used)))
        return used

    def in_use(self, head: type[T]) -> InUse[T] | None:
        """What is told of the model in use; None when none was trained. Raises `SanbanError` for a damaged file."""
        path = self.in_use_path
        if not path.is_file():
            return None
        try:
            used: InUse[T] = msgspec.json.decode(path.read_bytes(), type=InUse[head])  # type: ignore[valid-type]  # the head is a type
        except msgspec.DecodeError as error:
            raise SanbanError(f"{path.name} in {self.folder.name} is damaged", self.train) from error
        if len(used.hash) != 64 or not set(used.hash) <= set("0123456789abcdef"):
            raise SanbanError(f"{path.name} in {self.folder.name} names no model", self.train)
        return used

    def content(self, used: InUse[T]) -> bytes:
        """A model's bytes. Raises `SanbanError` when its file is missing or is not the one that was written."""
        path = self._path(used.hash)
        if not path.is_file() or path.stat().st_size > LARGEST:
            raise SanbanError(f"the model in use, {path.name}, is missing or too large", self.train)
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != used.hash:
            raise SanbanError(f"the model in use, {path.name}, was changed after it was written", self.train)
        return content

    def _path(self, digest: str) -> Path:
        return self.folder / f"{self.name}-{digest}.{self.suffix}"
