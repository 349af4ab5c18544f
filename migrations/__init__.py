"""Alembic migrations; `upgrade(url)` brings a database to the newest."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from core.db import sqlalchemy_url


def config(url: str) -> Config:
    """Alembic's configuration for one database address."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent))
    made.set_main_option("sqlalchemy.url", sqlalchemy_url(url).replace("%", "%%"))
    return made


def upgrade(url: str) -> None:
    """Apply every migration that is missing."""
    command.upgrade(config(url), "head")


def versions(url: str) -> tuple[str | None, str | None]:
    """The version the database is at, and the newest one there is."""
    head = ScriptDirectory.from_config(config(url)).get_current_head()
    engine = create_engine(sqlalchemy_url(url))
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision(), head
    finally:
        engine.dispose()
