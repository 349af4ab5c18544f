"""What a customer writes to a person may be for the technicians at once: the answer says how."""

from __future__ import annotations

import pytest

from conversations.notes import hint


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("mera meter jal raha hai jaldi aaiye", "note.danger"),
        ("khambhe se chingari nikal rahi hai", "note.danger"),
        ("kal jhatka laga, dhuan bhi tha", "note.danger"),
        ("there is smoke from the meter!", "note.danger"),
        ("खम्भा गिर गया", "note.danger"),
        ("मीटर जल गया, धुआं निकला", "note.danger"),
        ("kal se bijli nahin hai", "note.no_power"),
        ("the collector was not here this month", None),
        ("मेरा बिल गलत है", None),
    ],
)
def test_who_writes_of_danger_or_darkness_hears_what_is_quicker(words: str, key: str | None) -> None:
    found = hint(words)
    assert (found.key if found else None) == key
