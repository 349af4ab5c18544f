"""What people type becomes text, money, phones and numbers, or is refused."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations import reading
from conversations.prompts import Unclear
from core.fold import fold, keyword
from core.ids import read_number, with_check_digit
from core.money import BadAmount, read_amount
from core.phones import masked, read_phone


@pytest.mark.parametrize(
    ("raw", "folded"),
    [
        ("  PAY   120457\t300\r\n", "PAY 120457 300"),
        ("१२३", "123"),
        ("9876५४३२१०", "9876543210"),
        ("PAY", "PAY"),
        ("１２３", "123"),
        ("₹300", "Rs 300"),
        ("“Asha’s”", '"Asha\'s"'),
        ("a\u200db\ufeffc\u00add", "abcd"),
        ("a\u00a0b", "a b"),
        ("PAY\x00120457", "PAY 120457"),
        ("\x07\x1b", ""),
        ("क़", "क\u093c"),
        ("٣۴৫", "345"),
        ("\u202a+91 98000\u202c \u200e00001\u061c", "+91 98000 00001"),
        ("\u202e300\u2066", "300"),
        ("", ""),
    ],
)
def test_fold(raw: str, folded: str) -> None:
    assert fold(raw) == folded


@given(st.text(max_size=200))
def test_folding_twice_changes_nothing_and_leaves_nothing_unprintable(raw: str) -> None:
    once = fold(raw)
    assert fold(once) == once
    assert "\x00" not in once
    assert "\n" not in once


@pytest.mark.parametrize(
    ("raw", "same"),
    [("BAL", "bal"), ("Bal.", "bal"), (" बकाया ", "बकाया"), ("हाँ", "हां"), ("ढूंढें", "ढूँढें"),
     ("जोड़ें", "जोडें"), ("ज़्यादा", "ज्यादा"), ("बकाया।", "बकाया"), ("#PAY", "pay"), ("(help)", "HELP"),
     ("बन्द", "बंद"), ("हिन्दी", "हिंदी"), ("खम्भा", "खंभा"), ("नन्हा", "नन्हा"), ("जन्म", "जन्म")],
)  # fmt: skip
def test_keyword(raw: str, same: str) -> None:
    assert keyword(raw) == keyword(same)


@pytest.mark.parametrize(
    ("raw", "paise"),
    [
        ("300", 300_00),
        ("300.5", 300_50),
        ("300.50", 300_50),
        ("300.500", 300_50),
        ("0.01", 1),
        ("1,23,456.50", 1_23_456_50),
        ("123,456", 1_23_456_00),
        ("Rs 300", 300_00),
        ("rs.300/-", 300_00),
        ("₹ 300", 300_00),
        ("रु 300", 300_00),
        ("300 रुपये", 300_00),
        ("300 rupaye", 300_00),
        ("३००", 300_00),
        ("३००.५०", 300_50),
        (" 300 ", 300_00),
        ("007", 7_00),
        ("10,00,00,000", 10_00_00_000_00),
    ],
)
def test_read_amount(raw: str, paise: int) -> None:
    assert read_amount(raw) == paise


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("", "unclear"),
        ("abc", "unclear"),
        ("-300", "unclear"),
        ("+300", "unclear"),
        ("1e9", "unclear"),
        ("0x10", "unclear"),
        ("3 00", "unclear"),
        ("1.2.3", "unclear"),
        ("1,2", "unclear"),
        (",300", "unclear"),
        (".5", "unclear"),
        ("300.", "unclear"),
        ("½", "unclear"),
        ("😀", "unclear"),
        ("0", "zero"),
        ("0.00", "zero"),
        ("०", "zero"),
        ("1.234", "decimals"),
        ("100000000.01", "large"),
        ("9999999999999", "large"),
        ("9" * 5000, "large"),
    ],
)
def test_bad_amounts(raw: str, reason: str) -> None:
    with pytest.raises(BadAmount) as bad:
        read_amount(raw)
    assert bad.value.reason == reason


@given(st.text(max_size=60))
def test_an_amount_is_read_or_refused(raw: str) -> None:
    with suppress(BadAmount):
        assert read_amount(raw) > 0


@pytest.mark.parametrize(
    ("raw", "phone"),
    [
        ("9800000001", "+919800000001"),
        ("09800000001", "+919800000001"),
        ("00919800000001", "+919800000001"),
        ("+91 98000 00001", "+919800000001"),
        ("91-9800-000-001", "+919800000001"),
        ("९८०००००००१", "+919800000001"),
        ("9876५४३२१०", "+919876543210"),
        ("(98000) 00001", "+919800000001"),
        ("+254711082000", "+254711082000"),
        ("5876543210", None),
        ("980000000", None),
        ("98000000012", None),
        ("+911234567890", None),
        ("+254", None),
        ("VM-BANK", None),
        ("", None),
        ("😀", None),
    ],
)
def test_read_phone(raw: str, phone: str | None) -> None:
    assert read_phone(raw) == phone


def test_masked_shows_the_last_four_digits() -> None:
    assert masked("+919800000001") == "…0001"


@pytest.mark.parametrize(
    ("raw", "number"),
    [("120457", "120457"), ("12 04 57", "120457"), ("120-457", "120457"), ("१२०४५७", "120457"),
     ("#120457", "120457"), ("120475", None), ("12045", None), ("", None), ("abc", None),
     ("-120457", "120457"), ("1" * 13, None), ("12045７", "120457")],
)  # fmt: skip
def test_read_number(raw: str, number: str | None) -> None:
    assert read_number(raw) == number


@given(st.integers(1000, 10**11 - 1), st.data())
def test_one_wrong_digit_is_always_caught(serial: int, data: st.DataObject) -> None:
    number = with_check_digit(serial)
    assert read_number(number) == number
    place = data.draw(st.integers(0, len(number) - 1))
    other = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != number[place]]))
    assert read_number(number[:place] + other + number[place + 1 :]) is None


@pytest.mark.parametrize("raw", ["112600001", " 11 26 00001 ", "#112600001", "११२६०००0१", "11-26-00001"])
def test_a_receipts_number_in_any_writing(raw: str) -> None:
    assert reading.receipt_number(raw) == "112600001"


@pytest.mark.parametrize("raw", ["", "1126", "1" * 15, "11260000x", "-", "¹¹²⁶⁰⁰⁰⁰¹x"])
def test_what_is_no_receipts_number(raw: str) -> None:
    with pytest.raises(Unclear, match=r"unclear\.receipt"):
        reading.receipt_number(raw)


@pytest.mark.parametrize(("raw", "code"), [("04821", "04821"), ("०४८२१", "04821"), (" 0 48 21", "04821")])
def test_a_receipts_code(raw: str, code: str) -> None:
    assert reading.receipt_code(raw) == code


@pytest.mark.parametrize("raw", ["", "4821", "048211", "abcde"])
def test_what_is_no_receipts_code(raw: str) -> None:
    with pytest.raises(Unclear, match=r"unclear\.receipt_code"):
        reading.receipt_code(raw)
