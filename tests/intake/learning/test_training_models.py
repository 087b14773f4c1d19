"""What a trained model says, and what it must not learn."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.learning.made import SUBJECTS, examples, raw_text
from sanban.intake.learning.calibrating import LEAST_SHARP
from sanban.intake.learning.cutting import normal
from sanban.intake.learning.examples import Example
from sanban.intake.learning.model import WHOLE, Model, code_of
from sanban.intake.learning.storing import encode
from sanban.intake.learning.training import train
from sanban.kernel.errors import SanbanError

ANY = st.text(
    st.sampled_from("".join(word for words in SUBJECTS.values() for word in words) + "的了。A1 "), max_size=80
)


def test_a_model_of_segmented_messages_holds_on_raw_ones(model: Model) -> None:
    said = [(matter, model.guess(raw_text(matter, number))) for matter in SUBJECTS for number in range(40, 60)]
    right = sum(guesses[0].label == matter for matter, guesses in said)
    assert right >= 57


def test_a_model_of_raw_messages_learns_too() -> None:
    learned = train(examples(cut=False))
    assert not learned.head.cuts
    (best, *_) = learned.guess("半夜施工，噪音很大")
    assert best.label == "noise"
    assert best.words
    assert all(word in "半夜施工，噪音很大" for word in best.words)


@given(ANY)
def test_guesses_are_the_same_each_time_with_confidence_in_range_and_words_of_the_text(model: Model, text: str) -> None:
    guesses = model.guess(text)
    assert guesses == model.guess(text)
    confidences = [guess.confidence for guess in guesses]
    assert confidences == sorted(confidences, reverse=True)
    assert all(0 <= confidence <= WHOLE for confidence in confidences)
    assert sum(confidences) <= WHOLE
    assert all(word in normal(text) for guess in guesses for word in guess.words)


@pytest.mark.parametrize("text", ["", "   ", "hello world", "！！！"])
def test_a_text_that_says_nothing_known_is_not_guessed(model: Model, text: str) -> None:
    assert model.guess(text) == ()


def test_only_asked_classes_are_guessed_and_none_inherits_confidence(model: Model) -> None:
    text = raw_text("noise", 3)
    alone = {guess.label: guess.confidence for guess in model.guess(text)}
    (only,) = model.guess(text, among=("water-outage",))
    assert (only.label, only.confidence) == ("water-outage", alone["water-outage"])
    assert model.guess(text, among=()) == ()


def test_the_title_speaks_too(model: Model) -> None:
    body = "小区门口请求尽快处理"
    assert model.guess(body, "停水 水压 自来水")[0].label == "water-outage"


def test_a_reasons_code_is_read_back_to_its_word_and_unknown_ones_to_nothing(model: Model) -> None:
    assert model.name_of(code_of("路灯")) == "路灯"
    assert model.name_of("w:000000000000") == ""


def test_the_same_examples_give_the_same_model() -> None:
    few = examples(15)
    assert encode(train(few)) == encode(train(few))


def test_two_classes_are_enough_and_rare_ones_are_left_out() -> None:
    two = [one for one in examples(20) if one.label != "noise"]
    learned = train([*two, Example("广场 音响 半夜 扰民 施工", "noise")])
    assert learned.labels == ("street-light", "water-outage")
    assert learned.head.left_out == {"noise": 1}
    assert learned.guess("路灯灯杆照明漆黑")[0].label == "street-light"


def of_template(matter: str, count: int = 15) -> list[Example]:
    """A wave: one text with a number in it, so that all are near to each other."""
    said = f"我们小区今天早上开始{''.join(SUBJECTS[matter])}，家里有老人和小孩，请尽快派人来处理"
    return [Example(f"{said}{number}", matter) for number in range(count)]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("waves", [("noise",), ("noise", "street-light"), tuple(SUBJECTS)])
def test_matters_whose_texts_are_all_near_to_each_other_are_learned_like_any(waves: tuple[str, ...]) -> None:
    usual = [one for one in examples(20) if one.label not in waves]
    learned = train([*usual, *(one for matter in waves for one in of_template(matter))])
    assert learned.labels == tuple(sorted(SUBJECTS))
    for matter in SUBJECTS:
        assert learned.guess("".join(SUBJECTS[matter]))[0].label == matter


def test_confidence_is_not_fitted_on_what_no_other_text_could_teach() -> None:
    usual = [one for one in examples(20) if one.label != "noise"]
    waves = [one for matter in SUBJECTS for one in of_template(matter)]
    assert train([*usual, *of_template("noise")]).head.sharpness > 1
    assert train(waves).head.sharpness == LEAST_SHARP


@pytest.mark.parametrize("kept", [{"noise"}, set()])
def test_one_class_is_too_few(kept: set[str]) -> None:
    with pytest.raises(SanbanError, match="two classes"):
        train([one for one in examples(20) if one.label in kept])


def test_what_fewer_than_three_people_said_is_not_learned() -> None:
    name = "欧阳测试"
    own = [msgspec.structs.replace(one, text=f"{one.text} {name}", person="person:same") for one in examples(20)[:10]]
    learned = train([*examples(20), *own])
    content = learned.tables["words"].places | {}  # type: ignore[union-attr]  # the view of words
    assert name not in content
    assert not any(code_of(name) == code_of(word) for word in content)
    assert learned.name_of(code_of(name)) == ""
