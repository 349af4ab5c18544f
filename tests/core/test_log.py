"""The last net under the logs: no full phone number gets through, whoever forgot to mask it."""

from __future__ import annotations

import pytest

from core.log import hide_numbers


@pytest.mark.parametrize(
    ("written", "logged"),
    [
        ("to +919800000001", "to …0001"),
        ("919800000001 is away", "…0001 is away"),
        ("Key (e164)=(+919800000001) already exists", "Key (e164)=(…0001) already exists"),
        ("from=%2B919800000001&text=", "from=…0001&text="),
        ("9800000001", "…0001"),
        ("connection 120457, row 48213", "connection 120457, row 48213"),
        ("HTTP 503 after 10.25 s", "HTTP 503 after 10.25 s"),
    ],
)
def test_numbers_keep_their_last_digits(written: str, logged: str) -> None:
    assert hide_numbers(None, "info", {"event": written}) == {"event": logged}


def test_moments_and_figures_stay() -> None:
    event = {"timestamp": "2026-11-21T01:44:53.756383Z", "count": 919800000001}
    assert hide_numbers(None, "info", dict(event)) == event
