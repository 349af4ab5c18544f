"""The road to the meters: claim a batch of commands, carry each, write down how it went; and read them.

No transaction is open while a provider is spoken to. Killed at any line, a command is carried again when
its lease has run out; a credit whose outcome nobody knows is asked after before it is sent again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog
from redis import Redis

from channels.http import NO_ANSWER, NO_CONNECTION
from channels.message import Later, Never, Paused, Unsure
from channels.meters.driver import Done, Driver, MeterTrouble, Outcome, Waiting
from channels.meters.simulated import SimulatedDriver
from channels.meters.sparkmeter import SparkMeterDriver
from channels.pace import Pace
from channels.sending import retry_wait
from core import clock
from core.alerts import Trouble, pause_gateway, resume_gateway, troubled_gateways
from core.db import Database
from core.meters import may_cut
from core.meters.commands import Order, Result, State, claim, record
from core.meters.telling import tell_failed
from core.settings import Settings

log = structlog.get_logger()

BATCH = 20
LEASE = timedelta(minutes=5)
SAFETY = 30.0
"""Seconds before the end of a lease after which nothing of its batch is started any more."""
POLL_SECONDS = 20.0
"""How soon a command that a provider has taken is asked after."""
GIVE_UP = timedelta(days=2)
"""How long a command is tried; one that gives people their light back is tried for good."""


@dataclass(frozen=True)
class Road:
    """What carrying needs: the commands, the drivers by name, the pace."""

    database: Database
    drivers: Mapping[str, Driver]
    settings: Settings
    pace: Pace


def make_road(database: Database, redis: Redis, settings: Settings) -> Road:
    """A road with the drivers that the settings name."""
    drivers: list[Driver] = []
    if settings.sparkmeter:
        drivers.append(SparkMeterDriver(settings.sparkmeter))
    if settings.simulated_meters_url:
        drivers.append(SimulatedDriver(settings.simulated_meters_url))
    pace = Pace(redis, settings.meter_rate)
    return Road(database, {driver.name: driver for driver in drivers}, settings, pace)


def carry(road: Road, *, seconds: float, stop: Callable[[], bool] = lambda: False) -> int:
    """Carry what is due until nothing is, or time is up; gives how many commands were tried."""
    until, tried = time.monotonic() + seconds, 0
    while time.monotonic() < until and not stop():
        deadline = time.monotonic() + LEASE.total_seconds() - SAFETY
        batch = _claim(road)
        if not batch:
            break
        _write_down(road, [(order, _carry_one(road, order, deadline)) for order in batch])
        tried += len(batch)
    return tried


def rest_name(driver: str) -> str:
    """What a driver is called among the gateways that rest."""
    return f"meters-{driver}"


def open_drivers(road: Road) -> dict[str, Driver]:
    """The drivers that don't rest now."""
    with road.database.begin() as session:
        resting = troubled_gateways(session)
    return {name: driver for name, driver in road.drivers.items() if not resting.get(rest_name(name))}


def _claim(road: Road) -> list[Order]:
    names = open_drivers(road)
    if not names:
        return []
    fit = may_cut(clock.now(), road.settings.holidays)
    with road.database.begin() as session:
        return claim(session, BATCH, LEASE, drivers=names, may_cut=fit)


def _carry_one(road: Road, order: Order, deadline: float) -> Outcome:
    """One attempt. Nothing is begun so late that another worker could have the command meanwhile."""
    road.pace.wait(rest_name(order.driver), 1)
    if time.monotonic() > deadline:
        return Later("not tried")
    # The hour may have passed while the batch was carried: nobody is left in the dark by a minute.
    bound = order.action == "switch_off" and not order.at_once
    if bound and not may_cut(clock.now(), road.settings.holidays):
        return Later("too late in the day")
    driver = road.drivers[order.driver]
    match order.action:
        case "switch_on" | "switch_off":
            return driver.switch(order.meter, on=order.action == "switch_on")
        case "set_tariff":
            return driver.set_tariff(order.meter, tariff=order.tariff or "")
        case "credit":
            return _credit(driver, order)


def _credit(driver: Driver, order: Order) -> Outcome:
    """A credit is sent only when the provider surely has none under its key."""
    if order.attempts > 1:
        known = driver.poll(order.reference or order.source)
        if known is not None:
            return known
        if order.reference:
            return Unsure("reference unknown")
    return driver.credit(order.meter, paise=order.paise or 0, key=order.source)


def judge(order: Order, outcome: Outcome) -> Result:
    """What becomes of a command after an attempt."""
    tired = clock.now() - order.created_at > GIVE_UP and order.action != "switch_on"
    match outcome:
        case Done(reference):
            return Result(order.id, order.attempts, "done", reference)
        case Waiting(reference):
            state: State = "failed" if tired else "queued"
            return Result(order.id, order.attempts, state, reference, "not processed yet", POLL_SECONDS)
        case Never(reason):
            return Result(order.id, order.attempts, "failed", None, reason)
        case Later(reason) | Unsure(reason) | Paused(reason):
            if tired:
                return Result(order.id, order.attempts, "failed", None, reason)
            return Result(order.id, order.attempts, "queued", None, reason, retry_wait(order.attempts))


def _write_down(road: Road, carried: Sequence[tuple[Order, Outcome]]) -> None:
    """Record a batch, rest or wake drivers, and tell staff what no meter would take."""
    results = [judge(order, outcome) for order, outcome in carried]
    default = road.settings.default_language
    failed = [
        order.id for (order, _), result in zip(carried, results, strict=True) if result.state == "failed"
    ]
    with road.database.begin() as session:
        record(session, results)
        troubled = troubled_gateways(session)
        for name, trouble in _troubles(carried).items():
            pause_gateway(session, rest_name(name), trouble, default_language=default, meters=True)
        for name in {order.driver for order, outcome in carried if isinstance(outcome, Done | Waiting)}:
            if rest_name(name) in troubled:
                resume_gateway(session, rest_name(name))
        tell_failed(session, failed, default_language=default)
    for (order, _), result in zip(carried, results, strict=True):
        why = {"why": result.error} if result.error else {}
        log.info("meter command", id=order.id, action=order.action, state=result.state, **why)


def _troubles(carried: Sequence[tuple[Order, Outcome]]) -> dict[str, Trouble]:
    """The drivers to rest: those that refuse our login, and those that never answered in a whole batch."""
    troubles: dict[str, Trouble] = {}
    for name in {order.driver for order, _ in carried}:
        outcomes = [outcome for order, outcome in carried if order.driver == name]
        paused = [outcome.reason for outcome in outcomes if isinstance(outcome, Paused)]
        if paused:
            troubles[name] = paused[0]
        elif all(
            isinstance(outcome, Later | Unsure) and outcome.reason in (NO_ANSWER, NO_CONNECTION)
            for outcome in outcomes
        ):
            troubles[name] = "silent"
    return troubles


def note_trouble(road: Road, driver: str, trouble: MeterTrouble) -> None:
    """Rest a driver whose meters could not be read, where it is worth a rest."""
    log.warning("meters not read", driver=driver, why=trouble.words)
    if trouble.reason is None:
        return
    with road.database.begin() as session:
        name, default = rest_name(driver), road.settings.default_language
        pause_gateway(session, name, trouble.reason, default_language=default, meters=True)
