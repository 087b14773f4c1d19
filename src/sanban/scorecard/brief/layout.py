"""The measures of an official document, shared by Word and PDF. Source: GB/T 9704-2012, 5.2, 7.3 and 7.5.

A4 with 37 mm above and 28 mm at the binding side of a text of 156 by 225 mm; 22 lines of 28 characters in size 3
(16 points) of FangSong; the title in size 2 (22 points) of XiaoBiaoSong; page numbers in size 4 (14 points).
Each face names, after the one that the standard asks for, those that may stand in for it, the first that is there.
"""

from __future__ import annotations

from math import floor

PAGE_MM = (210, 297)
TEXT_MM = (156, 225)
TOP_MM, LEFT_MM = 37, 28
LINES, CHARACTERS = 22, 28
BODY_PT, TITLE_PT, NUMBER_PT, TABLE_PT = 16.0, 22.0, 14.0, 12.0
LINE_PT = TEXT_MM[1] / LINES * 72 / 25.4
"""From one line to the next."""
SPACING_TWENTIETHS = floor((TEXT_MM[0] * 72 / 25.4 / CHARACTERS - BODY_PT) * 20)
"""What is added to a Chinese character so that a line holds as many as it should, in twentieths of a point."""

BODY = ("仿宋_GB2312", "仿宋", "FangSong", "STFangsong", "Noto Serif CJK SC")
TITLE = ("方正小标宋_GBK", "方正小标宋简体", "小标宋", "Noto Serif CJK SC")
HEADING = ("黑体", "SimHei", "STHeiti", "Noto Sans CJK SC")
NUMBER = ("宋体", "SimSun", "STSong", "Noto Serif CJK SC")
