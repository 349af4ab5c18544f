"""Alive, ready, and the figures: what a load balancer and Prometheus see."""

from __future__ import annotations

import redis
from flask import Flask
from flask.testing import FlaskClient
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import text

from channels.nudge import nudge
from channels.sending import COUNTS
from channels.web.health import health_routes
from channels.web.metrics import metrics_routes
from core.alerts import pause_gateway
from core.db import Database, ThreadReader
from core.outbox import post
from core.settings import Settings


def client(database: Database, connection: redis.Redis) -> FlaskClient:
    app = Flask(__name__)
    app.register_blueprint(health_routes(database.reader, connection))
    app.register_blueprint(metrics_routes(database, connection))
    return app.test_client()


def test_ready_when_all_is_there(outbox_database: Database, redis_client: redis.Redis) -> None:
    answer = client(outbox_database, redis_client).get("/readyz")
    assert (answer.status_code, answer.json) == (200, {"database": "ok", "migrations": "ok", "redis": "ok"})


def test_alive_whatever_is_away(outbox_database: Database) -> None:
    nobody = redis.Redis(port=1, socket_connect_timeout=0.1, retry=Retry(NoBackoff(), 0))
    web = client(outbox_database, nobody)
    assert web.get("/healthz").status_code == 200
    answer = web.get("/readyz")
    assert (answer.status_code, answer.json) == (
        503,
        {"database": "ok", "migrations": "ok", "redis": "ConnectionError"},
    )


def test_not_ready_without_the_newest_migration(settings: Settings, redis_client: redis.Redis) -> None:
    database = Database(settings.database_url)
    with database.begin() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    answer = client(database, redis_client).get("/readyz")
    assert (answer.status_code, answer.json) == (
        503,
        {"database": "ok", "migrations": "not up to date", "redis": "ok"},
    )
    database.close()


def test_not_ready_without_a_database(redis_client: redis.Redis) -> None:
    app = Flask(__name__)
    app.register_blueprint(health_routes(ThreadReader("postgresql://nobody@127.0.0.1:1/none"), redis_client))
    answer = app.test_client().get("/readyz")
    assert (answer.status_code, answer.json) == (
        503,
        {"database": "OperationalError", "migrations": "OperationalError", "redis": "ok"},
    )


def test_metrics_go_on_without_redis(outbox_database: Database) -> None:
    nobody = redis.Redis(port=1, socket_connect_timeout=0.1, retry=Retry(NoBackoff(), 0))
    answer = client(outbox_database, nobody).get("/metrics")
    assert answer.status_code == 200
    assert 'bijli_outbox_messages{state="queued"} 0.0' in answer.text
    assert "bijli_queued_jobs" not in answer.text


def test_metrics_tell_what_waits_and_what_rests(outbox_database: Database, redis_client: redis.Redis) -> None:
    with outbox_database.begin() as session:
        for number in range(3):
            post(
                session,
                source=str(number),
                recipient="+919800000001",
                kind="receipt",
                text="hello",
                language="en",
                default_language="en",
            )
        pause_gateway(session, "kannel", "balance", default_language="en")
    redis_client.hincrby(COUNTS, "kannel:accepted", 7)
    nudge(redis_client)
    lines = client(outbox_database, redis_client).get("/metrics").text.splitlines()
    assert {
        'bijli_outbox_messages{state="queued"} 3.0',
        'bijli_gateway_rests{gateway="kannel"} 1.0',
        'bijli_sent_total{gateway="kannel",outcome="accepted"} 7.0',
        'bijli_queued_jobs{queue="urgent"} 1.0',
    } <= set(lines)
