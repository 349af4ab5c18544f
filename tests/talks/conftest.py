"""What all walks set out from."""

from __future__ import annotations

import pytest
import redis

from core.clock import today
from tests.conftest import Servers, demo_settings
from tests.play import Play
from tests.talks.stage import set_out

_made: set[str] = set()


@pytest.fixture
def stage(servers: Servers, world_template: str) -> str:
    """A database with payments to show and to take back, made once a day; every walk gets its own copy."""
    name = f"bijli_stage_{today():%Y%m%d}"
    if name not in _made:
        servers.admin(f"CREATE DATABASE {name} TEMPLATE {world_template}")
        with redis.Redis.from_url(servers.redis_url) as client:
            client.flushall()  # of what tests before have left
        play = Play(demo_settings(servers, servers.database_url(name)))
        set_out(play)
        play.close()
        _made.add(name)
    return name
