"""What a text costs, case by case."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import gsm


@pytest.mark.parametrize(
    ("text", "septets"),
    [
        ("", 0),
        ("Rs 300", 6),
        ("a\nb", 3),
        ("@£$¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ", 28),
        ("^{}\\[~]|€", 18),
        ("50% {x}", 9),
    ],
)
def test_septets(text: str, septets: int) -> None:
    assert gsm.is_gsm(text)
    assert gsm.septets(text) == septets


@pytest.mark.parametrize("character", ["₹", "’", "–", "…", "`", "\t", "\u00a0", "ç", "न", "😀", "\u200d"])
def test_outside_the_alphabet(character: str) -> None:
    assert not gsm.is_gsm(f"Rs 300 {character}")


@pytest.mark.parametrize(("text", "units"), [("नमस्ते", 6), ("क्षेत्र", 7), ("😀", 2), ("Rs", 2)])
def test_units(text: str, units: int) -> None:
    assert gsm.units(text) == units


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("a" * 158 + "€", 1),
        ("a" * 159 + "€", 2),
        # The escape and its character stay together: the first part closes with 152 septets.
        ("a" * 152 + "€" + "a" * 151, 2),
        ("a" * 152 + "€" + "a" * 152, 3),
        ("न" * 70, 1),
        ("न" * 71, 2),
        ("न" * 134, 2),
        ("न" * 135, 3),
        ("😀" * 35, 1),
        # A surrogate pair stays together as well: 33 pairs a part, one unit is left over.
        ("😀" * 36, 2),
        ("😀" * 66, 2),
        ("😀" * 67, 3),
    ],
)
def test_parts(text: str, parts: int) -> None:
    assert gsm.parts(text) == parts


@pytest.mark.parametrize(
    ("text", "fits"),
    [("a" * 160, True), ("a" * 161, False), ("a" * 158 + "€", True), ("a" * 159 + "€", False),
     ("न" * 70, True), ("न" * 71, False), ("a" * 71 + "₹", False)],
)  # fmt: skip
def test_fits_screen(text: str, fits: bool) -> None:
    assert gsm.fits_screen(text) is fits


@given(st.text(max_size=400))
def test_more_text_never_costs_less(text: str) -> None:
    text = text.encode("utf-16", "replace").decode("utf-16")
    assert gsm.parts(text) <= gsm.parts(text + "a")
    assert gsm.septets(text) <= 2 * len(text)


@given(st.text(st.sampled_from("a€नख😀 "), max_size=400))
def test_pieces_are_the_words_of_the_parts(text: str) -> None:
    pieces = gsm.pieces(text)
    assert "".join(pieces) == text
    assert len(pieces) == gsm.parts(text)
    assert all(gsm.parts(piece) == 1 for piece in pieces)
