"""Groups a stream of messages into events, online: groups, the largest, and whether they hold together.

    python bench/grouping.py [--quick] [--stream FILE...] [--map FIELD=COLUMN] [--threshold X] [--gate]

The messages come in the order of their times, each is put into a group when it comes, by title and body, and weights
of grams rest on what came before. Nothing is labelled, so what is measured is the shape: groups, share of messages
that have company, the largest group. A collapse shows as one group that swallows the stream.

- Yardstick of the largest group: single link on the very same vectors at the same threshold, and at thresholds a
  little lower and higher, since a link that holds only at one threshold does not hold. The default threshold was
  chosen on this stream, by shape and by reading groups: it is no figure of quality.
- `titles, tf-idf`: the plainest text with the plainest weights (scikit-learn, bigrams and trigrams that two titles or
  more have, at most a tenth of them): there single link collapses between .35 and .30, and average link does not.
- `stability`: the groups made online next to a batch run of average link over all messages at once
  (scikit-learn, no fading in time, weights from the whole stream), and next to the online groups when messages of the
  same half day come in another order. Adjusted Rand index: 1 is the same grouping, 0 is chance; share of pairs: how
  many pairs that one run puts together are together in the other as well.

Message texts are read and never printed. With `--gate` it ends with 1 where at any threshold the largest group has more
than 60 messages.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components
from sklearn.cluster import AgglomerativeClustering
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import adjusted_rand_score

sys.path.insert(0, str(Path(__file__).resolve().parent))

from parts.city import SECOND, instant
from parts.gate import Gate, add_gate
from parts.sheets import FIELD_TOLD, data_folder, need, of_messages, rows, run
from sanban.intake.grouping.groups import Groups, Linking
from sanban.intake.grouping.vectors import Weighing, message
from sanban.kernel.errors import SanbanError

MOST = 60
GOAL = 500.0
SEED = 7
HALF_DAY = 43_200 * SECOND

Message = tuple[str, int, Counter[int]]


def say(workload: str, figure: float, unit: str, yardstick: float | None = None) -> None:
    """One line. `ratio` is figure / yardstick."""
    ratio = round(figure / yardstick, 3) if yardstick else None
    line = {"bench": "grouping", "workload": workload, "figure": round(figure, 4), "unit": unit}
    print(json.dumps(line | {"yardstick": yardstick, "ratio": ratio}), flush=True)


def read(files: list[Path], told: list[str]) -> tuple[list[Message], list[str]]:
    """Messages in the order of their times, and their titles. Raises `SanbanError` when there are fewer than two."""
    found, titles, left_out = [], [], 0
    for number, row in enumerate(rows(files, of_messages(told))):
        at, title = instant(row["received_at"]), row.get("title", "")
        if at is None:
            left_out += 1
            continue
        found.append((f"{number}:{row.get('external_no', '')}", at, message(title, row["text"])))
        titles.append("".join(title.split()))
    if left_out:
        sys.stderr.write(f"{left_out} rows left out: their time cannot be read\n")
    if len(found) < 2:
        message_ = f"{len(found)} messages with a time that can be read; two are needed to group any"
        raise SanbanError(message_, "--map received_at=留言时间, with times such as 2026-01-05 09:30:00")
    return sorted(found, key=lambda one: (one[1], one[0])), titles


def online(messages: list[Message], threshold: float) -> tuple[Groups, list[str], float]:
    """The groups, each message's group at the end in the order given, and seconds of CPU."""
    groups = Groups(Linking(threshold=threshold))
    start = time.process_time()
    for name, at, counts in messages:
        groups.add(name, at, counts)
    used = time.process_time() - start
    return groups, [groups.group_of(name) or "" for name, _, _ in messages], used


def cosines(messages: list[Message]) -> np.ndarray:
    """Every pair's cosine, weights from the whole stream."""
    weighing = Weighing()
    weighing.learn(counts for _, _, counts in messages)
    columns: dict[int, int] = {}
    data, where, ends = [], [], [0]
    for _, _, counts in messages:
        for gram, weight in weighing.weigh(counts).items():
            data.append(weight)
            where.append(columns.setdefault(gram, len(columns)))
        ends.append(len(data))
    rows = csr_matrix((np.array(data, np.float32), where, ends), shape=(len(messages), len(columns)))
    return np.clip((rows @ rows.T).toarray(), 0, 1)


def plain_titles(titles: list[str]) -> np.ndarray | None:
    """Cosines of titles by scikit-learn's own weights; None where no two of them share what one in ten has not."""
    weights = TfidfVectorizer(
        analyzer="char", ngram_range=(2, 3), sublinear_tf=True, min_df=2, max_df=0.1, dtype=np.float32
    )
    try:
        rows_ = weights.fit_transform(titles)
    except ValueError:
        return None
    return np.clip((rows_ @ rows_.T).toarray(), 0, 1)


def average(alike: np.ndarray, threshold: float) -> np.ndarray:
    """Average link over all at once."""
    link = AgglomerativeClustering(None, metric="precomputed", linkage="average", distance_threshold=1 - threshold)
    return link.fit(1 - alike).labels_


def single(alike: np.ndarray, threshold: float) -> np.ndarray:
    """Single link over all at once."""
    return connected_components(csr_matrix(alike >= threshold), directed=False)[1]


def largest(labels: np.ndarray | list[str]) -> int:
    """Messages in the largest group."""
    return max(Counter(list(labels)).values())


def together(one: list[str] | np.ndarray, other: list[str] | np.ndarray) -> float:
    """Of the pairs that the first puts together, the share that the second does too."""
    pairs = sum(count * (count - 1) for count in Counter(list(one)).values())
    both = sum(count * (count - 1) for count in Counter(zip(list(one), list(other), strict=True)).values())
    return both / pairs if pairs else 1.0


def shape(
    name: str, messages: list[Message], threshold: float, gate: Gate, *, stable: bool, reorder: bool = False
) -> None:
    """Figures of one text at one threshold."""
    groups, labels, used = online(messages, threshold)
    alike = cosines(messages)
    sizes = sorted((len(group.members) for group in groups), reverse=True)
    say(f"{name} at {threshold:.2f}: largest group", sizes[0], "messages", largest(single(alike, threshold)))
    say(f"{name} at {threshold:.2f}: largest group, most allowed", sizes[0], "messages", MOST)
    gate.most(f"{name} at {threshold:.2f}: largest group", sizes[0], MOST)
    say(f"{name} at {threshold:.2f}: groups", len(groups), "groups", len(messages))
    say(f"{name} at {threshold:.2f}: share grouped", sum(size for size in sizes if size > 1) / len(messages), "share")
    if not stable:
        return
    say(f"{name} at {threshold:.2f}: messages grouped, CPU", len(messages) / used, "messages/s", GOAL)
    batch = average(alike, threshold)
    say(f"{name} at {threshold:.2f}: batch, largest group", largest(batch), "messages")
    say(f"{name} at {threshold:.2f}: stability, batch", adjusted_rand_score(labels, batch), "adjusted Rand index", 1.0)
    say(f"{name} at {threshold:.2f}: pairs of online also in batch", together(labels, batch), "share", 1.0)
    say(f"{name} at {threshold:.2f}: pairs of batch also in online", together(batch, labels), "share", 1.0)
    if not reorder:
        return
    rng = np.random.default_rng(SEED)
    shuffled = sorted(messages, key=lambda one: (one[1] // HALF_DAY, rng.random()))
    other, _, _ = online(shuffled, threshold)
    again = [other.group_of(name_) or "" for name_, _, _ in messages]
    say(f"{name} at {threshold:.2f}: stability, order", adjusted_rand_score(labels, again), "adjusted Rand index", 1.0)


def main(given: argparse.Namespace) -> int:
    """Measures, prints; 1 where a goal is missed that is held to."""
    gate = Gate(holds=given.gate)
    need(*given.stream)
    whole, titles = read(given.stream, given.map)
    shape("title and body", whole, given.threshold, gate, stable=True, reorder=not given.quick)
    for threshold in () if given.quick else (0.10, 0.15):
        shape("title and body", whole, threshold, gate, stable=False)
    alike = plain_titles(titles)
    if alike is None:
        sys.stderr.write("titles, tf-idf: the titles have too little in common to be measured\n")
        return gate.ended()
    for threshold in (0.30,) if given.quick else (0.30, 0.35):
        name = f"titles, tf-idf, at {threshold:.2f}: largest group"
        say(name, largest(average(alike, threshold)), "messages", largest(single(alike, threshold)))
    return gate.ended()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="the default threshold, one of the titles', one order")
    parser.add_argument("--stream", type=Path, nargs="+", default=[data_folder() / "messages" / "stream.csv"])
    parser.add_argument("--map", action="append", default=[], help=FIELD_TOLD)
    parser.add_argument("--threshold", type=float, default=Linking().threshold)
    add_gate(parser)
    return parser


if __name__ == "__main__":
    run(main, _parser())
