"""`sanban triage train` and `evaluate`: from labelled files, from the ledger's history, or from both.

Training needs scikit-learn, which no server loads: this module is imported by these two commands alone.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from sanban.intake.learning.examples import Example, by_matter, read_labelled, read_names, texts_of
from sanban.intake.learning.folding import folds
from sanban.intake.learning.measuring import Measured, measured
from sanban.intake.learning.model import Model
from sanban.intake.learning.neighbours import near_groups
from sanban.intake.learning.storing import in_use, keep, load
from sanban.intake.learning.training import SEED, enough, taught, train
from sanban.kernel.errors import SanbanError
from sanban.main.house import House
from sanban.main.learning.advising import MODELS
from sanban.main.learning.history import ledger_examples

Said = tuple[str, int]
SILENT: Said = ("", 0)


class Columns(msgspec.Struct, frozen=True):
    """Names of columns as told; '' = guessed."""

    text: str = ""
    label: str = ""
    title: str = ""


class Trained(msgspec.Struct, frozen=True):
    """What was trained. `matters`: labels that are matters in force; `others`: labels that are not and stay unused."""

    model: str
    examples: int
    from_ledger: int
    rows_left_out: int
    seconds: float
    labels: tuple[str, ...]
    matters: tuple[str, ...]
    others: tuple[str, ...]
    labels_left_out: dict[str, int]


class Evaluated(msgspec.Struct, frozen=True):
    """How good it is. `how`: `folds` (trained anew on four fifths, near-duplicates together) or `in_use`.

    `trained_on`: examples left out, since the model in use was trained on their words.
    """

    how: str
    model: str
    measured: Measured
    trained_on: int = 0


def train_model(
    house: House, files: Sequence[Path], columns: Columns, *, ledger: bool, names: Path | None = None
) -> Trained:
    """Trains on the examples and puts the model in use. A running server takes it at its next start.

    `names`: which labels are which matters. Raises `SanbanError` for a model that would know no matter in force.
    """
    start = time.perf_counter()
    examples, from_ledger, left_out = _examples(house, files, columns, ledger=ledger, names=names)
    model = train(examples)
    known = {one.head.matter for one in house.matters.in_force(house.clock())}
    if known.isdisjoint(model.labels):
        raise SanbanError(
            f"none of {len(model.labels)} labels is a matter in force: {', '.join(model.labels[:5])} ...",
            "--labels labels.csv with rows such as: 噪声扰民,noise",
        )
    used = keep(house.home.folder / MODELS, model, house.clock())
    return Trained(
        model=used.hash,
        examples=len(examples),
        from_ledger=from_ledger,
        rows_left_out=left_out,
        seconds=round(time.perf_counter() - start, 1),
        labels=model.labels,
        matters=tuple(label for label in model.labels if label in known),
        others=tuple(label for label in model.labels if label not in known),
        labels_left_out=model.head.left_out,
    )


def evaluate_model(
    house: House, files: Sequence[Path], columns: Columns, *, ledger: bool, used: bool, names: Path | None = None
) -> Evaluated:
    """Measures: `used`: the model in use on these examples; else models trained on four fifths, on the other fifth."""
    examples, _, _ = _examples(house, files, columns, ledger=ledger, names=names)
    if not used:
        return Evaluated("folds", "", measured([one.label for one in examples], cross_validated(examples)))
    folder = house.home.folder / MODELS
    found = in_use(folder)
    if found is None:
        raise SanbanError("no model is in use yet", "sanban triage train labelled.csv")
    model = load(folder, found)
    _refuse_strange(model, {one.label for one in examples})
    fresh = [one for one in examples if not model.has_seen(one.text, one.title)]
    if not fresh:
        message = f"the model in use was trained on all of these {len(examples)} examples, which say nothing about it"
        raise SanbanError(message, "sanban triage evaluate new.csv --in-use")
    found_out = measured([one.label for one in fresh], _said(model, fresh))
    return Evaluated("in_use", found.hash, found_out, len(examples) - len(fresh))


def _refuse_strange(model: Model, labels: set[str]) -> None:
    """Raises `SanbanError` where no label is one that the model could say."""
    if labels.isdisjoint(model.labels):
        some = ", ".join(sorted(labels)[:5])
        message = f"the model in use knows none of these {len(labels)} labels: {some} ..."
        raise SanbanError(message, "--labels labels.csv, as when it was trained")


def cross_validated(examples: Sequence[Example], seed: int = SEED) -> list[Said]:
    """What models say that saw neither a text nor what is near to it; nothing, where the rest teaches no two labels.

    Raises `SanbanError` when all together teach no two.
    """
    enough(examples)
    said: list[Said] = [SILENT] * len(examples)
    for seen, unseen in folds([one.label for one in examples], near_groups(texts_of(examples)), seed):
        others = [examples[place] for place in seen]
        if len(taught(others)) < 2:
            continue
        for place, one in zip(unseen, _said(train(others), [examples[place] for place in unseen]), strict=True):
            said[place] = one
    return said


def _said(model: Model, examples: Sequence[Example]) -> list[Said]:
    found = [model.guess(one.text, one.title) for one in examples]
    return [(guesses[0].label, guesses[0].confidence) if guesses else SILENT for guesses in found]


def _examples(
    house: House, files: Sequence[Path], columns: Columns, *, ledger: bool, names: Path | None
) -> tuple[list[Example], int, int]:
    """Labelled by matters' codes where they are known; how many are the ledger's, and how many rows were left out."""
    read = [read_labelled(path, text=columns.text, label=columns.label, title=columns.title) for path in files]
    told = [one for labelled in read for one in labelled.examples]
    lived = list(ledger_examples(house.reader)) if ledger or not files else []
    if not told and not lived:
        message = "there is nothing to learn from: no file, and no case in the ledger"
        raise SanbanError(message, "sanban triage train labelled.csv")
    matters = {one.head.matter: one.head.title for one in house.matters.in_force(house.clock())}
    told = by_matter(told, matters, {} if names is None else read_names(names))
    return [*told, *lived], len(lived), sum(labelled.left_out for labelled in read)
