"""A photo of a meter, drawn: so that anybody can send one without owning a meter."""

from __future__ import annotations

import io

import fontpkg
from PIL import Image, ImageDraw, ImageFilter, ImageFont

DIGITS = 6
WIDTH, HEIGHT = 800, 600
WALL, SHADE, BOX, EDGE, PLATE, INK = "#c2ae94", "#6f6352", "#e9e6dc", "#8d8a80", "#f7f5ee", "#2b2b2b"
DRUM, FIGURE = "#1b1b1b", "#f4f4f4"


def draw_meter(shows: str) -> bytes:
    """A JPEG of some 30 KB, of a meter that shows this figure in kWh."""
    size = (WIDTH, HEIGHT)
    shade = Image.radial_gradient("L").resize(size).point(lambda level: level // 2)
    photo = Image.composite(Image.new("RGB", size, SHADE), Image.new("RGB", size, WALL), shade)
    pen = ImageDraw.Draw(photo)
    pen.rounded_rectangle((150, 60, 650, 560), 36, fill=BOX, outline=EDGE, width=6)
    pen.rounded_rectangle((190, 110, 610, 330), 18, fill=PLATE, outline=EDGE, width=3)
    _counter(pen, shows.zfill(DIGITS))
    pen.text((400, 300), "kWh", INK, _font(30), anchor="mm")
    pen.text((400, 385), "SINGLE PHASE METER", INK, _font(28), anchor="mm")
    pen.text((400, 432), "230 V   5-30 A   50 Hz   3200 imp/kWh", INK, _font(19), anchor="mm")
    pen.ellipse((236, 470, 256, 490), fill="#d0281b", outline=EDGE)
    for left in (330, 430, 530):
        pen.rounded_rectangle((left, 500, left + 50, 545), 6, fill=EDGE)
    out = io.BytesIO()
    photo.filter(ImageFilter.GaussianBlur(0.6)).rotate(1.5, Image.Resampling.BILINEAR, fillcolor=SHADE).save(
        out, "JPEG", quality=70
    )
    return out.getvalue()


def _counter(pen: ImageDraw.ImageDraw, figures: str) -> None:
    """Drums side by side, as the older meters have them."""
    side, gap = 58, 6
    left = 400 - (len(figures) * (side + gap) - gap) // 2
    for figure in figures:
        pen.rounded_rectangle((left, 150, left + side, 250), 6, fill=DRUM)
        pen.text((left + side // 2, 198), figure, FIGURE, _font(62), anchor="mm")
        left += side + gap


def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(fontpkg.path("Noto Sans"), size)
