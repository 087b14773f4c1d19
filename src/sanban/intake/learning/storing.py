"""Keeps trained models in a folder, named by the hash of their bytes, and loads the one in use.

    models/triage-<64 hexadecimal digits>.npz    arrays in the format of numpy, and `head`, JSON as bytes
    models/triage.json                           which one is in use

A model is data: nothing in it is executed, pickled objects are refused, and a file whose bytes do not have the hash it
is named by is refused before it is opened. The same model gives the same bytes, so the same name.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from sanban.intake.learning.features import VIEWS, Runs, Words
from sanban.intake.learning.model import Head, Model
from sanban.kernel.errors import SanbanError
from sanban.ledger.home import write_private

IN_USE = "triage.json"
LARGEST = 256 << 20
FORMAT = 1
_EPOCH = (1980, 1, 1, 0, 0, 0)
_TRAIN = "sanban triage train labelled.csv"


class InUse(msgspec.Struct, frozen=True):
    """Which model is in use: the hash of its file, when it was trained (microseconds UTC), and what is told of it."""

    hash: str
    trained_at: int
    head: Head


class _Stored(msgspec.Struct, frozen=True):
    format: int
    head: Head
    lexicon: dict[str, float]
    words: dict[str, tuple[str, ...]]


def encode(model: Model) -> bytes:
    """The bytes of a model's file."""
    words = {name: table.words for name, table in model.tables.items() if isinstance(table, Words)}
    stored = _Stored(FORMAT, model.head, dict(model.likely), words)
    arrays: dict[str, Any] = {"head": np.frombuffer(msgspec.json.encode(stored), dtype=np.uint8), "bias": model.bias}
    for name, table in model.tables.items():
        arrays[f"{name}.rarity"] = table.rarity
        arrays[f"{name}.weights"] = model.weights[name]
        if isinstance(table, Runs):
            arrays[f"{name}.keys"] = table.keys
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as file:
        for name, array in sorted(arrays.items()):
            part = io.BytesIO()
            np.lib.format.write_array(part, np.ascontiguousarray(array), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(entry, part.getvalue())
    return out.getvalue()


def decode(content: bytes) -> Model:
    """The model of a file's bytes. Raises `SanbanError` when they are none, whatever they are."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return _model({name: arrays[name] for name in arrays.files})
    except (ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile, msgspec.DecodeError) as error:
        raise SanbanError("this file is not a model of triage, or a damaged one", _TRAIN) from error


def keep(folder: Path, model: Model, now: int) -> InUse:
    """Writes a model and puts it in use. `now` in microseconds UTC."""
    content = encode(model)
    folder.mkdir(mode=0o700, exist_ok=True)
    used = InUse(hashlib.sha256(content).hexdigest(), now, model.head)
    write_private(folder / _name(used.hash), content)
    write_private(folder / IN_USE, msgspec.json.format(msgspec.json.encode(used)))
    return used


def in_use(folder: Path) -> InUse | None:
    """What is told of the model in use; None when none was trained. Raises `SanbanError` for a damaged file."""
    path = folder / IN_USE
    if not path.is_file():
        return None
    try:
        used = msgspec.json.decode(path.read_bytes(), type=InUse)
    except msgspec.DecodeError as error:
        raise SanbanError(f"{path.name} in {folder.name} is damaged", _TRAIN) from error
    if len(used.hash) != 64 or not set(used.hash) <= set("0123456789abcdef"):
        raise SanbanError(f"{path.name} in {folder.name} names no model", _TRAIN)
    return used


def load(folder: Path, used: InUse) -> Model:
    """The model in use. Raises `SanbanError` when its file is missing or its bytes are not those that were written."""
    path = folder / _name(used.hash)
    if not path.is_file() or path.stat().st_size > LARGEST:
        raise SanbanError(f"the model in use, {path.name}, is missing or too large", _TRAIN)
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != used.hash:
        raise SanbanError(f"the model in use, {path.name}, was changed after it was written", _TRAIN)
    return decode(content)


def _name(digest: str) -> str:
    return f"triage-{digest}.npz"


def _model(arrays: Mapping[str, Any]) -> Model:
    stored = msgspec.json.decode(arrays["head"].tobytes(), type=_Stored)
    if stored.format != FORMAT:
        raise ValueError(f"format {stored.format}")
    classes = len(stored.head.labels)
    same = {word: word for word in stored.lexicon}  # one object for a word, wherever it stands
    tables: dict[str, Words | Runs] = {}
    weights = {}
    for name, _ in VIEWS:
        rarity = _floats(arrays[f"{name}.rarity"], 1)
        weights[name] = _floats(arrays[f"{name}.weights"], 2, np.float16)
        if weights[name].shape != (len(rarity), classes):
            raise ValueError(f"{name}: the weights do not fit")
        tables[name] = _table(name, stored, arrays, rarity, same)
    bias = _floats(arrays["bias"], 1)
    if bias.shape != (classes,):
        raise ValueError("the bias does not fit")
    return Model(stored.head, stored.lexicon, tables, weights, bias)


def _table(name: str, stored: _Stored, arrays: Mapping[str, Any], rarity: Any, same: Mapping[str, str]) -> Words | Runs:
    table: Words | Runs
    if name in stored.words:
        table, size = Words([same.get(word, word) for word in stored.words[name]], rarity), len(stored.words[name])
    else:
        keys = arrays[f"{name}.keys"]
        if keys.dtype != np.uint64 or keys.ndim != 1 or bool((keys[1:] <= keys[:-1]).any()):
            raise ValueError(f"{name}: keys are ascending integers")
        table, size = Runs(keys, rarity), len(keys)
    if size != len(rarity):
        raise ValueError(f"{name}: the table does not fit")
    return table


def _floats(array: Any, dimensions: int, kind: type[np.floating[Any]] = np.float32) -> Any:
    if array.dtype != kind or array.ndim != dimensions or not bool(np.isfinite(array).all()):
        raise ValueError("numbers are finite floats of their kind")
    return array
