"""A receipt in the browser, on paper and as a picture; what is seen by eye is seen in chromium as well."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import fontpkg
import pypdfium2
import pytest
from PIL import Image, ImageChops
from werkzeug.test import TestResponse

from channels.web import paper
from channels.web.receipts import COLUMNS, columns, printer_text, words_of
from core.receipts import Proof, page_url
from core.settings import LANGUAGES
from tests.play import Play

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
LONGEST = Proof(
    1,
    "9992600001",
    "00042",
    1_99_999_50,
    "link",
    datetime(2026, 11, 21, 7, 0, tzinfo=UTC),
    True,
    "1204573",
    "Bhuvaneshwari Kumari Devi Prasad",
    "भुवनेश्वरी कुमारी देवी प्रसाद",
    "Bhuvaneshwari Kumari Dev",
    "क्षेत्रीय ग्राम कृष्णपुर उत्तर",
    "Ramesh Kumar Chandravanshi",
    "रमेश कुमार चन्द्रवंशी",
    "deposit",
)


@pytest.fixture
def link(play: Play) -> str:
    """The path of a paid receipt's page."""
    play.text("+919800000002", "PAY 120457 300")
    return page_url(play.settings, 1).removeprefix(play.settings.public_url)


def get(play: Play, path: str, **headers: str) -> TestResponse:
    return play.client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_small_plain_and_names_what_was_paid(play: Play, link: str, language: str) -> None:
    answer = get(play, f"{link}?l={language}")
    assert answer.status_code == 200
    assert len(answer.data) < 10_000
    assert f'lang="{language}"' in answer.text
    assert "<script" not in answer.text
    assert "http" not in answer.text, "nothing is fetched from elsewhere"
    assert "300" in answer.text
    assert "120457" in answer.text
    assert ("आशा देवी" in answer.text) is (language == "hi")
    assert ("प्लांट" in answer.text) is (language == "hi")
    code = str(play.scalar("SELECT code FROM receipt"))
    assert f"VERIFY {play.scalar('SELECT number FROM receipt')} {code}" in answer.text


def test_the_address_names_nobody(play: Play, link: str) -> None:
    for told in ("120457", "9800000001", "Asha", str(play.scalar("SELECT number FROM receipt"))):
        assert told not in link


def test_what_may_be_kept_is_kept_and_asked_for_again(play: Play, link: str) -> None:
    first = get(play, link)
    assert first.headers["Cache-Control"] == "private, max-age=300"
    assert first.headers["Referrer-Policy"] == "no-referrer"
    assert first.headers["Content-Security-Policy"].startswith("default-src 'none'")
    mark = first.headers["ETag"]
    assert get(play, link, If_None_Match=mark).status_code == 304
    assert get(play, f"{link}?l=hi", If_None_Match=mark).status_code == 200
    play.text("+919800000002", "UNDO")
    cancelled = get(play, f"{link}?l=en", If_None_Match=mark)
    assert cancelled.status_code == 200
    assert "CANCELLED" in cancelled.text


def test_a_cancelled_receipt_is_marked_everywhere(play: Play, link: str) -> None:
    plain = get(play, f"{link}.png?l=hi").data
    play.text("+919800000002", "UNDO")
    assert "रद्द" in get(play, f"{link}?l=hi").text
    assert "रद्द" in get(play, f"{link}.txt?l=hi").text
    stamped = get(play, f"{link}.png?l=hi").data
    assert stamped != plain
    assert _reds(stamped) > 500 > _reds(plain)


def _reds(png: bytes) -> int:
    red, green, _ = Image.open(io.BytesIO(png)).convert("RGB").split()
    return sum(ImageChops.subtract(red, green).histogram()[60:])


def _darkest(picture: Image.Image) -> int:
    return next(grey for grey, count in enumerate(picture.histogram()) if count)


@pytest.mark.parametrize("ending", ["", ".pdf", ".png", ".txt"])
@pytest.mark.parametrize("token", ["x", "MQ", "MQ.aaaaaa.AAAAAAAAAAAAAAAAAAAAAAAAAAA", "%00", "ह"])
def test_a_wrong_link_is_404_in_every_language(play: Play, token: str, ending: str) -> None:
    answer = get(play, f"/r/{token}{ending}")
    assert answer.status_code == 404
    assert "RECEIPT" in answer.text
    assert "रसीद" in answer.text


def test_a_link_to_a_receipt_that_never_was_is_404(play: Play) -> None:
    assert get(play, page_url(play.settings, 99).removeprefix(play.settings.public_url)).status_code == 404


def test_pdf_and_picture_are_what_they_say(play: Play, link: str) -> None:
    made = get(play, f"{link}.pdf?l=hi")
    assert made.mimetype == "application/pdf"
    assert len(made.data) < 40_000
    document = pypdfium2.PdfDocument(made.data)
    assert len(document) == 1
    document.close()
    picture = get(play, f"{link}.png?l=hi")
    assert picture.mimetype == "image/png"
    assert len(picture.data) < 30_000
    assert Image.open(io.BytesIO(picture.data)).size == (596, 840)


def test_the_longest_receipt_stays_on_its_paper(play: Play) -> None:
    """The rows end above the QR, in every language."""
    for language in LANGUAGES:
        words = words_of(LONGEST, play.settings, language, "https://bijli.example.in/r/" + "x" * 50)
        picture = Image.open(io.BytesIO(paper.png(words))).convert("L")
        assert _darkest(picture.crop((0, 0, 40, 840))) > 200, "nothing beyond the left margin"
        assert _darkest(picture.crop((560, 0, 596, 840))) > 200
        gap = picture.crop((46, 588, 550, 599))
        assert _darkest(gap) > 200, f"{language}: the rows run into the QR"


def test_letters_are_joined_as_hindi_joins_them() -> None:
    """क + ् + ष is one sign: shaped, it takes fewer glyphs than letters, and is narrower than its parts."""
    sheet = paper._blank(paper.Words("s", "t", "1", (), None, "", "", "", ""))
    for joined, parts in (("क्ष", "क ष"), ("त्र", "त र"), ("कृ", "क ऋ"), ("क्षेत्र", "क षे त र")):
        assert sheet.get_string_width(joined) < sheet.get_string_width(parts.replace(" ", "")), joined
    sheet.output()  # which closes its fonts


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_printers_lines_are_32_wide(play: Play, language: str) -> None:
    words = words_of(LONGEST, play.settings, language, "")
    lines = printer_text(words).splitlines()
    assert max(columns(line) for line in lines) <= COLUMNS
    assert any("00042" in line for line in lines)
    assert any("***" in line for line in lines)


@pytest.mark.skipif(CHROMIUM is None, reason="left out: no chromium here to look at the page with")
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_fits_240_pixels_in_chromium(play: Play, link: str, language: str, tmp_path: Path) -> None:
    """In a frame of 240 pixels, because chromium's own window is never so narrow."""
    assert CHROMIUM is not None
    frame = tmp_path / "frame.html"
    shown = tmp_path / "page.html"
    shown.write_bytes(get(play, f"{link}?l={language}").data)
    frame.write_text(
        f'<iframe id=f src="{shown.name}" width=240 height=760 scrolling=no></iframe><p id=told></p>'
        "<script>f.onload=()=>{const e=f.contentDocument.documentElement;"
        "told.textContent='wide '+e.scrollWidth+' of '+e.clientWidth}</script>"
    )
    dom = _chromium(tmp_path, "--allow-file-access-from-files", "--dump-dom", frame.as_uri())
    told = re.search(r"wide (\d+) of (\d+)", dom)
    assert told is not None, dom
    assert int(told[1]) <= int(told[2]) <= 240
    picture = os.environ.get("RECEIPT_PICTURES")
    if picture:
        _chromium(
            tmp_path,
            "--allow-file-access-from-files",
            f"--screenshot={picture}/page-{language}.png",
            "--window-size=260,780",
            frame.as_uri(),
        )


def _chromium(folder: Path, *more: str) -> str:
    assert CHROMIUM is not None
    # Phones bring a font for their own language; this machine may have none but ours.
    if not (folder / "fonts").exists():
        (folder / "fonts").symlink_to(fontpkg.path("Noto Sans Devanagari").parent)
    flags = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/profile"]
    run = subprocess.run(
        [CHROMIUM, *flags, *more],
        capture_output=True,
        timeout=180,
        check=True,
        encoding="utf-8",
        env={**os.environ, "XDG_DATA_HOME": str(folder)},
    )
    return run.stdout
