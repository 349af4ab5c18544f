"""Smart meters are read: what a site says becomes their state and the readings of days, whatever it says."""

from __future__ import annotations

import json

import pytest

from channels.meters.reading import read_all
from tests.channels.meters.conftest import CUSTOMER, Said, Site, Stage, payload


def test_a_days_reading_is_its_first_and_once_it_is_over_its_last(stage: Stage, site: Site) -> None:
    readings = f"SELECT taken_on::text, wh, source FROM reading WHERE connection_id = {stage.house} "
    readings += "AND source = 'sparkmeter' ORDER BY taken_on"
    customers = payload("customers")
    shows = [("2026-11-19T04:30:00", "1404.5"), ("2026-11-19T06:30:00", "1405.5")]
    shows += [
        ("2026-11-19T18:29:00", "1406.5"),
        ("2026-11-19T18:31:00", "1407"),
        ("2026-11-19T18:31:00", "1407"),
    ]
    kept = []
    for at, kwh in shows:
        said = customers.replace("1404.76590625", kwh).replace("2026-11-20T05:30:00", at)
        site.say = lambda asked, said=said: Said(200, said)  # type: ignore[misc]  # bound at once
        assert read_all(stage.road) == 1
        kept.append(stage.rows(readings))
    first = ("2026-11-19", 1_404_500, "sparkmeter")
    last = ("2026-11-19", 1_406_500, "sparkmeter")
    assert kept[:3] == [[first]] * 3
    assert kept[3:] == [[last, ("2026-11-20", 1_407_000, "sparkmeter")]] * 2  # midnight in India
    assert stage.rows("SELECT wh, is_on FROM meter_state") == [(1_407_000, None)]


def test_a_site_that_is_silent_is_left_alone_for_a_while(stage: Stage, site: Site) -> None:
    site.say = lambda asked: Said(None)
    assert read_all(stage.road) == 0
    assert read_all(stage.road) == 0
    assert len(site.asked) == 1


def says(site: Site, *meters: tuple[str, float]) -> None:
    """Let the site name our customer once for each of these moments and figures (kWh)."""
    customers = json.loads(payload("customers"))
    [ours] = [one for one in customers["customers"] if one["id"] == CUSTOMER]
    named = [
        ours | {"meters": [ours["meters"][0] | {"last_energy": kwh, "last_energy_datetime": at}]}
        for at, kwh in meters
    ]
    site.say = lambda asked: Said(200, json.dumps(customers | {"customers": named}))


STATE = "SELECT wh, seen_at <= now() FROM meter_state"


def test_a_meter_whose_clock_is_ahead_has_shown_it_now(stage: Stage, site: Site) -> None:
    """Else it would be of a day to come for ever, and nothing it shows would count any more."""
    says(site, ("2099-01-01T00:00:00", 1404.5))
    read_all(stage.road)
    assert stage.rows(STATE) == [(1_404_500, True)]
    says(site, ("2099-01-01T00:00:00", 1405.5))
    read_all(stage.road)
    assert stage.rows(STATE) == [(1_405_500, True)]
    latest = "SELECT max(taken_on) <= (now() AT TIME ZONE 'Asia/Kolkata')::date FROM reading"
    assert stage.rows(f"{latest} WHERE source = 'sparkmeter'") == [(True,)]


@pytest.mark.parametrize(
    ("at", "kwh"),
    [
        ("0001-01-01T00:00:00", 5.0),
        ("1970-01-01T00:00:00", 5.0),
        ("2026-11-19T04:30:00", 1e300),
        ("2026-11-19T04:30:00", 1.7e308),
        ("2026-11-19T04:30:00", 1e12),
        ("2026-11-19T04:30:00", -1.0),
    ],
)
def test_what_no_meter_can_show_is_left_out(stage: Stage, site: Site, at: str, kwh: float) -> None:
    says(site, (at, kwh))
    read_all(stage.road)
    assert stage.rows(STATE) == []
    assert stage.rows("SELECT count(*) FROM reading WHERE source = 'sparkmeter'") == [(0,)]


def test_a_meter_that_is_named_twice_shows_the_later(stage: Stage, site: Site) -> None:
    says(site, ("2026-11-19T06:30:00", 1405.5), ("2026-11-19T04:30:00", 1404.5))
    assert read_all(stage.road) == 1
    assert stage.rows("SELECT wh FROM meter_state") == [(1_405_500,)]
