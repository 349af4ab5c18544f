"""Words, and what fills their gaps, in each language."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest

from core.money import Money
from core.settings import LANGUAGES
from core.text import MissingWords, Name, Param, all_keys, check_words, money, render, say

DEVANAGARI = re.compile("[\u0900-\u097f]")


@pytest.mark.parametrize(
    ("paise", "english", "hindi"),
    [
        (300_00, "Rs 300", "रु 300"),
        (300_50, "Rs 300.50", "रु 300.50"),
        (5, "Rs 0.05", "रु 0.05"),
        (0, "Rs 0", "रु 0"),
        (1_23_456_50, "Rs 1,23,456.50", "रु 1,23,456.50"),
        (10_00_00_000_00, "Rs 10,00,00,000", "रु 10,00,00,000"),
    ],
)
def test_money(paise: int, english: str, hindi: str) -> None:
    assert money(paise, "en") == money(paise, "hi-Latn") == english
    assert money(paise, "hi") == hindi


@pytest.mark.parametrize(
    ("value", "english", "hindi"),
    [
        (Name("Asha Devi", "आशा देवी"), "Asha Devi", "आशा देवी"),
        (Name("Asha Devi"), "Asha Devi", "Asha Devi"),
        (Name("Bhuvaneshwari Kumari Devi Singh"), "Bhuvaneshwari Kumari De.", "Bhuvaneshwari Kumari De."),
        (date(2026, 11, 1), "01/11/2026", "01/11/2026"),
        (datetime(2026, 11, 21, 20, 0, tzinfo=UTC), "22/11/2026 01:30", "22/11/2026 01:30"),
        (Money(100), "Rs 1", "रु 1"),
        (7, "7", "7"),
        (say("nav.yes"), "Yes", "हाँ"),
        ((say("nav.yes"), say("nav.no")), "Yes\nNo", "हाँ\nनहीं"),
    ],
)
def test_what_fills_a_gap(value: Param, english: str, hindi: str) -> None:
    assert render(say("nav.lines", lines=value), "en") == english
    assert render(say("nav.lines", lines=value), "hi") == hindi


def test_missing_words_are_never_taken_from_another_language() -> None:
    with pytest.raises(MissingWords, match=r"nothing\.here has no words in hi"):
        render(say("nothing.here"), "hi")


def test_a_missing_gap_is_an_error() -> None:
    with pytest.raises(KeyError):
        render(say("owed.due", number="120457"), "en")


def test_every_language_has_every_key_with_the_same_gaps() -> None:
    assert check_words() == []


LATIN_IN_HINDI = {
    "MB",
    "WAIVE",
    "DEPOSIT",
    "RECEIVABLE",
    "REFUND",
    "SENDLINK",
    "PIN",
    "USSD",
    "UPI",
    "SETOFF",
    "STATEMENT",
    "TAKEDEPOSIT",
    "WHERE",
    "SMS",
    "METERS",
    "FLAGS",
    "M",
    "EXCUSE",
    "PAY",
    "UNDO",
    "FIND",
    "DUES",
    "CASH",
    "LINK",
    "NEW",
    "TOTALS",
    "RECEIPT",
    "VERIFY",
    "GOT",
    "HAND",
    "CLOSE",
    "SETTLE",
    "CARD",
    "WALLET",
    "UNMATCHED",
    "MATCH",
    "JOIN",
    "CSA",
    "CUST",
    "START",
    "REVIEW",
    "REDEEM",
    "REOPEN",
    "BACK",
    "OUTAGE",
    "HIST",
    "W",
    "READ",
    "READINGS",
    "UNREAD",
    "METER",
    "WATERMETER",
    "TOREAD",
}
"""What stands in Latin letters in Hindi sentences, because it is typed so."""
ENGLISH_ONLY = {
    "the", "your", "you", "of", "is", "are", "and", "not", "send", "please", "this", "was", "with", "we",
    "our", "amount", "receipt", "owe", "owes", "owed", "due", "dues", "payment", "payments", "from",
    "what", "which",
}  # fmt: skip
"""Words that no sentence of Hindi holds; borrowed ones (bill, phone, connection) are welcome."""


def _sentences(language: str) -> dict[str, str]:
    """What is said to people: not the words they may type, nor the names of the languages."""
    return {
        key: re.sub(r"%\{\w+\}", "", str(words))
        for key, words in all_keys(language).items()
        if not key.startswith(("commands.", "language.", "brand.")) and not key.endswith("_words")
    }


def test_hindi_is_written_in_devanagari() -> None:
    for key, words in _sentences("hi").items():
        latin = set(re.findall("[A-Za-z]+", words))
        assert latin <= LATIN_IN_HINDI, f"{key}: {latin}"
        assert DEVANAGARI.search(words) or not latin, key


@pytest.mark.parametrize("language", ["en", "hi-Latn"])
def test_latin_languages_keep_to_the_cheap_alphabet(language: str) -> None:
    for key, words in _sentences(language).items():
        assert words.isascii(), key


def test_latin_hindi_is_no_english() -> None:
    for key, words in _sentences("hi-Latn").items():
        typed = {word for word in re.findall("[A-Za-z]+", words) if not word.isupper()}
        assert not {word.lower() for word in typed} & ENGLISH_ONLY, f"{key}: {words}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_sounds_like_a_swindle(language: str) -> None:
    """No hurry, no links, no threats: that is how false messages sound (they ask for PINs, too)."""
    alarm = re.compile(
        r"http|www\.|urgent|immediately|tonight|turant|aaj raat|kaat di|तुरंत|आज रात|काट दी|click|क्लिक", re.I
    )
    for key, words in _sentences(language).items():
        assert not alarm.search(words), key
        assert "  " not in words.replace("\n", " ").strip() or "%{" in str(all_keys(language)[key]), key
