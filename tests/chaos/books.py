"""What must hold of the books whatever happened."""

from __future__ import annotations

import psycopg

UNBALANCED = "SELECT entry_id FROM posting GROUP BY entry_id HAVING sum(amount_paise) <> 0"
UNTRUE = """
    SELECT account.id FROM account LEFT JOIN posting ON posting.account_id = account.id
    GROUP BY account.id HAVING account.balance_paise <> coalesce(sum(posting.amount_paise), 0)
"""
GAPS = """
    SELECT plant_id, year, count(*), min(serial), max(serial) FROM receipt
    GROUP BY plant_id, year HAVING count(*) <> max(serial) OR min(serial) <> 1
"""
EMPTY = "SELECT id FROM entry WHERE NOT EXISTS (SELECT FROM posting WHERE posting.entry_id = entry.id)"
WITHOUT_RECEIPT = (
    "SELECT id FROM payment WHERE NOT EXISTS (SELECT FROM receipt WHERE payment_id = payment.id)"
)


def check_books(database_url: str) -> None:
    """Entries balance, balances are their postings, receipts have no gap, nothing came to a deadlock."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        for wrong in (UNBALANCED, UNTRUE, GAPS, EMPTY, WITHOUT_RECEIPT):
            assert connection.execute(wrong).fetchall() == [], wrong
        assert connection.execute("SELECT sum(balance_paise) FROM account").fetchall() == [(0,)]
        deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        assert connection.execute(deadlocks).fetchall() == [(0,)]
