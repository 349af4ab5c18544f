"""The road from the outbox to the gateways: claim a batch, send it, write down how it went.

No transaction is open while a gateway is spoken to. Killed at any line, a batch is sent again when
its lease has run out: at least once.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy.orm import Session

from channels.http import NO_ANSWER, NOT_TRIED
from channels.message import Accepted, Gateway, Later, Never, Outcome, Outgoing, Paused, Unsure
from channels.pace import Pace
from core import dlt
from core.alerts import Trouble, pause_gateway, resume_gateway, troubled_gateways
from core.consent import heed_block
from core.db import Database
from core.delivery import Result, claim, record
from core.phones import masked
from core.settings import Settings

log = structlog.get_logger()

LARGEST_BATCH = 500
LEASE = timedelta(seconds=75)
"""Longer than a batch can take: some 23 s at a gateway that stops answering, with two to fall back on."""
DOUBT_SECONDS = 600.0
"""How long a message in doubt waits for its report before it is sent again."""
FIRST_RETRY, LONGEST_RETRY = 5.0, 900.0
SILENCES = 3
"""So many requests of a batch without any answer rest a gateway: each leaves a message in doubt."""
COUNTS = "bl:sent"
"""Redis hash of gateway:outcome → messages, for /metrics."""

NO_ROAD = ("none", Later("no gateway is open"))
"""Waits until one is: for what WhatsApp could not bring while SMS rests, or the other way round."""

Tried = list[tuple[str, Outcome]]
"""What each gateway in turn said of one message."""


@dataclass(frozen=True)
class Sender:
    """What sending needs: the outbox, the gateways (first choice first), Redis for pace and counts."""

    database: Database
    gateways: Sequence[Gateway]
    redis: Redis
    settings: Settings
    pace: Pace
    whatsapp: Sequence[Gateway] = ()
    """For messages on WhatsApp; `gateways` are for SMS."""


def make_sender(
    database: Database,
    gateways: Sequence[Gateway],
    redis: Redis,
    settings: Settings,
    whatsapp: Sequence[Gateway] = (),
) -> Sender:
    """A sender with the pace of the settings."""
    return Sender(database, gateways, redis, settings, Pace(redis, settings.sms_rate), whatsapp)


def drain(sender: Sender, *, seconds: float, stop: Callable[[], bool] = lambda: False) -> bool:
    """Send until nothing is due (True), or until time is up or `stop` says so (False)."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and not stop():
        batch, roads = _claim(sender)
        if not batch:
            return True
        _write_down(sender, _send(sender, batch, roads))
    return False


@dataclass(frozen=True, slots=True)
class Roads:
    """The gateways of each channel that don't rest."""

    sms: Sequence[Gateway]
    whatsapp: Sequence[Gateway]

    @property
    def channels(self) -> list[str]:
        """Whose messages can be sent now: what WhatsApp can't bring goes by SMS."""
        return ["sms", "whatsapp"] if self.sms else ["whatsapp"] if self.whatsapp else []


def _claim(sender: Sender) -> tuple[list[Outgoing], Roads]:
    """The next batch, and the gateways that don't rest; no batch while all of them do."""
    with sender.database.begin() as session:
        resting = troubled_gateways(session)
        roads = Roads(
            [gateway for gateway in sender.gateways if not resting.get(gateway.name)],
            [gateway for gateway in sender.whatsapp if not resting.get(gateway.name)],
        )
        limit = min(LARGEST_BATCH, sender.settings.sms_rate)
        return (_due(session, limit, roads.channels, sender.settings) if roads.channels else []), roads


def _due(session: Session, limit: int, channels: Sequence[str], settings: Settings) -> list[Outgoing]:
    """The next due messages; where DLT is on, those that are as registered (the others have failed)."""
    while batch := claim(session, limit, LEASE, channels):
        if settings.kannel is None or settings.kannel.dlt_entity is None:
            return batch
        # To whoever has no phone number nothing can go by SMS, and DLT is about SMS.
        texts = [message for message in batch if message.recipient.startswith("+")]
        chats = [message for message in batch if not message.recipient.startswith("+")]
        good = dlt.approve(session, texts, default_language=settings.default_language)
        if len(good) < len(texts):
            log.warning("not as registered", messages=len(texts) - len(good))
        if good or chats:
            return [*good, *chats]
    return []


def _send(sender: Sender, batch: Sequence[Outgoing], roads: Roads) -> list[tuple[Outgoing, Tried]]:
    """Each message by its channel; what WhatsApp can't bring goes on as an SMS, and stays one."""
    chats = [message for message in batch if message.channel == "whatsapp"]
    texts = [message for message in batch if message.channel != "whatsapp"]
    before = {message.id: tried for message, tried in _try(sender, chats, roads.whatsapp)}
    falling = {message.id for message in chats if falls_back(message, before[message.id])}
    sent = [(message, before[message.id]) for message in chats if message.id not in falling]
    texts += [replace(message, channel="sms", detoured=True) for message in chats if message.id in falling]
    for message, tried in _try(sender, texts, roads.sms):
        sent.append((message, before.get(message.id, []) + (tried or [NO_ROAD])))
    return [(message, tried or [NO_ROAD]) for message, tried in sent]


def falls_back(message: Outgoing, tried: Tried) -> bool:
    """Whether an SMS may reach who WhatsApp can't: it said so, or none of its gateways is open."""
    if not message.recipient.startswith("+"):
        return False
    return not tried or (isinstance(tried[-1][1], Never) and goes_on(tried[-1][1]))


def _try(
    sender: Sender, batch: Sequence[Outgoing], gateways: Sequence[Gateway]
) -> list[tuple[Outgoing, Tried]]:
    """Try the gateways in turn; each gets what the one before could not take."""
    tried: dict[int, Tried] = {message.id: [] for message in batch}
    left = list(batch)
    for gateway in gateways:
        if not left:
            break
        sender.pace.wait(gateway.name, len(left))
        outcomes = gateway.send(left)
        if any(isinstance(outcome, Later) and outcome.slow for outcome in outcomes):
            sender.pace.slow(gateway.name)
        for message, outcome in zip(left, outcomes, strict=True):
            tried[message.id].append((gateway.name, outcome))
        left = [message for message, outcome in zip(left, outcomes, strict=True) if goes_on(outcome)]
    return [(message, tried[message.id]) for message in batch]


def goes_on(outcome: Outcome) -> bool:
    """Whether another gateway may try: only where this one surely has not taken the message."""
    match outcome:
        case Later() | Paused():
            return outcome != NOT_TRIED
        case Never(elsewhere=elsewhere):
            return elsewhere
        case _:
            return False


def judge(message: Outgoing, tried: Tried) -> Result:
    """What becomes of a message after all gateways that could try it have."""
    return replace(_judge(message, tried), detour=_detour(message, tried))


def _detour(message: Outgoing, tried: Tried) -> str | None:
    """Why it has become an SMS, or went without its picture."""
    match tried[-1][1]:
        case Accepted(bare=str(reason)):
            return f"no picture: {reason}"
    if not message.detoured:
        return None
    before = [outcome.reason for _, outcome in tried if isinstance(outcome, Never) and outcome.elsewhere]
    return before[0] if before else "WhatsApp rests"


def _judge(message: Outgoing, tried: Tried) -> Result:
    gateway, last = tried[-1]
    channel = message.channel
    hopeful = [outcome for _, outcome in tried if isinstance(outcome, Later | Paused)]
    match last:
        case Accepted(provider_id, delivered):
            state = "delivered" if delivered else "sent"
            return Result(message.id, message.attempts, state, gateway, provider_id, channel=channel)
        case Unsure(reason):
            return Result(
                message.id, message.attempts, "unsure", gateway, None, reason, DOUBT_SECONDS, channel
            )
        case Never(reason) if not (last.elsewhere and hopeful):
            return Result(message.id, message.attempts, "failed", gateway, None, reason, channel=channel)
        case _:
            wait = 0.0 if last == NOT_TRIED else retry_wait(message.attempts)
            return Result(
                message.id, message.attempts, "queued", None, None, hopeful[-1].reason, wait, channel
            )


def retry_wait(attempts: int) -> float:
    """Seconds until the next attempt: about 5, 15, 45 … up to 15 minutes, spread by half either way."""
    # Not for secrets: it only keeps a thousand retries from coming in the same second.
    spread = random.uniform(0.5, 1.5)  # noqa: S311
    return min(LONGEST_RETRY, FIRST_RETRY * 3.0 ** min(attempts - 1, 10)) * spread


def _write_down(sender: Sender, sent: Sequence[tuple[Outgoing, Tried]]) -> None:
    """Record a batch, rest or wake gateways, and stop texting numbers that must not be texted."""
    results = [judge(message, tried) for message, tried in sent]
    default = sender.settings.default_language
    with sender.database.begin() as session:
        record(session, results)
        troubled = troubled_gateways(session)
        for name, trouble in _pauses(sent).items():
            pause_gateway(session, name, trouble, default_language=default)
        for name in {name for name, outcome in _all(sent) if isinstance(outcome, Accepted)} & troubled.keys():
            resume_gateway(session, name)
        for message, tried in sent:
            for _, outcome in tried:
                if isinstance(outcome, Never) and outcome.blocked:
                    heed_block(
                        session, message.recipient, outcome.reason, default, one_road=outcome.elsewhere
                    )
    _log(sent, results)
    _count(sender.redis, sent)


def _all(sent: Sequence[tuple[Outgoing, Tried]]) -> Iterator[tuple[str, Outcome]]:
    return (attempt for _, tried in sent for attempt in tried)


def _pauses(sent: Sequence[tuple[Outgoing, Tried]]) -> dict[str, Trouble]:
    """The gateways to rest: those that say so, and those that only keep silent."""
    pauses: dict[str, Trouble] = {
        name: outcome.reason for name, outcome in _all(sent) if isinstance(outcome, Paused)
    }
    silent = Counter(name for name, outcome in _all(sent) if outcome == Unsure(NO_ANSWER))
    alive = {name for name, outcome in _all(sent) if isinstance(outcome, Accepted)}
    return pauses | {
        name: "silent" for name, count in silent.items() if count >= SILENCES and name not in alive
    }


def _log(sent: Sequence[tuple[Outgoing, Tried]], results: Sequence[Result]) -> None:
    for (message, tried), result in zip(sent, results, strict=True):
        log.info(
            "message",
            id=message.id,
            kind=message.kind,
            to=masked(message.recipient),
            channel=message.channel,
            gateway=tried[-1][0],
            state=result.state,
            attempt=message.attempts,
            **({"why": result.error} if result.error else {}),
        )


def _count(redis: Redis, sent: Sequence[tuple[Outgoing, Tried]]) -> None:
    """Add to the figures of /metrics; without Redis they are lost, the messages are not."""
    counts = Counter(f"{name}:{type(outcome).__name__.lower()}" for name, outcome in _all(sent))
    try:
        with redis.pipeline(transaction=False) as pipe:
            for field, count in counts.items():
                pipe.hincrby(COUNTS, field, count)
            pipe.execute()
    except RedisError as error:
        log.warning("counts lost", why=type(error).__name__)
