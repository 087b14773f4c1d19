"""Texts made fit for everybody: not by taking out what is known to be personal, but by keeping what is known not to be.

A list of what must go is never complete: names have no form, and a flat can be written in ten ways. So a clause stays
only when every one of its signs belongs to a word that may stand: a word that a public matter's file declares for
triage, a word of the short lists below, or a small count with its unit. Anything else in a clause, one character of a
name or one digit of a number, and the whole clause goes. A text of which nothing stays is not shown.

    路灯坏了三天，我是王小明，住3号楼502   ->   路灯坏了三天
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

LONGEST = 500
"""So many characters of a text are looked at, and so many at most are shown."""

_HAN = """
不亮 不 没 没有 未 无 坏 坏了 损坏 破损 故障 熄灭 全灭 闪烁 不停 很 太 非常 特别 了 的 在 有 又 还 也 都 已
已经 一直 经常 每天 晚上 夜里 夜间 白天 早上 上午 下午 傍晚 最近 今天 昨天 前天 现在 目前 多日 多天 几天
长期 附近 旁边 路边 路口 路面 路上 道路 马路 人行道 机动车道 非机动车道 车道 十字路口 红绿灯 信号灯 斑马线
标线 标志 标牌 护栏 车站 公交站 公园 广场 桥下 绿化带 垃圾 垃圾桶 垃圾箱 垃圾房 垃圾车 建筑垃圾 大件垃圾
满了 溢出 堆放 堆积 乱倒 乱扔 无人 清运 清理 清扫 打扫 污水 臭味 异味 很臭 很脏 很黑 很暗 漆黑 看不见 看不清
危险 不安全 存在 安全隐患 影响 出行 通行 行人 车辆 拥堵 堵车 堵塞 严重 希望 请 尽快 及时 维修 修理 修复 更换
处理 解决 谢谢 一个 一盏 一排 多盏 多处 几处 几盏 整条 全部 部分 需要 增加 安装 设置 时间 太短 太长 不合理
看到 发现 这里 那里 此处 该处 修 人 倾倒 满溢 倒伏 倒了 歪了 掉了 脱落
"""
_LATIN = """
a an the is are was were be been not no and or but on in at of to for by it its this that there here has have
had out off down up very too again still since all some many several light lights lamp lamps street road broken
dark flickering working work works does do day days night nights week weeks evening morning bin bins waste
rubbish garbage trash full overflowing smell smells dirty pile piles dumped collected collect traffic signal
signals crossing sign signs markings jam jammed danger dangerous unsafe please fix repair repaired replace soon
thanks thank you one two three whole corner junction pavement footpath lane lanes park square near
"""
_SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕张孔曹严金魏陶姜谢邹章苏潘葛范彭鲁韦马方任袁柳鲍史唐薛雷贺倪汤"
    "罗郝安常于傅康余顾孟黄萧尹姚邵汪毛戴宋庞熊纪舒项董梁杜阮蓝闵季贾江童颜郭梅林钟徐邱骆高夏蔡田樊胡凌霍万柯"
    "卢莫房丁邓洪包石崔龚程陆翁段侯谷车全班秋仲伊宁甘武符刘景詹龙叶黎白蒲赖乔阎文欧曾沙游肖廖巫涂"
)
SURNAME = rf"(?:欧阳|上官|司马|诸葛|夏侯|皇甫|尉迟|公孙|慕容|令狐|司徒|端木|长孙|宇文|[{_SURNAMES}])"
"""A common surname as an expression; before a title it is somebody's name."""
HAN = frozenset(_HAN.split())
LATIN = frozenset(_LATIN.split())
_COUNT = re.compile(
    r"(?:[一二两三四五六七八九十几]|[1-9])(?:个多?)?(?:天|周|星期|月|盏|个|处|次|排|晚|小时)"
    r"(?![0-9一二两三四五六七八九十室号])"
)
_CLAUSES = re.compile(r"[，。！？；、,.!?;:：\s\r\n]*[，。！？；,.!?;:：\r\n][，。！？；、,.!?;:：\s\r\n]*")
_LATIN_WORDS = re.compile(r"[a-z]+(?:[ -][a-z]+)*")


class Redactor:
    """Redacts under one set of declared words; remembers what it has read lately."""

    def __init__(self, declared: Iterable[str]) -> None:
        """`declared`: words that files of public matters name for triage."""
        words = {unicodedata.normalize("NFKC", word).casefold() for word in declared}
        han = HAN | {word for word in words if word and not _is_latin(word)}
        self._latin = LATIN | {part for word in words if _is_latin(word) for part in word.split()}
        self._by_sign: dict[str, tuple[str, ...]] = {}
        for word in sorted(han, key=lambda word: (-len(word), word)):
            self._by_sign[word[0]] = (*self._by_sign.get(word[0], ()), word)
        self.redact = lru_cache(2048)(self._redact)

    def _redact(self, text: str) -> str:
        plain = unicodedata.normalize("NFKC", text[:LONGEST])
        kept = [clause for clause in map(str.strip, _CLAUSES.split(plain)) if clause and self.may_stand(clause)]
        latin = all(_is_latin(clause) for clause in kept)
        return (", " if latin else "，").join(kept)[:LONGEST]

    def may_stand(self, clause: str) -> bool:
        """Whether every sign of a clause belongs to a word that may stand."""
        lowered = clause.casefold()
        if _LATIN_WORDS.fullmatch(lowered):
            return all(word in self._latin for word in re.split("[ -]", lowered))
        return self._covered(lowered)

    def _covered(self, clause: str) -> bool:
        """Whether the clause can be cut into known words: from every place reached, each word that fits reaches on."""
        reached = {0}
        for place in range(len(clause)):
            if place not in reached:
                continue
            reached |= {
                place + len(word) for word in self._by_sign.get(clause[place], ()) if clause.startswith(word, place)
            }
            count = _COUNT.match(clause, place)
            if count:
                reached.add(count.end())
        return len(clause) in reached


def _is_latin(word: str) -> bool:
    return bool(re.fullmatch(r"[a-zA-Z -]+", word))
