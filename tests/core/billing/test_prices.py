"""From spreadsheet to bill on the phone: prices in versions, the command line, and the words of BILL."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import BillingError
from core.loading import load
from ops import bill
from tests.play import WORLD, Play

VERSIONS = """
SELECT package.code, valid_from::text, tariff.monthly_paise, min(tariff_step.paise)
FROM tariff JOIN package ON package.id = package_id LEFT JOIN tariff_step ON tariff_id = tariff.id
GROUP BY tariff.id, package.code ORDER BY package.code, valid_from
"""


def test_a_changed_price_is_a_new_version(play: Play, tmp_path: Path) -> None:
    reader = play.services.database.reader
    first = [
        ("HOME30", "1990-01-01", 100_00, 0),
        ("MILL3", "1990-01-01", 1500_00, 20_00),
        ("SHOP500", "1990-01-01", 50_00, 22_50),
    ]
    assert reader.rows(VERSIONS, {}) == first
    sheet = (WORLD / "packages.csv").read_text(encoding="utf-8")
    (tmp_path / "packages.csv").write_text(sheet.replace(",22.50,50,", ",24,60,"), encoding="utf-8")
    for _ in range(2):
        assert load(play.services.database, tmp_path).good
        *old, new = reader.rows(VERSIONS, {})
        assert old == first
        assert (new[0], new[2], new[3]) == ("SHOP500", 60_00, 24_00)


def test_the_command_and_the_talk(play: Play) -> None:
    said: list[str] = []
    say: Callable[[str], None] = said.append
    # Only the prepaid packages: for the others the month is not over yet, or nothing is there to bill.
    bill.dry_run(play.settings, "rampur", "2026-11", say)
    assert said[-1] == "Nothing was posted. To post: bijli bill rampur 2026-11 --post"
    bill.post(play.settings, "RAMPUR", "2026-11", say)
    assert any(line.startswith("Run 1 is posted") for line in said)
    play.text("+919800000004", "BILL 120465")
    [(_, words)] = [one for one in play.deliver() if "120465: bill for" in one[1]]
    assert words.splitlines()[:2] == [
        "120465: bill for 01/11/2026 to 30/11/2026",
        "Fixed charge, 30 days: Rs 100",
    ]
    bill.reverse(play.settings, "RAMPUR", 1, say)
    assert said[-1].startswith("Run 1 is taken back: ")
    state = "SELECT count(*) FROM outbox WHERE kind = 'bill' AND source LIKE 'un%%' AND state = 'queued'"
    bills = (
        "SELECT count(*) FROM outbox WHERE kind = 'bill' AND source LIKE 'bill:%%' AND state = 'delivered'"
    )
    # Whoever was told is told again, once; what still waited was never sent.
    assert play.scalar(state) == play.scalar(bills)
    bill.reverse(play.settings, "RAMPUR", 1, say)
    assert play.scalar(state) == play.scalar(bills)
    with pytest.raises(BillingError, match="not of plant"):
        bill.reverse(play.settings, "KASBA", 1, say)
    with pytest.raises(BillingError, match="no plant"):
        bill.post(play.settings, "NOWHERE", "2026-11", say)
    with pytest.raises(BillingError, match="not a month"):
        bill.post(play.settings, "RAMPUR", "Nov", say)


def test_who_was_never_billed_is_told_so(play: Play) -> None:
    play.services.database.reader.rows(
        "UPDATE connection_phone SET e164 = '+919800000008' "
        "WHERE connection_id = (SELECT id FROM connection WHERE reference = 'K-001') RETURNING 1", {}
    )  # fmt: skip
    play.services.database.reader.rows(
        "UPDATE bill SET reversed_at = now() "
        "WHERE connection_id = (SELECT id FROM connection WHERE reference = 'K-001') RETURNING 1", {}
    )  # fmt: skip
    play.text("+919800000008", "बिल")
    [(_, words)] = play.deliver()
    assert words.endswith("अभी कोई बिल नहीं।")
