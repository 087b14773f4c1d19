"""Models on disk: safe to load, and refused when they are not what was written."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.learning.made import SUBJECTS, examples, raw_text
from sanban.intake.learning.model import Model
from sanban.intake.learning.storing import decode, encode, in_use, keep, load
from sanban.kernel.errors import SanbanError

IN_USE = "triage.json"


def test_a_model_comes_back_as_it_was(model: Model, tmp_path: Path) -> None:
    used = keep(tmp_path / "models", model, 17)
    assert in_use(tmp_path / "models") == used
    again = load(tmp_path / "models", used)
    for matter in SUBJECTS:
        text = raw_text(matter, 50)
        assert again.guess(text) == model.guess(text)
    assert encode(again) == encode(model)


def test_a_model_is_named_by_its_content(model: Model, tmp_path: Path) -> None:
    first, second = keep(tmp_path, model, 1), keep(tmp_path, model, 2)
    assert first.hash == second.hash
    assert len(list(tmp_path.glob("triage-*.npz"))) == 1


def test_a_model_of_before_knows_no_texts_that_it_was_trained_on(model: Model) -> None:
    with np.load(io.BytesIO(encode(model)), allow_pickle=False) as arrays:
        kept = {name: arrays[name] for name in arrays.files if name != "seen"}
    out = io.BytesIO()
    np.savez(out, **kept)
    assert (len(model.seen), len(decode(out.getvalue()).seen)) == (len(examples()), 0)


def test_there_may_be_none(tmp_path: Path) -> None:
    assert in_use(tmp_path) is None


def test_a_changed_or_missing_file_is_refused(model: Model, tmp_path: Path) -> None:
    used = keep(tmp_path, model, 1)
    (path,) = tmp_path.glob("triage-*.npz")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(SanbanError, match="was changed"):
        load(tmp_path, used)
    path.unlink()
    with pytest.raises(SanbanError, match="missing"):
        load(tmp_path, used)


@pytest.mark.parametrize("text", ["{", "{}", '{"hash": "../../etc", "trained_at": 1, "head": {}}'])
def test_a_damaged_pointer_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / IN_USE).write_text(text)
    with pytest.raises(SanbanError):
        in_use(tmp_path)


def test_a_pointer_names_no_path(model: Model, tmp_path: Path) -> None:
    used = keep(tmp_path, model, 1)
    (tmp_path / IN_USE).write_text((tmp_path / IN_USE).read_text().replace(used.hash, "../../secret"))
    with pytest.raises(SanbanError, match="names no model"):
        in_use(tmp_path)


class Bomb:
    def __reduce__(self) -> tuple[object, ...]:
        return (exit, (1,))


def test_pickled_objects_are_refused_and_not_run() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        part = io.BytesIO()
        np.lib.format.write_array(part, np.array([None], dtype=object), allow_pickle=True)
        file.writestr("head.npy", part.getvalue())
    for content in (out.getvalue(), pickle.dumps(Bomb())):
        with pytest.raises(SanbanError, match="not a model"):
            decode(content)


def test_tables_that_do_not_fit_are_refused(model: Model) -> None:
    with np.load(io.BytesIO(encode(model)), allow_pickle=False) as arrays:
        whole = {name: arrays[name] for name in arrays.files}
    for name, wrong in (
        ("bias", whole["bias"][:1]),
        ("bias", whole["bias"].astype(np.float64)),
        ("seen", whole["seen"].astype(np.float64)),
        ("runs.keys", whole["runs.keys"][::-1]),
        ("runs.weights", whole["runs.weights"][1:]),
        ("words.rarity", whole["words.rarity"] * np.float32("nan")),
    ):
        out = io.BytesIO()
        np.savez(out, **(whole | {name: wrong}))
        with pytest.raises(SanbanError, match="not a model"):
            decode(out.getvalue())


@given(st.binary(max_size=200))
def test_any_bytes_are_a_refusal(content: bytes) -> None:
    with pytest.raises(SanbanError):
        decode(content)
