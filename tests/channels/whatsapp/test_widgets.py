"""Widgets: captions that are cut with care, ids that belong to one question, limits of WhatsApp."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.whatsapp.widgets import (
    MOST_OF_ROW,
    Tap,
    captions,
    cut,
    read_tap,
    widgets_of,
)
from channels.written import WHATSAPP
from conversations.prompts import Ask, Confirm, Menu, Option, Prompt, fingerprint
from core.fold import keyword
from core.text import say
from core.widget import Widget

TALK = "twilio:SM1"


def menu(*labels: str) -> Menu:
    """Choices with these labels."""
    options = (Option(str(n), say("menu.line", number=label, name="")) for n, label in enumerate(labels))
    return Menu(say("menu.which_line"), tuple(options))


def shown(prompt: Prompt) -> tuple[list[str], list[Widget]]:
    """The pages as text, and as what can be tapped."""
    pages = WHATSAPP.pages_of_prompt(prompt, None, "en", True)
    return pages, widgets_of(prompt, None, "en", TALK, len(pages))


@pytest.mark.parametrize(
    ("labels", "types"),
    [
        (["a", "b", "c"], ["buttons"]),
        (["a", "b", "c", "d"], ["list"]),
        (["a", "this one is longer than 20"], ["list"]),
        ([f"choice {n}" for n in range(10)], ["list"]),
        ([f"choice {n}" for n in range(11)], ["list", "buttons"]),
        ([f"choice {n}" for n in range(19)], ["list", "list"]),
        ([f"choice {n}" for n in range(20)], ["list", "list", "buttons"]),
        (["x" * 73, "y"], []),
        (["same", "same"], ["list"]),
    ],
)
def test_what_kind_of_widget(labels: list[str], types: list[str]) -> None:
    pages, widgets = shown(menu(*labels))
    assert [widget.type for widget in widgets] == types
    assert len(pages) == max(1, len(types))
    if types:
        ids = [choice.id for widget in widgets for choice in widget.options]
        assert len(set(ids)) == len(ids) == len(labels) + len(types) - 1


def test_a_question_for_words_has_nothing_to_tap() -> None:
    assert shown(Ask(say("fault.note"), str))[1] == []


def test_too_much_above_a_list_stays_text() -> None:
    prompt = Menu(say("menu.line", number="x" * 900, name="y" * 200), menu("a", "b").options)
    assert shown(prompt)[1] == []


def test_what_is_cut_stands_in_full_in_its_description() -> None:
    [widget] = shown(menu("120457 Asha Devi of the lane behind the school", "120465 Mohan"))[1]
    assert [(choice.title, choice.description) for choice in widget.options] == [
        ("120457 Asha Devi of the…", "120457 Asha Devi of the lane behind the school"),
        ("120465 Mohan", None),
    ]


@pytest.mark.parametrize(
    ("words", "most", "wanted"),
    [
        ("short", 20, "short"),
        ("exactly twenty chars", 20, "exactly twenty chars"),
        ("one word more than fits", 20, "one word more than…"),
        ("averyverylongwordwithoutblanks", 20, "averyverylongwordwi…"),
        ("बिजली का कनेक्शन काटना", 20, "बिजली का कनेक्शन…"),
        # क्षेत्र: neither a sign without its letter nor half a letter at the end.
        ("अअक्षेत्रअ", 9, "अअक्षे…"),
        ("Rampur, plant 2, line 4", 16, "Rampur, plant…"),
    ],
)
def test_captions_are_cut_at_words_and_letters(words: str, most: int, wanted: str) -> None:
    assert cut(words, most) == wanted


WORDS = st.text(st.sampled_from("ab c1क्षेि ।ँ़"), min_size=1, max_size=60).filter(str.strip)


@given(labels=st.lists(WORDS.map(lambda words: " ".join(words.split())), min_size=1, max_size=10))
def test_no_two_captions_are_alike(labels: Sequence[str]) -> None:
    made = captions(tuple(labels), MOST_OF_ROW)
    if made is not None:
        assert all(0 < len(title) <= MOST_OF_ROW for title in made)
        assert len({keyword(title) for title in made}) == len(labels)


def test_ids_belong_to_one_question_of_one_talk() -> None:
    first, second = (
        Confirm(say("menu.line", number="1", name="")),
        Confirm(say("menu.line", number="2", name="")),
    )
    [widget] = shown(first)[1]
    yes = read_tap(widget.options[0].id)
    assert yes is not None
    assert yes.number == 1
    assert yes.belongs_to(TALK, fingerprint(first))
    assert not yes.belongs_to(TALK, fingerprint(second))
    assert not yes.belongs_to("twilio:SM2", fingerprint(first))


@pytest.mark.parametrize(
    "raw", ["yes", "2", "bl:1:2", "bl:00000000.0000000g:1", "BL:00000000.00000000:1", ""]
)
def test_other_ids_are_words(raw: str) -> None:
    assert read_tap(raw) is None


def test_more_knows_its_page() -> None:
    prompt = menu(*(f"choice {n}" for n in range(20)))
    pages, widgets = shown(prompt)
    more = [read_tap(widget.options[-1].id) for widget in widgets[:-1]]
    assert [(tap.page, tap.number) for tap in more if isinstance(tap, Tap)] == [(True, 0), (True, 1)]
    assert [page.count("\n") for page in pages] == [10, 10, 2]
    assert "19 choice 18" in pages[2]
