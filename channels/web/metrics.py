"""Figures for Prometheus: what this process counted, and what the outbox, queues and gateways look like."""

from __future__ import annotations

from collections.abc import Iterator

import structlog
from flask import Blueprint, Response
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from redis import Redis
from redis.exceptions import RedisError

from channels.nudge import QUEUES
from channels.sending import COUNTS
from core.alerts import troubled_gateways
from core.db import Database
from core.outbox_sweep import count_waiting
from core.stuck import CAUSES, everywhere

log = structlog.get_logger()


class _Shared(Collector):
    """What all processes share, read at the moment of asking."""

    def __init__(self, database: Database, redis: Redis) -> None:
        self._database = database
        self._redis = redis

    def collect(self) -> Iterator[Metric]:
        with self._database.begin() as session:
            waiting, troubled = count_waiting(session), troubled_gateways(session)
            found = everywhere(session)
        late = waiting.pop("late")
        states = GaugeMetricFamily("bijli_outbox_messages", "Messages not finished", labels=["state"])
        for state, count in waiting.items():
            states.add_metric([state], count)
        yield states
        yield GaugeMetricFamily(
            "bijli_outbox_late_seconds", "How long the oldest message has been due", value=late
        )
        rests = GaugeMetricFamily(
            "bijli_gateway_rests", "1 while a gateway in trouble rests", labels=["gateway"]
        )
        for gateway, resting in troubled.items():
            rests.add_metric([gateway], float(resting))
        yield rests
        stuck = GaugeMetricFamily("bijli_stuck", "What has waited over five minutes", labels=["cause"])
        for cause in CAUSES:
            stuck.add_metric([cause], found[cause].count if cause in found else 0)
        yield stuck
        yield from self._from_redis()

    def _from_redis(self) -> list[Metric]:
        """Nothing while Redis is away: just then the figures of the outbox are wanted."""
        sent = CounterMetricFamily("bijli_sent", "Messages given to gateways", labels=["gateway", "outcome"])
        queues = GaugeMetricFamily("bijli_queued_jobs", "Jobs that wait for a worker", labels=["queue"])
        try:
            for field, count in self._redis.hgetall(COUNTS).items():
                name = field.decode() if isinstance(field, bytes) else field
                sent.add_metric(name.split(":", 1), int(count))
            for queue in QUEUES:
                queues.add_metric([queue], self._redis.llen(f"rq:queue:{queue}"))
        except RedisError as error:
            log.warning("no figures from Redis", why=type(error).__name__)
            return []
        return [sent, queues]


def metrics_routes(database: Database, redis: Redis) -> Blueprint:
    """/metrics in Prometheus' text form."""
    routes = Blueprint("metrics", __name__)
    shared = CollectorRegistry(auto_describe=False)
    shared.register(_Shared(database, redis))

    @routes.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(REGISTRY) + generate_latest(shared), content_type=CONTENT_TYPE_LATEST)

    return routes
