"""Cells as Excel and people write them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.loading import amounts, cells
from core.loading.cells import BadCell

READ: list[tuple[Callable[[str], object], str, object]] = [
    (cells.phone, "9876543210", "+919876543210"),
    (cells.phone, "09876543210", "+919876543210"),
    (cells.phone, "+91 98765-43210", "+919876543210"),
    (cells.phone, "९८७६५४३२१०", "+919876543210"),
    (cells.phone, "9.876543210E+09", "+919876543210"),
    (cells.phone, "9.19876543210E+11", "+919876543210"),
    (cells.phone, "9876543210.0", "+919876543210"),
    (cells.phone, '="9876543210"', "+919876543210"),
    (cells.phone, "-", cells.CLEARED),
    (amounts.day, "05/08/2026", date(2026, 8, 5)),
    (amounts.day, "5/8/26", date(2026, 8, 5)),
    (amounts.day, "05-08-2026", date(2026, 8, 5)),
    (amounts.day, "5.8.2026", date(2026, 8, 5)),
    (amounts.day, "2026-08-05", date(2026, 8, 5)),
    (amounts.day, "2026-08-05 00:00:00", date(2026, 8, 5)),
    (amounts.day, "05-Aug-2026", date(2026, 8, 5)),
    (amounts.day, "5 August 26", date(2026, 8, 5)),
    (amounts.day, "०५/०८/२०२६", date(2026, 8, 5)),
    (amounts.signed_rupees, "1,23,456.50", 1_23_456_50),
    (amounts.signed_rupees, "450", 450_00),
    (amounts.signed_rupees, "450.5", 450_50),
    (amounts.signed_rupees, "₹ 1,200.00", 1_200_00),
    (amounts.signed_rupees, "Rs. 300/-", 300_00),
    (amounts.signed_rupees, "-150", -150_00),
    (amounts.signed_rupees, "−150", -150_00),
    (amounts.signed_rupees, "-₹150", -150_00),
    (amounts.signed_rupees, "(150.25)", -150_25),
    (amounts.signed_rupees, "150-", -150_00),
    (amounts.signed_rupees, "150 Cr", -150_00),
    (amounts.signed_rupees, "150 Dr.", 150_00),
    (amounts.signed_rupees, "0.00", 0),
    (amounts.signed_rupees, " - ", 0),
    (amounts.signed_rupees, "३००", 300_00),
    (amounts.fee, "20", [20_00, 0]),
    (amounts.fee, "1.5 %", [0, 150]),
    (amounts.fee, "100%", [0, 100_00]),
    (amounts.fee, "0", [0, 0]),
    (amounts.watts, "100", 100),
    (amounts.watts, "100 W", 100),
    (amounts.watts, "0.5 kW", 500),
    (amounts.watt_hours, "1,234.567", 1_234_567),
    (amounts.watt_hours, "12 units", 12_000),
    (cells.yes_no, "हाँ", True),
    (cells.yes_no, "हां", True),
    (cells.yes_no, "नहीं", False),
    (cells.yes_no, "TRUE", True),
    (cells.yes_no, "0", False),
    (cells.prepaid, "Pre-paid", True),
    (cells.prepaid, "POSTPAID", False),
    (cells.language, "Hindi", "hi"),
    (cells.language, "हिन्दी", "hi"),
    (cells.language, "hi-latn", "hi-Latn"),
    (cells.language, "Hindi (Latin)", "hi-Latn"),
    (cells.staff_role, "Cluster In-Charge", "cluster_in_charge"),
    (cells.staff_role, "state_in_charge", "state_in_charge"),
    (cells.status, "Active", "active"),
    (cells.code, " mjh1 ", "MJH1"),
    (cells.codes, "skp; cluster:muz ;", ["SKP", "cluster:MUZ"]),
    (cells.codes_or_all, "*", ["*"]),
    (cells.connection_number, "120457", "120457"),
    (cells.connection_number, "१२०४५७", "120457"),
    (cells.connection_number, "120-457", "120457"),
    (cells.connection_number, "120457.0", "120457"),
    (cells.name, "  सुनीता   देवी ", "सुनीता देवी"),
    (cells.hours, "17:00–23:00", "17:00-23:00"),
    (cells.days, "३०", 30),
    (cells.features, "coupons = yes; otp=no; receipts", '{"coupons": true, "otp": false, "receipts": true}'),
]


@pytest.mark.parametrize(("read", "cell", "value"), READ)
def test_a_cell_is_read(read: Callable[[str], object], cell: str, value: object) -> None:
    assert read(cell) == value


REFUSED: list[tuple[Callable[[str], object], str, str]] = [
    (amounts.fee, "1.255 %", "at most two decimals"),
    (amounts.fee, "101 %", "at most 100 %"),
    (amounts.fee, "-5", "below zero"),
    (amounts.fee, "two %", "not an amount"),
    (cells.phone, "9.87654E+09", "lost digits: format the column as text"),
    (cells.phone, "9.8E+09", "lost digits"),
    (cells.phone, "12345", "not a mobile number"),
    (cells.phone, "011-22345678", "not a mobile number"),
    (cells.phone, "9876543210/9876543211", "several numbers"),
    (amounts.day, "08/25/2026", "not a day of the calendar: write it as DD/MM/YYYY"),
    (amounts.day, "30/02/2026", "not a day of the calendar"),
    (amounts.day, "46239", "count of days: format the column as a date"),
    (amounts.day, "soon", "not a date"),
    (amounts.day, "01/01/0026", "is before 1990"),
    (amounts.signed_rupees, "1.2E+05", "not an amount"),
    (amounts.signed_rupees, "12,34", "not an amount"),
    (amounts.signed_rupees, "10.555", "more than two decimals"),
    (amounts.signed_rupees, "99999999999", "ten crore"),
    (amounts.signed_rupees, "-(50)", "not an amount"),
    (amounts.signed_rupees, "-50 Cr", "two signs"),
    (amounts.signed_rupees, "300/ -", "not an amount"),
    (amounts.signed_rupees, "(50", "not an amount"),
    (amounts.rupees, "-1", "below zero"),
    (amounts.watts, "0", "above zero"),
    (amounts.watts, "100 V", "not a load"),
    (amounts.watt_hours, "1.2345", "three decimals"),
    (amounts.watt_hours, "-5", "not a reading"),
    (cells.yes_no, "perhaps", "not yes or no; known are yes, y, हाँ"),
    (cells.language, "Tamil", "not a language"),
    (cells.code, "a b", "not a code"),
    (cells.code, "1.2E+11", "lost digits"),
    (cells.codes, " ; ", "names no code"),
    (cells.connection_number, "120458", "last digit does not prove the others"),
    (cells.connection_number, "1.20457E+05", "lost digits"),
    (cells.name, "#N/A", "Excel's error"),
    (cells.name, "...", "not a name"),
    (cells.name, "x" * 81, "longer than 80"),
    (cells.short_text(5), "abcdef", "longer than 5"),
    (cells.hours, "always", "are not hours"),
    (cells.features, "otp=perhaps", "not yes or no"),
    (cells.features, "o!p", "not the name of a switch"),
    (cells.days, "367", "not a number of days"),
    (cells.days, "9" * 5000, "not a number of days"),
]


@pytest.mark.parametrize(("read", "cell", "reason"), REFUSED)
def test_a_cell_is_refused_in_plain_words(read: Callable[[str], object], cell: str, reason: str) -> None:
    with pytest.raises(BadCell) as refused:
        read(cell)
    assert reason in str(refused.value)


READERS = list(dict.fromkeys(read for read, *_ in [*READ, *REFUSED]))


@given(read=st.sampled_from(READERS), cell=st.text() | st.from_regex(r"[-(+0-9.,eE/ ]+", fullmatch=True))
def test_any_cell_is_read_or_refused_and_nothing_else(read: Callable[[str], object], cell: str) -> None:
    with suppress(BadCell):
        assert "\0" not in str(read(cell))
