"""A trained model as a file, arrays in the format of numpy and `head`, JSON as bytes, and the shelf it stands on.

Nothing in it is executed and pickled objects are refused. The same model gives the same bytes.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from sanban.intake.learning.features import VIEWS, Runs, Words
from sanban.intake.learning.model import Head, Model
from sanban.intake.learning.neighbours import MARKS
from sanban.kernel.errors import SanbanError
from sanban.ledger.models.shelf import InUse, Shelf

FORMAT = 1
_EPOCH = (1980, 1, 1, 0, 0, 0)
_TRAIN = "sanban triage train labelled.csv"


Used = InUse[Head]


class _Stored(msgspec.Struct, frozen=True):
    format: int
    head: Head
    lexicon: dict[str, float]
    words: dict[str, tuple[str, ...]]


def encode(model: Model) -> bytes:
    """The bytes of a model's file."""
    words = {name: table.words for name, table in model.tables.items() if isinstance(table, Words)}
    stored = _Stored(FORMAT, model.head, dict(model.likely), words)
    arrays: dict[str, Any] = {
        "head": np.frombuffer(msgspec.json.encode(stored), dtype=np.uint8),
        "bias": model.bias,
        "seen": model.seen,
    }
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


def shelf(folder: Path) -> Shelf:
    """The shelf of models of triage in a folder."""
    return Shelf(folder, "triage", "npz", _TRAIN)


def keep(folder: Path, model: Model, now: int) -> Used:
    """Writes a model and puts it in use. `now` in microseconds UTC."""
    return shelf(folder).put(encode(model), model.head, now)


def in_use(folder: Path) -> Used | None:
    """What is told of the model in use; None when none was trained. Raises `SanbanError` for a damaged file."""
    return shelf(folder).in_use(Head)


def load(folder: Path, used: Used) -> Model:
    """The model in use. Raises `SanbanError` when its file is missing or its bytes are not those that were written."""
    return decode(shelf(folder).content(used))


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
    seen = arrays.get("seen", np.empty((0, MARKS), np.uint16))  # a model from before has none
    if seen.dtype != np.uint16 or seen.shape[1:] != (MARKS,):
        raise ValueError("marks are sixteen numbers of 16 bits")
    return Model(stored.head, stored.lexicon, tables, weights, bias, seen)


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
