"""Folds by which a classifier is measured and calibrated: near-duplicates stand on one side, labels are spread evenly.

    labels, groups of near-duplicates, a seed --> (seen, unseen) of each of at most five folds, as places

Every text is unseen once, if there are two groups. A label with fewer than five texts, or whose texts are all near to
each other, is missing from what some folds see: whoever fits on a fold asks which labels it holds.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

FOLDS = 5

Places = NDArray[np.int64]


def folds(truth: Sequence[str] | Places, groups: Places, seed: int) -> Iterator[tuple[Places, Places]]:
    """Places of the seen and the unseen of each fold. Some label has five texts or more."""
    parts = min(FOLDS, len(np.unique(groups)))
    if parts < 2:
        return iter(())
    splitter = StratifiedGroupKFold(parts, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        found = list(splitter.split(groups, truth, groups))
    return ((seen, unseen) for seen, unseen in found if len(seen) and len(unseen))
