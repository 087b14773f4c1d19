"""A trained classifier before the declared words: in one voice, and never louder than it may be."""

from __future__ import annotations

import pytest

from intake.learning.made import examples, raw_text
from sanban.intake.learning.model import Guess, Model, code_of
from sanban.intake.learning.training import train
from sanban.intake.triage import MatterWords, Triage
from sanban.intake.triage.learned import LearnedTriage

DECLARED = Triage(
    [
        MatterWords("noise", "噪音", "Noise", (("噪音", 60),), auto_at=6000),
        MatterWords("parking", "停车", "Parking", (("停车", 60),), auto_at=6000),
    ],
    "1",
)
FORCE = {"noise": 6000, "street-light": None, "parking": 6000}


@pytest.fixture(scope="module")
def model() -> Model:
    return train(examples())


@pytest.fixture(scope="module")
def triage(model: Model) -> LearnedTriage:
    return LearnedTriage(DECLARED, model, "0123456789abcdef" * 4, FORCE, code_of)


def test_only_matters_in_force_are_suggested(triage: LearnedTriage) -> None:
    for number in range(20):
        assert {one.matter for one in triage.suggest(raw_text("water-outage", number))} <= set(FORCE)


def test_a_learned_suggestion_has_reasons_that_are_read_back_to_words(triage: LearnedTriage) -> None:
    (best, *_) = triage.suggest(raw_text("street-light", 44))
    assert best.matter == "street-light"
    assert all(code.isascii() and code.startswith("w:") for code in best.reasons)
    words = [triage.word(code) for code in best.reasons]
    assert words
    assert all(word in raw_text("street-light", 44) for word in words)


def test_the_model_is_named_with_every_suggestion(triage: LearnedTriage) -> None:
    advice = triage.advise(raw_text("noise", 1))
    assert advice is not None
    assert advice.model == triage.model == f"learned-0123456789ab:{DECLARED.model.removeprefix('words-')}"


def test_only_a_declared_threshold_acts(triage: LearnedTriage) -> None:
    sure = triage.suggest("噪音施工扰民音响半夜广场舞")
    assert (sure[0].matter, triage.acts(sure)) == ("noise", True)
    light = triage.suggest("路灯灯杆照明不亮漆黑灯泡")
    assert (light[0].matter, triage.acts(light)) == ("street-light", False)
    assert not triage.acts(())


def test_a_word_for_a_matter_that_was_never_learned_stands_beside_and_nothing_acts(triage: LearnedTriage) -> None:
    both = triage.suggest("噪音施工扰民音响半夜，还有停车的问题")
    assert {"noise", "parking"} <= {one.matter for one in both}
    assert not triage.acts(both)


class Undecided:
    """A classifier that thinks of three matters whatever is said."""

    labels = ("noise", "street-light", "water-outage")

    def guess(self, *_asked: object) -> tuple[Guess, ...]:
        return tuple(Guess(label, 3_000, ("什么",)) for label in self.labels)

    def name_of(self, _code: str) -> str:
        return "什么"


def test_what_was_never_learned_is_kept_and_says_so_however_many_learned_matters_are_surer() -> None:
    words = [
        MatterWords("noise", "噪音", "Noise", (("噪音", 90),)),
        MatterWords("parking", "停车", "Parking", (("车", 1),)),
    ]
    thresholds = dict.fromkeys((*Undecided.labels, "parking"), 1)
    triage = LearnedTriage(Triage(words, "1"), Undecided(), "a" * 64, thresholds, code_of)
    assert triage.acts(triage.suggest("噪音很大，没人来管"))
    found = triage.suggest("噪音很大，有车没人管")
    assert [("unlearned" in one.reasons, one.calibrated) for one in found] == [
        (False, True),
        (False, True),
        (True, False),
    ]
    assert not triage.acts(found)


def test_what_says_nothing_learned_is_left_to_the_declared_words(model: Model, triage: LearnedTriage) -> None:
    assert triage.suggest("乱停车没人管") == DECLARED.suggest("乱停车没人管")
    assert triage.acts(triage.suggest("乱停车没人管"))
    strange = LearnedTriage(DECLARED, model, "f" * 64, {"parking": 6000}, code_of)
    for text in ("楼下噪音很大很吵", "乱停车没人管", "", "！！"):
        assert strange.suggest(text) == DECLARED.suggest(text)
        assert strange.acts(strange.suggest(text)) == DECLARED.acts(DECLARED.suggest(text))


def test_reasons_of_declared_words_are_read_and_forgotten_ones_are_nothing(triage: LearnedTriage) -> None:
    (best,) = triage.suggest("乱停车没人管")
    assert [triage.word(code) for code in best.reasons] == ["停车"]
    assert triage.word("w:000000000000") == ""


def test_silence_is_no_advice(triage: LearnedTriage) -> None:
    assert triage.advise("今天 天气 不错 哈哈") is None
