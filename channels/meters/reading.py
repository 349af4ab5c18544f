"""Smart meters are read: what they show is kept, as their state and as readings of days."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from channels.meters.carrying import Road, note_trouble, open_drivers, rest_name
from channels.meters.driver import Driver, MeterTrouble
from core import clock
from core.alerts import resume_gateway
from core.meters import watch

log = structlog.get_logger()

BATCH = 2_000
"""Meters of one request or one round of requests, and of one transaction."""


def read_all(road: Road, *, stop: Callable[[], bool] = lambda: False) -> int:
    """Read every meter of every driver that doesn't rest; gives how many answered."""
    return sum(_read(road, driver, stop) for driver in open_drivers(road).values())


def _read(road: Road, driver: Driver, stop: Callable[[], bool]) -> int:
    after, answered = 0, 0
    while not stop():
        with road.database.begin() as session:
            meters = watch.meters_of(session, driver.name, after, BATCH)
        if not meters:
            break
        after = meters[-1][0]
        connections = {meter: connection for connection, meter in meters}
        try:
            shown = driver.read(list(connections))
        except MeterTrouble as trouble:
            note_trouble(road, driver.name, trouble)
            break
        # A service that names a meter twice means the later.
        latest = {one.meter: one for one in sorted(shown, key=lambda one: one.at)}
        known = [(connections[meter], one) for meter, one in latest.items() if meter in connections]
        with road.database.begin() as session:
            watch.keep(session, known, source=driver.name, at=clock.now())
            resume_gateway(session, rest_name(driver.name))
        answered += len(known)
    log.info("meters read", driver=driver.name, answered=answered)
    return answered
