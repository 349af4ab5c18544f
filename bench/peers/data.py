"""The peers' own table, in a database of its own: one indexed row per household."""

from __future__ import annotations

import psycopg

from bench.population import LANGUAGE, households


def fill(url: str) -> None:
    """Make and fill the peers' table in the empty database at `url`."""
    with psycopg.connect(url) as connection:
        connection.execute(
            "CREATE TABLE peer_customer (phone text PRIMARY KEY, name text NOT NULL,"
            " language text NOT NULL, due_paise bigint NOT NULL)"
        )
        with connection.cursor().copy("COPY peer_customer FROM STDIN") as copy:
            for one in households():
                copy.write_row((one.phone, one.name, LANGUAGE, one.due_paise))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE peer_customer")
