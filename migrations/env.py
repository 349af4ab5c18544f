"""Alembic's entry: runs migrations against the address it is given, one at a time per database."""

from __future__ import annotations

from alembic import context
from sqlalchemy import create_engine, pool, text

from core.tables import Base

LOCK = 7_215_001


def run() -> None:
    """Run under an advisory lock, so that two starting services do not migrate at once."""
    url = context.config.get_main_option("sqlalchemy.url")
    if url is None:
        raise RuntimeError("no database address")
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
        connection.commit()
        context.configure(connection=connection, target_metadata=Base.metadata, compare_server_default=False)
        with context.begin_transaction():
            context.run_migrations()


run()
