"""Percentiles and ratios, on values that can be checked by eye."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.figures import (
    BALANCE,
    MENU,
    Reading,
    hop_ratio,
    percentile,
    talk_ratio,
    talks_per_second,
    work_ratio,
)


def reading(rate: float) -> Reading:
    return Reading(
        answers=int(rate), rate=rate, p50=1.0, p99=2.0, server_share=0.9, strange_share=0.0, client_share=0.1
    )


@pytest.mark.parametrize(("share", "expected"), [(0.5, 50), (0.99, 99), (1.0, 100), (0.0, 1), (0.001, 1)])
def test_a_percentile_is_the_nearest_rank(share: float, expected: int) -> None:
    assert percentile(list(range(100, 0, -1)), share) == expected


def test_one_value_is_every_percentile() -> None:
    assert percentile([7], 0.5) == percentile([7], 0.99) == 7


def test_a_talk_takes_as_long_as_both_its_hops() -> None:
    assert talks_per_second({MENU: reading(3000), BALANCE: reading(1500)}) == pytest.approx(1000)


def test_ratios_are_taken_within_a_round_so_that_a_slow_round_does_not_count() -> None:
    rounds = [
        {name: {MENU: reading(rate), BALANCE: reading(rate)} for name, rate in one.items()}
        for one in ({"ours": 400, "bare": 800}, {"ours": 40, "bare": 80}, {"ours": 500, "bare": 800})
    ]
    found = hop_ratio(rounds, "ours", "bare", MENU)
    assert (found.middle, found.low, found.high) == (0.5, 0.5, 0.625)
    assert talk_ratio(rounds, "ours", "bare").middle == pytest.approx(0.5)


def test_work_counts_processor_time_alone_so_that_a_busy_neighbour_does_not_matter() -> None:
    calm, pressed = reading(1000), replace(reading(500), server_share=0.45)
    rounds = [{"ours": {MENU: pressed, BALANCE: pressed}, "bare": {MENU: calm, BALANCE: calm}}]
    assert talk_ratio(rounds, "ours", "bare").middle == pytest.approx(0.5)
    assert work_ratio(rounds, "ours", "bare").middle == pytest.approx(1.0)
