"""Measures a classifier: F1 of each class and their mean, recall, and how far its confidence can be trusted.

    macro-F1                    the mean of the classes' F1, so that a small class counts like a large one
    expected calibration error  mean distance of confidence and hit rate, over fifteen classes of confidence

A figure without cases is None, never 0 or 1.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

STEPS = 15
WHOLE = 10_000


class OfClass(msgspec.Struct, frozen=True):
    """One class: how many there are, and precision, recall and F1, None where nothing is to be divided by."""

    label: str
    cases: int
    precision: float | None
    recall: float | None
    f1: float | None


class Measured(msgspec.Struct, frozen=True):
    """All classes. `silent`: texts about which the model said nothing; they count as wrong."""

    cases: int
    silent: int
    accuracy: float | None
    macro_f1: float | None
    calibration_error: float | None
    classes: tuple[OfClass, ...]


def measured(truth: Sequence[str], said: Sequence[tuple[str, int]]) -> Measured:
    """From right labels, and labels with confidence in basis points; '' for nothing said."""
    labels = sorted(set(truth))
    classes = tuple(_of_class(label, truth, [label for label, _ in said]) for label in labels)
    right = sum(a == b for a, (b, _) in zip(truth, said, strict=True))
    scores = [one.f1 for one in classes if one.f1 is not None]
    spoken = [(confidence, a == b) for a, (b, confidence) in zip(truth, said, strict=True) if b]
    return Measured(
        cases=len(truth),
        silent=len(truth) - len(spoken),
        accuracy=_share(right, len(truth)),
        macro_f1=_share(sum(scores), len(scores)),
        calibration_error=calibration_error(spoken),
        classes=classes,
    )


def calibration_error(spoken: Sequence[tuple[int, bool]]) -> float | None:
    """Of confidences in basis points and whether each was right; None without any."""
    steps: dict[int, list[tuple[int, bool]]] = {}
    for confidence, right in spoken:
        steps.setdefault(min(confidence * STEPS // WHOLE, STEPS - 1), []).append((confidence, right))
    distances = [abs(sum(c for c, _ in step) / WHOLE - sum(r for _, r in step)) for step in steps.values()]
    return _share(sum(distances), len(spoken))


def _of_class(label: str, truth: Sequence[str], said: Sequence[str]) -> OfClass:
    hits = sum(a == b == label for a, b in zip(truth, said, strict=True))
    cases, claimed = truth.count(label), said.count(label)
    f1 = _share(2 * hits, cases + claimed)
    return OfClass(label, cases, _share(hits, claimed), _share(hits, cases), f1)


def _share(part: float, whole: int) -> float | None:
    return part / whole if whole else None
