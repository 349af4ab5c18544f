"""Redis on the hop: one connection per thread, without the pool and the retries of redis-py's client.

Those cost as much again as a command itself. Redis may be empty or away at any time: then there is no
answer, and for a while nobody asks again.
"""

from __future__ import annotations

import threading
import time
from typing import Any, Protocol, cast

import redis
import structlog
from redis import Redis

log = structlog.get_logger(__name__)

REST = 2.0
"""Seconds without asking a Redis that did not answer: a hop must not wait for it at every step."""


class _Connection(Protocol):
    """What we use of redis-py's connection, which has no types of its own."""

    def connect(self) -> None: ...

    def pack_command(self, *words: Any) -> list[bytes]: ...

    def send_packed_command(self, packed: list[bytes]) -> None: ...

    def read_response(self, *, disable_decoding: bool) -> Any: ...

    def disconnect(self) -> None: ...


class Wire:
    """Commands to Redis, each thread on its own connection."""

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._local = threading.local()
        self._rest_until = 0.0

    def call(self, *command: Any) -> Any:
        """One command and its answer; None when Redis is away. A dead connection is opened anew, once."""
        if time.monotonic() < self._rest_until:
            return None
        for last in (False, True):
            fresh = getattr(self._local, "connection", None) is None
            try:
                return self._ask(*command)
            except redis.exceptions.NoScriptError:
                raise
            except (redis.RedisError, OSError) as error:
                if last or fresh:
                    log.warning("redis_away", error=type(error).__name__)
                    self._rest_until = time.monotonic() + REST
                    return None
        return None

    def tell(self, *command: Any, soon: bool = False) -> None:
        """Send, and read the answer only before the next command: half the cost of a trip is waiting.

        For what may be lost without harm, as it is when the connection breaks meanwhile. `soon`: it
        leaves together with this thread's next command, where one is known to follow.
        """
        if getattr(self._local, "connection", None) is None:
            self.call(*command)
            return
        try:
            connection = self._connection()
            self._local.unsent += connection.pack_command(*command)
            self._local.unread += 1
            if not soon:
                self._send(connection)
        except (redis.RedisError, OSError):
            self.close()

    def close(self) -> None:
        """Close this thread's connection."""
        found: _Connection | None = getattr(self._local, "connection", None)
        if found is not None:
            found.disconnect()
            self._local.connection = None

    def _ask(self, *command: Any) -> Any:
        """Send and read, or end the connection: an answer that was not read, because RQ's alarm for a
        job that takes too long came in between, would go to the next caller."""
        connection = self._connection()
        try:
            self._local.unsent += connection.pack_command(*command)
            self._send(connection)
            while self._local.unread:
                self._local.unread -= 1
                _skip(connection)
            return connection.read_response(disable_decoding=True)
        except redis.ResponseError:
            raise
        except BaseException:
            self.close()
            raise

    def _send(self, connection: _Connection) -> None:
        """All that was packed for this connection, in one packet."""
        packed, self._local.unsent = self._local.unsent, []
        connection.send_packed_command([b"".join(packed)])

    def _connection(self) -> _Connection:
        found: _Connection | None = getattr(self._local, "connection", None)
        if found is None:
            found = cast("_Connection", self._client.connection_pool.make_connection())
            found.connect()
            self._local.connection = found
            self._local.unread = 0
            self._local.unsent = []
        return found


def _skip(connection: _Connection) -> None:
    """Read an answer that nobody waits for."""
    try:
        connection.read_response(disable_decoding=True)
    except redis.ResponseError as error:
        log.warning("redis_refused", error=type(error).__name__)
