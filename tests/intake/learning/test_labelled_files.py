"""Labelled files: columns guessed or told, rows that teach nothing left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from sanban.intake.learning.examples import Example, by_matter, read_labelled, read_names, texts_of
from sanban.kernel.errors import SanbanError
from sanban.kernel.mechanism import Title


def written(folder: Path, text: str) -> Path:
    path = folder / "labelled.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_columns_are_guessed_by_their_names(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        '留言编号,留言用户,留言主题,留言时间,留言详情,一级分类\n1,U1,路灯,2020/1/1 8:00,"\n\t\t路灯不亮\n\t",城建\n',
    )
    found = read_labelled(path)
    assert found.examples == (Example("路灯不亮", "城建", "路灯", "U1"),)
    assert found.columns == {"text": "留言详情", "title": "留言主题", "requester": "留言用户", "label": "一级分类"}


def test_segmented_texts_keep_the_wide_space_between_title_and_text(tmp_path: Path) -> None:
    path = written(tmp_path, "seg_text,label\n小区 路灯 　 　 不亮 很久,城建\n")
    assert read_labelled(path).examples[0].text == "小区 路灯 　 　 不亮 很久"


def test_columns_may_be_told(tmp_path: Path) -> None:
    path = written(tmp_path, "a,b,c\n路灯不亮,x,城建\n")
    assert read_labelled(path, text="a", label="c", title="b").examples == (Example("路灯不亮", "城建", "x"),)


def test_rows_without_text_or_label_are_left_out_and_counted(tmp_path: Path) -> None:
    path = written(tmp_path, "text,label\n路灯不亮,城建\n,城建\n停水,\n一,二,三\n")
    found = read_labelled(path)
    assert (len(found.examples), found.left_out) == (1, 3)


@pytest.mark.parametrize(("label", "told"), [("", "column of labels|of labels"), ("类", "类")])
def test_a_file_without_a_label_is_refused_with_its_columns(tmp_path: Path, label: str, told: str) -> None:
    path = written(tmp_path, "text,other\n路灯不亮,x\n")
    with pytest.raises(SanbanError, match=f"({told}).*text, other"):
        read_labelled(path, label=label)


def test_a_label_is_a_matters_code_its_title_in_either_language_or_what_a_file_says_it_is(tmp_path: Path) -> None:
    names = read_names(written(tmp_path, "label,matter\n噪声扰民,noise\n坏行\n,waste\n"))
    assert names == {"噪声扰民": "noise"}
    matters = {"noise": Title("噪音", "Noise"), "street-light": Title("路灯照明", "Street lights")}
    said = ["noise", "噪音", "street LIGHTS", "噪声扰民", "别的"]
    labels = [one.label for one in by_matter([Example("文", one) for one in said], matters, names)]
    assert labels == ["noise", "noise", "street-light", "noise", "别的"]


def test_a_file_of_labels_with_one_column_is_refused_with_what_would_be_right(tmp_path: Path) -> None:
    with pytest.raises(SanbanError, match="one column") as found:
        read_names(written(tmp_path, "label\n噪声扰民\n"))
    assert "noise" in (found.value.example or "")


def test_title_and_text_are_looked_at_together() -> None:
    assert texts_of([Example("b", "x", "a"), Example("c", "x")]) == ["a\nb", "c"]
