"""Whether the process lives (/healthz), and whether it can work (/readyz)."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
from alembic.script import ScriptDirectory
from flask import Blueprint, Response, jsonify
from redis import Redis
from redis.exceptions import RedisError

from core.db import Reader
from migrations import config


def health_routes(reader: Reader, redis: Redis) -> Blueprint:
    """/healthz asks nobody; /readyz asks the database, its migrations and Redis, 503 when one says no."""
    routes = Blueprint("health", __name__)
    newest = ScriptDirectory.from_config(config("postgresql://")).get_current_head()

    @routes.get("/healthz")
    def healthz() -> Response:
        return Response("ok\n", content_type="text/plain")

    @routes.get("/readyz")
    def readyz() -> tuple[Response, int]:
        found = {
            "database": _database(reader),
            "migrations": _migrations(reader, newest),
            "redis": _redis(redis),
        }
        ready = all(answer == "ok" for answer in found.values())
        return jsonify(found), 200 if ready else 503

    return routes


def _asked(ask: Callable[[], bool], otherwise: str) -> str:
    """`ok`, `otherwise`, or the kind of error; never its words, which may hold addresses."""
    try:
        return "ok" if ask() else otherwise
    except (psycopg.Error, RedisError, OSError) as error:
        return type(error).__name__


def _database(reader: Reader) -> str:
    return _asked(lambda: reader.rows("SELECT 1", {}) == [(1,)], "wrong answer")


def _migrations(reader: Reader, newest: str | None) -> str:
    found = "SELECT version_num FROM alembic_version"
    return _asked(lambda: reader.rows(found, {}) == [(newest,)], "not up to date")


def _redis(redis: Redis) -> str:
    return _asked(lambda: bool(redis.ping()), "no answer")
