"""A brief as a Word file; its times are the cut-off's, so that the same brief gives the same bytes.

python-docx is an extra of the installation. The page, its grid of lines and characters, and the faces follow `layout`;
Word falls back from a face that it has not to the `altName`s of the font table.
"""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from importlib import import_module
from typing import Any
from xml.sax.saxutils import quoteattr

from sanban.kernel.errors import SanbanError
from sanban.kernel.view import Language
from sanban.scorecard.brief import layout
from sanban.scorecard.brief.document import Document, Section, Table
from sanban.scorecard.brief.typesetting import EXTRA, numbers

SHORT = 12
"""A table of so many rows stays on one page."""

_FONTS = "word/fontTable.xml"
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def docx(document: Document, language: Language, day: dt.date) -> bytes:
    """The document as a Word file, of a day. Raises SanbanError where python-docx is missing."""
    try:
        made = _Word(import_module("docx"), import_module("docx.oxml"), import_module("docx.shared"))
    except ModuleNotFoundError as error:
        raise SanbanError("a brief as a Word file is written by python-docx, which is not installed", EXTRA) from error
    return _settled(made.written(document, language, day), day)


class _Word:
    """Writes one document with the library's parts."""

    def __init__(self, library: Any, oxml: Any, shared: Any) -> None:
        self._oxml, self._shared = oxml, shared
        self._file = library.Document()
        self._page()

    def written(self, document: Document, language: Language, day: dt.date) -> bytes:
        """The whole file."""
        self._normal(language)
        about = self._file.core_properties
        about.title, about.author, about.last_modified_by = document.title, document.issuer, document.issuer
        about.created = about.modified = dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC)
        self._line(document.title, layout.TITLE[0], layout.TITLE_PT, "center", bold=True)
        self._line(document.of, layout.BODY[0], layout.BODY_PT, "center")
        for number, section in zip(numbers(language, len(document.sections)), document.sections, strict=True):
            self._section(number, section)
        for text in document.signed:
            self._line(text, layout.BODY[0], layout.BODY_PT, "right")
        content = io.BytesIO()
        self._file.save(content)
        return content.getvalue()

    def _page(self) -> None:
        section, mm = self._file.sections[0], self._shared.Mm
        section.page_width, section.page_height = (mm(side) for side in layout.PAGE_MM)
        section.top_margin, section.left_margin = mm(layout.TOP_MM), mm(layout.LEFT_MM)
        section.bottom_margin = mm(layout.PAGE_MM[1] - layout.TOP_MM - layout.TEXT_MM[1])
        section.right_margin = mm(layout.PAGE_MM[0] - layout.LEFT_MM - layout.TEXT_MM[0])
        section.footer_distance = mm(layout.PAGE_MM[1] - layout.TOP_MM - layout.TEXT_MM[1] - 12)
        grid = {"type": "lines", "linePitch": round(layout.LINE_PT * 20)}
        properties = self._file.element.body.sectPr
        for theirs in properties.findall(f"{{{_W}}}docGrid"):
            properties.remove(theirs)
        properties.append(self._element("docGrid", grid))
        self._file.settings.odd_and_even_pages_header_footer = True
        for footer, side in ((section.footer, "right"), (section.even_page_footer, "left")):
            paragraph = footer.paragraphs[0]
            paragraph.alignment = _SIDES[side]
            _, number, after = (
                self._run(paragraph, text, layout.NUMBER[0], layout.NUMBER_PT) for text in ("— ", "1", " —")
            )
            field = self._element("fldSimple", {"instr": "PAGE"})
            after.element.addprevious(field)
            field.append(number.element)

    def _normal(self, language: Language) -> None:
        style = self._file.styles["Normal"]
        style.font.size = self._shared.Pt(layout.BODY_PT)
        style.font.name = "Times New Roman"
        style.element.get_or_add_rPr().get_or_add_rFonts().set(f"{{{_W}}}eastAsia", layout.BODY[0])
        style.paragraph_format.line_spacing = self._shared.Pt(layout.LINE_PT)
        style.paragraph_format.space_after = self._shared.Pt(0)
        if (
            language == "zh"
        ):  # a character's own spacing: a grid narrower than its characters gives some readers two cells each
            size = style.element.rPr.find(f"{{{_W}}}sz")
            size.addprevious(self._element("spacing", {"val": layout.SPACING_TWENTIETHS}))

    def _section(self, number: str, section: Section) -> None:
        heading = self._line(number + section.heading, layout.HEADING[0], layout.BODY_PT, indent=True)
        heading.paragraph_format.keep_with_next = True
        for text in section.paragraphs:
            self._line(text, layout.BODY[0], layout.BODY_PT, indent=True)
        if section.table is not None:
            self._table(section.table)

    def _table(self, table: Table) -> None:
        made = self._file.add_table(rows=0, cols=len(table.head))
        made.style = "Table Grid"
        made.autofit = False
        for column, width in zip(made.columns, _widths(len(table.head)), strict=True):
            column.width = self._shared.Mm(width)
        whole = len(table.rows) <= SHORT
        for place, row in enumerate((table.head, *table.rows)):
            added = made.add_row()
            line = self._file.element.body.tbl_lst[-1].tr_lst[-1]
            line.get_or_add_trPr().append(self._element("cantSplit" if place else "tblHeader", {}))
            for column, (cell, text) in enumerate(zip(added.cells, row, strict=True)):
                paragraph = cell.paragraphs[0]
                paragraph.paragraph_format.keep_with_next = place == 0 or (whole and place < len(table.rows))
                self._cell(paragraph, text, first=column == 0, head=place == 0)
        self._file.add_paragraph().paragraph_format.line_spacing = self._shared.Pt(layout.LINE_PT / 2)

    def _cell(self, paragraph: Any, text: str, *, first: bool, head: bool) -> None:
        paragraph.paragraph_format.line_spacing = self._shared.Pt(layout.TABLE_PT * 1.4)
        paragraph.alignment = _SIDES["left" if first else "right"]
        (spacing,) = paragraph.paragraph_format.element.pPr.xpath("w:spacing")
        spacing.addprevious(self._element("snapToGrid", {"val": 0}))
        self._run(paragraph, text, (layout.HEADING if head else layout.BODY)[0], layout.TABLE_PT)

    def _line(
        self, text: str, face: str, size: float, side: str = "", *, bold: bool = False, indent: bool = False
    ) -> Any:
        paragraph = self._file.add_paragraph()
        if side:
            paragraph.alignment = _SIDES[side]
        if indent:
            paragraph.paragraph_format.first_line_indent = self._shared.Pt(2 * layout.BODY_PT)
        self._run(paragraph, text, face, size).bold = bold or None
        return paragraph

    def _run(self, paragraph: Any, text: str, face: str, size: float) -> Any:
        run = paragraph.add_run(text)
        run.font.size = self._shared.Pt(size)
        run.element.get_or_add_rPr().get_or_add_rFonts().set(f"{{{_W}}}eastAsia", face)
        return run

    def _element(self, name: str, values: dict[str, Any]) -> Any:
        given = "".join(f" w:{key}={quoteattr(str(value))}" for key, value in values.items())
        return self._oxml.parse_xml(f'<w:{name} xmlns:w="{_W}"{given}/>')


_SIDES = {"left": 0, "center": 1, "right": 2}
"""Word's own numbers for where a paragraph stands."""


def _widths(columns: int) -> tuple[float, ...]:
    """Millimetres of a table's columns: names take two shares of the line, figures one each."""
    share = layout.TEXT_MM[0] / (columns + 1)
    return (2 * share, *(share for _ in range(columns - 1)))


def _settled(content: bytes, day: dt.date) -> bytes:
    """The same file with one time on every part of it, and the faces that may stand in for others."""
    given, made = zipfile.ZipFile(io.BytesIO(content)), io.BytesIO()
    with given, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as out:
        for entry in given.infolist():
            body = _fonts() if entry.filename == _FONTS else given.read(entry)
            kept = zipfile.ZipInfo(entry.filename, (day.year, day.month, day.day, 0, 0, 0))
            kept.compress_type = zipfile.ZIP_DEFLATED
            out.writestr(kept, body)
    return made.getvalue()


def _fonts() -> bytes:
    faces = "".join(
        f"<w:font w:name={quoteattr(face[0])}><w:altName w:val={quoteattr(','.join(face[1:]))}/></w:font>"
        for face in (layout.BODY, layout.TITLE, layout.HEADING, layout.NUMBER)
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<w:fonts xmlns:w="{_W}">{faces}</w:fonts>'.encode()
