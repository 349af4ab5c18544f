"""A receipt or a bill on paper: an A6 PDF with shaped Devanagari, and the same as a picture."""

from __future__ import annotations

import io
import threading
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import fontpkg
import pypdfium2
import segno
from PIL import Image

if TYPE_CHECKING:
    from fpdf import FPDF

WIDTH, HEIGHT, MARGIN = 105, 148, 8
"""A6 in millimetres: a quarter of a sheet, and tall enough for a phone's screen."""
LINE, USUAL = 6.2, 12
"""Millimetres of a line, and how many lines fit above the foot of an A6."""
SCALE = 2
"""Pixels of the picture per point: 595 x 839, to be read on any phone, in some ten kilobytes."""
RED = (176, 0, 0)
GREYS, REDS = 11, 5

_pdfium = threading.Lock()
"""PDFium works for one thread at a time."""


@dataclass(frozen=True, slots=True)
class Words:
    """All that stands on a receipt or a bill, in one language.

    `receipt` is its number, `rows` are labels and values, `link` is in the QR: none where it is empty.
    """

    service: str
    title: str
    receipt: str
    rows: tuple[tuple[str, str], ...]
    cancelled: str | None
    check: str
    keep: str
    help: str
    link: str

    @property
    def height(self) -> float:
        """Of the sheet, in millimetres: more than A6 where it has more lines than a receipt has."""
        lines = sum(1 + len(line) // 30 for _, value in self.rows for line in value.split("\n"))
        return HEIGHT + LINE * max(0, lines - USUAL)


@lru_cache(maxsize=64)
def pdf(words: Words) -> bytes:
    """The sheet as a PDF of one page; fonts are cut down to the letters in it."""
    paper = _blank(words)
    paper.set_font_size(15)
    paper.cell(0, 8, words.service, new_x="LMARGIN", new_y="NEXT")
    paper.set_font_size(12)
    paper.cell(0, 7, words.title, new_x="LMARGIN", new_y="NEXT")
    if words.cancelled:
        _stamp(paper, words.cancelled)
    _rows(paper, words)
    _foot(paper, words)
    return bytes(paper.output())


@lru_cache(maxsize=64)
def png(words: Words) -> bytes:
    """The PDF's page as a picture, in sixteen colours so that it is small."""
    with _pdfium:
        document = pypdfium2.PdfDocument(pdf(words))
        picture = document[0].render(scale=SCALE).to_pil()
        document.close()
    out = io.BytesIO()
    picture.convert("RGB").quantize(palette=_colours(), dither=Image.Dither.NONE).save(
        out, "PNG", optimize=True
    )
    return out.getvalue()


@lru_cache(maxsize=1)
def _colours() -> Image.Image:
    """Greys for the words, reds for the stamp; a palette made from each picture may lose the red."""
    greys = [(round(255 * step / (GREYS - 1)),) * 3 for step in range(GREYS)]
    reds = [tuple(round(part + (255 - part) * step / REDS) for part in RED) for step in range(REDS)]
    palette = Image.new("P", (1, 1))
    palette.putpalette([part for colour in [*greys, *reds] for part in colour])
    return palette


def _blank(words: Words) -> FPDF:
    # Takes a quarter of the whole start: whoever draws first waits for it, and no other process.
    from fpdf import FPDF

    paper = FPDF(format=(WIDTH, words.height))
    paper.set_title(f"{words.title} {words.receipt}")
    paper.set_margin(MARGIN)
    paper.set_auto_page_break(False)
    paper.add_font("deva", fname=fontpkg.path("Noto Sans Devanagari"))
    paper.add_font("latin", fname=fontpkg.path("Noto Sans"))
    paper.add_page()
    paper.set_font("deva", size=10)
    paper.set_fallback_fonts(["latin"], exact_match=False)
    paper.set_text_shaping(True)
    return paper


def _stamp(paper: FPDF, words: str) -> None:
    """Say across the whole width that it does not count."""
    paper.set_text_color(*RED)
    paper.set_draw_color(*RED)
    paper.set_font_size(11)
    paper.multi_cell(0, 7, words, border=1, align="C", new_x="LMARGIN", new_y="NEXT")
    paper.set_text_color(0)
    paper.set_draw_color(0)


def _rows(paper: FPDF, words: Words) -> None:
    paper.ln(1)
    paper.line(MARGIN, paper.get_y(), WIDTH - MARGIN, paper.get_y())
    paper.ln(1)
    paper.set_font_size(10)
    for label, value in words.rows:
        paper.cell(36, LINE, label)
        paper.multi_cell(0, LINE, value, align="L", new_x="LMARGIN", new_y="NEXT")
    paper.ln(1)
    paper.line(MARGIN, paper.get_y(), WIDTH - MARGIN, paper.get_y())


def _foot(paper: FPDF, words: Words) -> None:
    """The QR with its link on the left, what to do beside it."""
    side = 34
    top, left = words.height - MARGIN - side, MARGIN
    if words.link:
        _qr(paper, words.link, MARGIN, top, side)
        left += side + 3
    paper.set_font_size(8.5)
    paper.set_xy(left, top + 1)
    for line in filter(None, (words.check, words.keep, words.help)):
        paper.set_x(left)
        paper.multi_cell(0, 4.6, line, align="L", new_x="LMARGIN", new_y="NEXT")
        paper.ln(1)


def _qr(paper: FPDF, link: str, left: float, top: float, side: float) -> None:
    """Drawn as squares: sharp at any size, and smaller than a picture."""
    rows = [list(row) for row in segno.make(link, error="m", micro=False).matrix]
    size = side / len(rows)
    paper.set_fill_color(0)
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            if dark:
                paper.rect(left + x * size, top + y * size, size, size, style="F")
