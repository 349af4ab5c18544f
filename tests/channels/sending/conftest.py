"""An outbox of one's own, and the settings to send from it."""

from __future__ import annotations

from dataclasses import replace

import pytest
import redis

from core.db import Database
from core.settings import Settings
from tests.channels.sending.maker import Maker
from tests.conftest import SECRET, Servers


@pytest.fixture
def settings(servers: Servers) -> Settings:
    env = {
        "DATABASE_URL": servers.database_url("postgres"),
        "REDIS_URL": servers.redis_url,
        "BIJLI_SECRET_KEY": SECRET,
        "BIJLI_DEMO": "1",
        "BIJLI_HELPLINE": "1800123456",
        "AT_SECRET": SECRET,
    }
    return replace(Settings.from_env(env), sms_rate=10_000)


@pytest.fixture
def make(outbox_database: Database, redis_client: redis.Redis, settings: Settings) -> Maker:
    return Maker(outbox_database, redis_client, settings)
