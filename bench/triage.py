"""How well and how fast learned triage sorts messages, next to a plain character pipeline of scikit-learn.

Measured on labelled messages: macro-F1 over five folds in which near-duplicates stand on one side, with three fixed
seeds; the recall of every class; the expected calibration error; the time to train; messages a second in two
processes, and the CPU of one message, which other work on the machine does not lengthen as much; and macro-F1 on raw
messages by a model trained on segmented ones, from which the twins of the raw ones are taken out. The yardstick sees
the same folds: TF-IDF of runs of two and three signs and a linear support vector machine.

    python bench/triage.py [--quick] [--train FILE...] [--test FILE...] [--text COLUMN] [--label COLUMN]
                           [--gate]

A column that is named is read in the files that have it and guessed in the others.
Prints one JSON object per line. `--quick` takes one fold of the first seed. For shares and rates `ratio` is
figure / yardstick, for errors and times yardstick / figure: 1 or more is within the goal. With `--gate` it ends with 1
where a goal is missed; what would be best is none.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import f1_score
from sklearn.svm import LinearSVC

sys.path.insert(0, str(Path(__file__).resolve().parent))

from parts.gate import Gate, add_gate
from parts.sheets import data_folder, need, run
from sanban.intake.learning.cutting import Cutter
from sanban.intake.learning.examples import Example, read_labelled, texts_of
from sanban.intake.learning.folding import FOLDS, folds
from sanban.intake.learning.measuring import measured
from sanban.intake.learning.model import Model
from sanban.intake.learning.neighbours import near_groups
from sanban.intake.learning.storing import decode, encode
from sanban.intake.learning.training import enough, lexicon_of, taught, train
from sanban.intake.sheet import open_sheet
from sanban.kernel.errors import SanbanError

SEEDS = (1, 2, 3)
GOAL_F1 = 0.915
BEST_F1 = 0.935
GOAL_RECALL = {"交通运输": 0.84}
GOAL_CALIBRATION = 0.05
GOAL_RATE = 1000.0
GOAL_SECONDS = 60.0
TWIN = 0.4
PROCESSES = 2
EXAMPLE = "bench/triage.py --train labelled.csv --test raw.csv --text 内容 --label 一级分类"

Said = tuple[str, int]


class Fold(NamedTuple):
    """One training and what became of it."""

    truth: list[str]
    said: list[Said]
    plain: list[str]
    seconds: float
    content: bytes


def tell(workload: str, figure: float, unit: str, yardstick: float | None = None, ratio: float | None = None) -> None:
    shown = {"figure": round(figure, 4), "unit": unit, "yardstick": yardstick and round(yardstick, 4)}
    line = {"bench": "triage", "workload": workload, **shown, "ratio": ratio and round(ratio, 3)}
    print(json.dumps(line, ensure_ascii=False), flush=True)


def over(figure: float, yardstick: float) -> float | None:
    """Their ratio; None where there is nothing to divide by."""
    return figure / yardstick if yardstick else None


def read(given: argparse.Namespace) -> tuple[list[Example], list[Example]]:
    """The messages to train on, and the raw ones."""
    heads = {}
    for path in (*given.train, *given.test):
        with open_sheet(path, EXAMPLE) as sheet:
            heads[path] = sheet.headers
    for name in filter(None, (given.text, given.label)):
        if not any(name in head for head in heads.values()):
            there = ", ".join(dict.fromkeys(column for head in heads.values() for column in head if column))
            raise SanbanError(f"no file has a column {name!r}; their columns are: {there}", EXAMPLE)

    def of(paths: Sequence[Path]) -> list[Example]:
        found: list[Example] = []
        for path in paths:
            text, label = (name if name in heads[path] else "" for name in (given.text, given.label))
            found += read_labelled(path, text=text, label=label).examples
        return found

    try:
        return of(given.train), of(given.test)
    except SanbanError as error:
        raise SanbanError(error.message, EXAMPLE) from error


def said_by(model: Model, examples: Sequence[Example]) -> list[Said]:
    guesses = [model.guess(one.text, one.title) for one in examples]
    return [(found[0].label, found[0].confidence) if found else ("", 0) for found in guesses]


def plain(seen: Sequence[Example], unseen: Sequence[Example]) -> list[str]:
    """What the yardstick says."""
    vectors = TfidfVectorizer(analyzer="char", ngram_range=(2, 3), sublinear_tf=True, min_df=2)
    machine = LinearSVC(random_state=0).fit(vectors.fit_transform(texts_of(seen)), [one.label for one in seen])
    return [str(label) for label in machine.predict(vectors.transform(texts_of(unseen)))]


def fold(seen: Sequence[Example], unseen: Sequence[Example]) -> Fold:
    start = time.process_time()
    model = train(seen)
    seconds = time.process_time() - start
    other = plain(seen, unseen) if unseen else []
    return Fold([one.label for one in unseen], said_by(model, unseen), other, seconds, encode(model))


def parted(examples: Sequence[Example], seeds: Sequence[int], most: int) -> list[tuple[list[Example], list[Example]]]:
    """Seen and unseen of every fold, near-duplicates on one side."""
    truth, groups = [one.label for one in examples], near_groups(texts_of(examples))
    found = [
        ([examples[at] for at in seen], [examples[at] for at in unseen])
        for seed in seeds
        for seen, unseen in islice(folds(truth, groups, seed), most)
    ]
    if not all(len(taught(seen)) > 1 for seen, _ in found):
        raise SanbanError("a fold leaves fewer than two classes with twelve examples to train on", "more messages")
    return found


def without_twins(cutter: Cutter, seen: Sequence[Example], unseen: Sequence[Example]) -> list[Example]:
    """The examples that do not share four tenths of their words with one of the unseen: segmented twins of them."""
    theirs = [frozenset(cutter.cut(text)) for text in texts_of(unseen)]
    by_word: dict[str, list[int]] = {}
    for place, words in enumerate(theirs):
        for word in words:
            by_word.setdefault(word, []).append(place)
    kept = []
    for one in seen:
        words = frozenset(cutter.cut(one.text))
        shared = np.bincount([at for word in words for at in by_word.get(word, ())], minlength=len(theirs))
        sizes = np.array([len(other) for other in theirs]) + len(words) - shared
        if not bool((shared >= TWIN * sizes).any()):
            kept.append(one)
    return kept


def rate(content: bytes, texts: Sequence[tuple[str, str]], seconds: float) -> tuple[float, float]:
    """Messages a second, reasons and all, and CPU milliseconds for one, of one process."""
    model = decode(content)
    done, start, cpu = 0, time.perf_counter(), time.process_time()
    while time.perf_counter() - start < seconds:
        text, title = texts[done % len(texts)]
        model.guess(text, title)
        done += 1
    return done / (time.perf_counter() - start), (time.process_time() - cpu) * 1000 / done


def resident(content: bytes) -> tuple[float, float]:
    """MB that a process has before and after it loads a model."""
    before = _resident()
    model = decode(content)
    model.guess("小区路灯不亮已有一周，晚上走路不安全。")
    return before, _resident()


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def tell_quality(done: Sequence[Fold], gate: Gate) -> None:
    found = [measured(one.truth, one.said) for one in done]
    yard = [float(f1_score(one.truth, one.plain, average="macro")) for one in done]
    score = statistics.fmean(one.macro_f1 or 0 for one in found)
    told = f"{len(done)} grouped folds"
    tell(f"macro-F1, {told}", score, "share", statistics.fmean(yard), over(score, statistics.fmean(yard)))
    tell(f"macro-F1, {told}, next to the goal", score, "share", GOAL_F1, score / GOAL_F1)
    gate.least(f"macro-F1, {told}", score, GOAL_F1)
    tell(f"macro-F1, {told}, next to what would be best", score, "share", BEST_F1, score / BEST_F1)
    labels = sorted({one.label for each in found for one in each.classes})
    for label in labels:
        recall = statistics.fmean(one.recall or 0 for each in found for one in each.classes if one.label == label)
        goal = GOAL_RECALL.get(label)
        tell(f"recall of {label}", recall, "share", goal, goal and recall / goal)
        gate.least(f"recall of {label}", recall, goal or 0)
    error = statistics.fmean(one.calibration_error or 0 for one in found)
    tell("expected calibration error", error, "share", GOAL_CALIBRATION, over(GOAL_CALIBRATION, error))
    gate.most("expected calibration error", error, GOAL_CALIBRATION)


def tell_raw(done: Fold, left_out: int, gate: Gate) -> None:
    found = measured(done.truth, done.said)
    yard = float(f1_score(done.truth, done.plain, average="macro"))
    score = found.macro_f1 or 0
    tell(f"macro-F1 on raw messages, {left_out} twins left out of training", score, "share", yard, over(score, yard))
    error = found.calibration_error or 0
    tell("expected calibration error on raw messages", error, "share", GOAL_CALIBRATION, over(GOAL_CALIBRATION, error))
    gate.most("expected calibration error on raw messages", error, GOAL_CALIBRATION)


def left_to_train_on(seen: Sequence[Example], raw: Sequence[Example]) -> list[Example]:
    """What is not a twin of a raw message. Raises `SanbanError` where the raw ones cannot be judged by it."""
    if not raw:
        return list(seen)
    if {one.label for one in seen}.isdisjoint(one.label for one in raw):
        raise SanbanError("no label of --test is a label of --train", EXAMPLE)
    kept = without_twins(Cutter(lexicon_of(seen)), seen, raw)
    if len(taught(kept)) < 2:
        message = (
            f"without the twins of --test {len(kept)} of {len(seen)} messages of --train are left, too few to train"
        )
        raise SanbanError(message, EXAMPLE)
    return kept


def main(given: argparse.Namespace) -> int:
    """All trainings two at a time, then speed and memory of the last model; 1 where a goal is missed and held to."""
    gate = Gate(holds=given.gate)
    need(*given.train, *given.test)
    seen, raw = read(given)
    enough(seen)
    kept = left_to_train_on(seen, raw)
    seeds, most = (SEEDS[:1], 1) if given.quick else (SEEDS, FOLDS)
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        asked = pool.map(fold, *zip(*parted(seen, seeds, most), strict=True))
        whole = pool.submit(fold, kept, raw).result()
        done = list(asked)
    tell_quality(done, gate)
    if raw:
        tell_raw(whole, len(seen) - len(kept), gate)
    tell(f"training on {len(kept)} messages, CPU", whole.seconds, "s", GOAL_SECONDS, GOAL_SECONDS / whole.seconds)
    gate.most("training, CPU s", whole.seconds, GOAL_SECONDS)
    tell_speed(whole.content, [(one.text, one.title) for one in raw or seen], 2.0 if given.quick else 5.0, gate)
    return gate.ended()


def tell_speed(content: bytes, texts: Sequence[tuple[str, str]], seconds: float, gate: Gate) -> None:
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        rates = [one.result() for one in [pool.submit(rate, content, texts, seconds) for _ in range(PROCESSES)]]
    both = sum(one for one, _ in rates)
    tell(f"messages with reasons, {PROCESSES} processes", both, "messages/s", GOAL_RATE, both / GOAL_RATE)
    gate.least(f"messages/s, {PROCESSES} processes", both, GOAL_RATE)
    each = statistics.fmean(cpu for _, cpu in rates)
    tell("one message with reasons, CPU", each, "ms", PROCESSES * 1000 / GOAL_RATE, PROCESSES * 1000 / GOAL_RATE / each)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        before, after = pool.submit(resident, content).result()
    tell("memory that a loaded model takes", after - before, "MB")
    tell("model file", len(content) / (1 << 20), "MB")


def _parser() -> argparse.ArgumentParser:
    data = data_folder() / "messages"
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one fold of one seed, under 50 s")
    parser.add_argument("--train", type=Path, nargs="+", default=[data / "labelled_segmented.csv"])
    parser.add_argument("--test", type=Path, nargs="*", default=[data / "labelled_raw.csv"])
    parser.add_argument("--text", default="", help="column of the text, else guessed")
    parser.add_argument("--label", default="", help="column of the label, else guessed")
    add_gate(parser)
    return parser


if __name__ == "__main__":
    run(main, _parser())
