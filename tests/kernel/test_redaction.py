"""Redaction by what may stand: nothing that is not on a list ever comes through."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sanban.kernel.redaction import HAN, LATIN, LONGEST, Redactor

DECLARED = ("路灯", "街灯", "灯不亮", "street light", "垃圾")
REDACTOR = Redactor(DECLARED)

SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
    "苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史"
    "顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
GIVEN = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂兰建华志国玉梅红斌宇浩凯鑫琳"
NAMES = st.builds("".join, st.tuples(st.sampled_from(SURNAMES), st.text(GIVEN, min_size=1, max_size=2)))
PHONES = st.from_regex(r"(\+86[ -]?)?1[3-9][0-9]([ -]?[0-9]{4}){2}", fullmatch=True)
IDS = st.from_regex(r"[1-9][0-9]{5}(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9])[0-9]{3}[0-9X]", fullmatch=True)
PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
PLATES = st.from_regex(rf"[{PROVINCES}][A-HJ-Z][·]?[A-HJ-NP-Z0-9]{{5,6}}", fullmatch=True)
FLATS = st.from_regex(r"[1-9][0-9]{0,2}(弄|号|号楼|栋|幢)[1-9][0-9]{0,3}(号|室|单元|户)", fullmatch=True)
HAN_FLATS = st.from_regex(r"[一二三四五六七八九]{1,3}(弄|号楼|栋|幢)[一二三四五六七八九]{1,4}(号|室)", fullmatch=True)
MAILS = st.from_regex(r"[a-z]{3,8}[0-9]{0,4}@[a-z]{3,8}\.com", fullmatch=True)
PERSONAL = st.one_of(NAMES, PHONES, IDS, PLATES, FLATS, HAN_FLATS, MAILS)
COUNTS = "一二两三四五六七八九十几个多天周星期月盏处次排晚小时123456789"
WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
HARMLESS = st.lists(st.sampled_from(sorted(HAN | set(DECLARED[:3]))), min_size=1, max_size=4).map("".join)


@given(HARMLESS, PERSONAL, HARMLESS, st.booleans())
def test_nothing_personal_comes_through_wherever_it_stands(before, personal, after, wide) -> None:
    told = personal.translate(WIDE) if wide else personal
    for text in (told, f"{before}{told}{after}", f"{before}，{told}，{after}", f"{before} {told}", f"{told}。{after}"):
        shown = REDACTOR.redact(text)
        assert personal not in shown
        assert told not in shown
        assert not set("0123456789") & set(shown) - set("123456789")


@given(st.text(max_size=80))
@example("路灯坏了三天，我是王小明，住3号楼502")
def test_what_is_shown_is_made_of_words_that_may_stand_and_nothing_else(text: str) -> None:
    shown = REDACTOR.redact(text)
    assert len(shown) <= LONGEST
    clauses = [one for part in shown.split("，") for one in part.split(", ") if one]
    assert all(REDACTOR.may_stand(clause) for clause in clauses)
    assert REDACTOR.redact(shown) == shown


@given(st.text(st.characters(categories=["Lo", "Nd", "Lu", "Ll"]), min_size=1, max_size=6))
def test_one_sign_that_no_word_has_takes_its_clause_along(stranger: str) -> None:
    known = set("".join(HAN)) | set("".join(DECLARED)) | set("".join(LATIN)) | set(COUNTS)
    if not set(stranger.casefold()) & known:
        assert REDACTOR.redact(f"路灯{stranger}不亮") == ""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("路灯坏了三天，我是王小明，住3号楼502", "路灯坏了三天"),
        ("路灯不亮。请尽快维修，谢谢！", "路灯不亮，请尽快维修，谢谢"),
        ("路口红绿灯故障；影响通行", "路口红绿灯故障，影响通行"),
        ("2盏路灯不亮", "2盏路灯不亮"),
        ("12盏路灯不亮", ""),
        ("The street light is broken, call Ann on 555-1234", "The street light is broken"),
        ("三室", ""),
        ("一二三四五六七八九", ""),
        ("=HYPERLINK(1)", ""),
        ("<b>路灯</b>", ""),
        ("", ""),
    ],
)
def test_a_text_is_shown_as_far_as_it_is_harmless(text, shown) -> None:
    assert REDACTOR.redact(text) == shown


def test_only_so_much_of_a_text_is_read() -> None:
    assert len(REDACTOR.redact("路灯不亮，" * 10_000)) <= LONGEST
