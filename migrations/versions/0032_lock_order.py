"""Postings lock the accounts of people before those of plants, as billing runs do; none blocks another.

A run holds the dues of a batch before it posts, and the plant's income last of all. A posting that locked
by id alone held the income first wherever a customer's account was opened after it.
"""

from __future__ import annotations

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def post(order: str) -> str:
    """The check of a statement's postings, with the order in which accounts are locked."""
    return f"""
    CREATE OR REPLACE FUNCTION posting_inserted() RETURNS trigger LANGUAGE plpgsql
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
    DECLARE
        wrong bigint;
        found_accounts bigint;
        wanted_accounts bigint;
    BEGIN
        SELECT entry_id INTO wrong FROM fresh GROUP BY entry_id HAVING sum(amount_paise) <> 0 LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'entry % does not balance', wrong USING ERRCODE = 'check_violation';
        END IF;
        SELECT entry_id INTO wrong FROM (SELECT DISTINCT entry_id FROM fresh) AS named
        WHERE NOT EXISTS (SELECT FROM entry WHERE id = named.entry_id) LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'there is no entry %', wrong USING ERRCODE = 'foreign_key_violation';
        END IF;
        PERFORM 1 FROM account WHERE id IN (SELECT account_id FROM fresh) ORDER BY {order} FOR NO KEY UPDATE;
        GET DIAGNOSTICS found_accounts = ROW_COUNT;
        SELECT count(DISTINCT account_id) INTO wanted_accounts FROM fresh;
        IF found_accounts <> wanted_accounts THEN
            RAISE EXCEPTION 'a posting names an account that is not there'
            USING ERRCODE = 'foreign_key_violation';
        END IF;
        UPDATE account SET balance_paise = account.balance_paise + moved.paise
        FROM (SELECT account_id, sum(amount_paise) AS paise FROM fresh GROUP BY account_id) AS moved
        WHERE account.id = moved.account_id;
        RETURN NULL;
    END $$
    """  # noqa: S608 (our own words)


def upgrade() -> None:
    """Plants' accounts last."""
    op.execute(post("plant_id IS NOT NULL, id"))


def downgrade() -> None:
    """By id alone again."""
    op.execute(post("id"))
