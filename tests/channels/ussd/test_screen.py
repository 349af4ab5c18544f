"""Words cut to the screen: nothing is lost, everything fits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.ussd import screen
from conversations.prompts import Menu, Option
from core.gsm import fits_screen
from core.text import say

MORE, BACK = "98 More", "0 Back"
LETTERS = st.text(st.sampled_from("abc de€^रामकी 😀"), min_size=1, max_size=120).map(str.strip).filter(bool)


@given(st.lists(LETTERS, min_size=1, max_size=40), st.booleans())
def test_every_line_is_kept_in_order_and_every_page_fits(lines: list[str], deep: bool) -> None:
    back = BACK if deep else None
    pages = screen.paginate(lines, MORE, back)
    assert all(fits_screen("CON " + page) for page in pages)
    shown: list[str] = []
    for number, page in enumerate(pages, 1):
        rows = page.split("\n")
        if deep:
            assert rows.pop() == BACK
        if number < len(pages):
            assert rows.pop() == MORE
        assert rows
        shown += rows
    # A line that no page could hold is cut at a blank, which is then the page's end.
    assert "".join("".join(shown).split()) == "".join("".join(lines).split())


@given(st.lists(st.text("abcdefgh ", min_size=1, max_size=30).filter(str.strip), min_size=1, max_size=30))
def test_lines_that_fit_are_never_cut(lines: list[str]) -> None:
    pages = screen.paginate(lines, MORE, BACK)
    shown = [row for page in pages for row in page.split("\n") if row not in (MORE, BACK)]
    assert shown == lines


def test_what_fits_is_one_page_without_keys_it_does_not_need() -> None:
    assert screen.paginate(["one", "two"], MORE, None) == ["one\ntwo"]
    assert screen.paginate(["one", "two"], MORE, BACK) == ["one\ntwo\n0 Back"]


def test_exactly_full_screens() -> None:
    assert screen.paginate(["a" * 156], MORE, None) == ["a" * 156]
    assert len(screen.paginate(["a" * 157], MORE, None)) == 2
    assert screen.paginate(["न" * 66], MORE, None) == ["न" * 66]
    assert len(screen.paginate(["न" * 67], MORE, None)) == 2


def test_a_long_word_is_cut_where_it_must() -> None:
    pages = screen.paginate(["a" * 400], MORE, BACK)
    assert [len(page.split("\n")[0]) for page in pages] == [141, 141, 118]


@pytest.mark.parametrize("deep", [True, False])
def test_a_menu_is_numbered_through_its_pages(deep: bool) -> None:
    menu = Menu(
        say("menu.which_line"), tuple(Option(str(n), say("nav.lines", lines="x" * 20)) for n in range(12))
    )
    pages = screen.pages_of_prompt(menu, None, "en", deep)
    numbers = [row.split()[0] for page in pages for row in page.split("\n") if row.endswith("x")]
    assert numbers == [str(n) for n in range(1, 13)]
