"""Jobs for smart meters: carry what they are to do, read what they show."""

from __future__ import annotations

from functools import lru_cache

from channels.meters.carrying import Road, carry, make_road
from channels.meters.reading import read_all
from core.meters.commands import requeue_abandoned
from jobs.context import services, stopping

PATIENCE = 20.0
"""Seconds after which other jobs come first; the next turn goes on."""


@lru_cache(maxsize=1)
def road() -> Road:
    """The road to the meters, with its kept-alive connections."""
    made = services()
    return make_road(made.database, made.redis, made.settings)


def carry_due() -> None:
    """Carry what is due, and what a killed worker left behind."""
    made = road()
    with made.database.begin() as session:
        requeue_abandoned(session)
    carry(made, seconds=PATIENCE, stop=stopping.is_set)


def read() -> None:
    """Read all smart meters."""
    read_all(road(), stop=stopping.is_set)
