"""readings.csv keeps the rules of all readings, and says by line which of its rows can't be."""

from __future__ import annotations

from pathlib import Path

from core.loading import load
from tests.play import Play


def given(play: Play, folder: Path, *rows: str) -> list[str]:
    """Load readings of R-001, which showed 120.5 on 30/09 and 134.7 on 31/10; gives what is wrong."""
    (folder / "readings.csv").write_text("\n".join(("connection,date,kwh", *rows)) + "\n", encoding="utf-8")
    return [f"{one.line}: {one}" for one in load(play.services.database, folder).problems]


def test_a_reading_must_fit_between_its_neighbours(play: Play, tmp_path: Path) -> None:
    assert not given(play, tmp_path, "R-001,2026-11-10,140", "R-001,2026-11-15,141")
    for row in ("R-001,2026-11-12,139", "R-001,2026-11-12,142"):
        [wrong] = given(play, tmp_path, row)
        assert "does not fit" in wrong
    found = given(play, tmp_path, "R-001,2026-11-17,150", "R-001,2026-11-18,149")
    assert "showed more before" in found[0]


def test_a_correction_keeps_what_was_and_a_new_meter_counts_on(play: Play, tmp_path: Path) -> None:
    assert not given(play, tmp_path, "R-001,2026-11-10,140")
    assert not given(play, tmp_path, "R-001,2026-11-10,141")
    assert play.scalar("SELECT wh FROM reading_was") == 140_000
    play.text("+919800000002", "METER 120457 150 M-9 7")
    play.text("+919800000002", "1")
    assert play.scalar("SELECT before_wh FROM meter_change") == 143_000
