"""Delivery reports: applied at once; one that is quicker than our own record waits a moment in Redis."""

from __future__ import annotations

import time

import msgspec
import structlog
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy.orm import Session

from channels.message import DeliveryReport
from core.consent import heed_block
from core.db import Database
from core.delivery import BEFORE, Reported, apply_report, fall_back
from core.phones import masked
from core.picture import send_words_alone

log = structlog.get_logger()

WAITING = "bl:reports"
"""Redis list of reports whose message was not found yet."""
MOST_WAITING = 100_000
DOUBT_AFTER = 120.0
"""Seconds after which a report may belong to a message in doubt, known by its phone alone."""
GIVE_UP_AFTER = 3600.0
MOST_AT_ONCE = 500
"""Reports looked at in one turn, the longest waiting first: those of messages that are none of ours, from an
account that others use too, must not keep the sweep from its other work."""


class Early(msgspec.Struct, frozen=True):
    """A report that came before its message's sending was written down; `at` is a Unix time."""

    gateway: str
    report: DeliveryReport
    at: float


def take_report(
    database: Database, redis: Redis, default_language: str, gateway: str, report: DeliveryReport
) -> None:
    """Let a report move its message forward, or keep it until the message is found."""
    if not _apply(database, default_language, gateway, report, in_doubt=False):
        _keep(redis, Early(gateway, report, time.time()))


def retry_early(database: Database, redis: Redis, default_language: str) -> int:
    """Look again for the messages of some of the reports that wait; gives how many found theirs."""
    found = 0
    for _ in range(min(redis.llen(WAITING), MOST_AT_ONCE)):
        raw = redis.lpop(WAITING)
        if not isinstance(raw, bytes):
            break  # another worker took the last one
        early = msgspec.json.decode(raw, type=Early)
        age = time.time() - early.at
        in_doubt = age > DOUBT_AFTER and early.report.recipient is not None
        if _apply(database, default_language, early.gateway, early.report, in_doubt=in_doubt):
            found += 1
        elif age > GIVE_UP_AFTER:
            log.warning("report without message", gateway=early.gateway, state=early.report.state)
        else:
            redis.rpush(WAITING, raw)
    return found


def _apply(
    database: Database, default_language: str, gateway: str, report: DeliveryReport, *, in_doubt: bool
) -> bool:
    """False when no message of ours fits; `in_doubt` goes by the phone of a message nobody was sure of."""
    with database.begin() as session:
        found = _otherwise(session, gateway, report) or apply_report(
            session,
            gateway,
            report.state,
            row=None if in_doubt else report.row,
            provider_id=report.provider_id,
            recipient=report.recipient if in_doubt else None,
            reason=report.reason,
            channel=report.channel,
        )
        if found and report.blocked:
            why = report.reason or "blocked"
            heed_block(session, found.recipient, why, default_language, one_road=report.elsewhere)
    if found:
        log.info("report", gateway=gateway, to=masked(found.recipient), state=report.state, moved=found.moved)
    return found is not None


def _otherwise(session: Session, gateway: str, report: DeliveryReport) -> Reported | None:
    """Where WhatsApp could not bring a message, but its words alone may do, or an SMS: queue it as that."""
    if report.row is None:
        return None
    phone = None
    if report.bare:
        phone = send_words_alone(session, gateway, report.row, report.reason, BEFORE["failed"])
    if phone is None and report.elsewhere:
        phone = fall_back(session, gateway, report.row, report.reason)
    return Reported(phone, moved=True) if phone else None


def _keep(redis: Redis, early: Early) -> None:
    try:
        with redis.pipeline(transaction=False) as pipe:
            pipe.rpush(WAITING, msgspec.json.encode(early))
            pipe.ltrim(WAITING, -MOST_WAITING, -1)
            pipe.execute()
    except RedisError as error:
        log.warning("report lost", gateway=early.gateway, why=type(error).__name__)
