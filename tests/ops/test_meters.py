"""The demo's simulated meters: a plausible day, energy that only grows, reach that comes and goes."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from core.clock import INDIA
from ops.meters import SPEED, Meters, answer, in_reach, used_wh, watts

NOON = datetime(2026, 11, 20, 12, tzinfo=INDIA).timestamp()
HOUR = 3600.0


def reachable(name: str, since: float) -> float:
    """The next moment at which a meter answers."""
    while not in_reach(name, since):
        since += 10
    return since


def test_a_day_has_its_peak_in_the_evening(tmp_path: Path) -> None:
    midnight = NOON - 12 * HOUR
    day = [watts("A", midnight + hour * HOUR) for hour in range(24)]
    assert day.index(max(day)) == 20
    assert max(day) < 400
    assert min(day) > 3
    assert 0.3 < sum(day) / 1000 < 3  # kWh


def test_a_meter_counts_while_it_is_on_and_never_back(tmp_path: Path) -> None:
    meters = Meters(tmp_path / "m.json")
    at = reachable("A@500", NOON)
    before = meters.meter("A@500", at).wh
    assert before == 500
    after = meters.meter("A@500", at + HOUR).wh
    used = used_wh("A@500", at, at + HOUR)
    assert used > 5 * SPEED
    assert after - before == pytest.approx(used)
    off = reachable("A@500", at + HOUR)
    assert answer(meters, "PUT", "/meters/A%40500", {"on": False}, off)[0] == 200
    held = meters.meter("A@500", off).wh
    assert meters.meter("A@500", off + 9 * HOUR).wh == held
    assert meters.meter("A@500", off).wh == held


def test_some_are_out_of_reach_sometimes(tmp_path: Path) -> None:
    moments = [NOON + minute * 60 for minute in range(2000)]
    share = sum(not in_reach("A", moment) for moment in moments) / len(moments)
    assert 0.02 < share < 0.12
    lost = next(moment for moment in moments if not in_reach("A", moment))
    meters = Meters(tmp_path / "m.json")
    assert answer(meters, "GET", "/meters?id=A", {}, lost) == (200, {"meters": []})
    assert answer(meters, "PUT", "/meters/A", {"on": False}, lost)[0] == 409


def test_what_it_knows_outlives_it(tmp_path: Path) -> None:
    at, path = reachable("A@500", NOON), tmp_path / "m.json"
    meters = Meters(path)
    answer(meters, "PUT", "/meters/A%40500", {"on": False, "tariff": "Home"}, at)
    answer(meters, "PUT", "/meters/A%40500/credits/k1", {"paise": 5}, at)
    answer(meters, "PUT", "/meters/A%40500/credits/k1", {"paise": 5}, at)
    again = Meters(path)
    again.load()
    assert again.meters == meters.meters
    assert (again.meters["A@500"].paise, again.meters["A@500"].on) == (5, False)
    assert answer(again, "GET", "/credits/k1", {}, at) == (200, {"paise": 5})
    assert answer(again, "GET", "/credits/k2", {}, at)[0] == 404
    assert answer(again, "GET", "/other", {}, at)[0] == 404
