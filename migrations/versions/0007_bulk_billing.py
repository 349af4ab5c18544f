"""Bulk rows without foreign keys: what they refer to is checked a statement at a time, and never deleted."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# constraint: (table, column, what it refers to)
FOREIGN_KEYS = {
    "posting_entry_id_fkey": ("posting", "entry_id", "entry"),
    "posting_account_id_fkey": ("posting", "account_id", "account"),
    "bill_connection_id_fkey": ("bill", "connection_id", "connection"),
    "bill_entry_id_fkey": ("bill", "entry_id", "entry"),
    "bill_run_id_fkey": ("bill", "run_id", "billing_run"),
    "bill_tariff_id_fkey": ("bill", "tariff_id", "tariff"),
}
# Entries are append-only already.
KEPT = ("account", "connection", "billing_run", "tariff")

OLD_POST = """
CREATE OR REPLACE FUNCTION posting_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wrong bigint;
BEGIN
    SELECT entry_id INTO wrong FROM fresh GROUP BY entry_id HAVING sum(amount_paise) <> 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'entry % does not balance', wrong USING ERRCODE = 'check_violation';
    END IF;
    PERFORM 1 FROM account WHERE id IN (SELECT account_id FROM fresh) ORDER BY id FOR NO KEY UPDATE;
    UPDATE account SET balance_paise = account.balance_paise + moved.paise
    FROM (SELECT account_id, sum(amount_paise) AS paise FROM fresh GROUP BY account_id) AS moved
    WHERE account.id = moved.account_id;
    RETURN NULL;
END $$
"""

# As before, and the foreign keys of posting: every entry is there, and every account was found to move.
# A session keeps the plan of its first call. Rows are looked up one by one, for any other join would read
# a whole table for each batch.
POST = """
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
    PERFORM 1 FROM account WHERE id IN (SELECT account_id FROM fresh) ORDER BY id FOR NO KEY UPDATE;
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
"""

# Thousands of bills share a run, an entry and a few tariffs: those are looked up once each.
BILL = """
CREATE FUNCTION bill_inserted() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    IF EXISTS (SELECT FROM (SELECT DISTINCT run_id AS id FROM fresh) AS named WHERE id IS NOT NULL
               AND NOT EXISTS (SELECT FROM billing_run WHERE billing_run.id = named.id))
    OR EXISTS (SELECT FROM (SELECT DISTINCT entry_id AS id FROM fresh) AS named WHERE id IS NOT NULL
               AND NOT EXISTS (SELECT FROM entry WHERE entry.id = named.id))
    OR EXISTS (SELECT FROM (SELECT DISTINCT tariff_id AS id FROM fresh) AS named WHERE id IS NOT NULL
               AND NOT EXISTS (SELECT FROM tariff WHERE tariff.id = named.id))
    OR EXISTS (SELECT FROM fresh
               WHERE NOT EXISTS (SELECT FROM connection WHERE connection.id = fresh.connection_id))
    THEN
        RAISE EXCEPTION 'a bill names a connection, entry, run or tariff that is not there'
        USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$
"""

FORBID = """
CREATE FUNCTION forbid_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% rows keep their id for good', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""

UP = (
    *(f"ALTER TABLE {table} DROP CONSTRAINT {name}" for name, (table, _, _) in FOREIGN_KEYS.items()),
    "ALTER TABLE bill DROP CONSTRAINT bill_entry_id_key",
    "DROP INDEX bill_by_run",
    "CREATE INDEX bill_by_run ON bill (run_id, id) WHERE run_id IS NOT NULL AND reversed_at IS NULL",
    # Room for a new balance beside the old one: the indexes are not touched.
    "ALTER TABLE account SET (fillfactor = 45)",
    POST,
    BILL,
    """
    CREATE TRIGGER bill_inserted AFTER INSERT ON bill
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION bill_inserted()
    """,
    """
    CREATE TRIGGER keep_origin BEFORE UPDATE OF connection_id, entry_id, run_id, tariff_id ON bill
    FOR EACH ROW EXECUTE FUNCTION forbid_change()
    """,
    FORBID,
    *(
        f"CREATE TRIGGER keep_row BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION forbid_delete()"
        for table in KEPT
    ),
    *(
        f"CREATE TRIGGER keep_id BEFORE UPDATE OF id ON {table} FOR EACH ROW EXECUTE FUNCTION forbid_delete()"
        for table in KEPT
    ),
    *(
        f"CREATE TRIGGER keep_rows BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION forbid_delete()"
        for table in KEPT
    ),
)
DOWN = (
    *(f"DROP TRIGGER {name} ON {table}" for table in KEPT for name in ("keep_row", "keep_id", "keep_rows")),
    "DROP FUNCTION forbid_delete()",
    "DROP TRIGGER keep_origin ON bill",
    "DROP TRIGGER bill_inserted ON bill",
    "DROP FUNCTION bill_inserted()",
    OLD_POST,
    "ALTER TABLE account RESET (fillfactor)",
    "DROP INDEX bill_by_run",
    "CREATE INDEX bill_by_run ON bill (run_id, id) WHERE run_id IS NOT NULL",
    "ALTER TABLE bill ADD CONSTRAINT bill_entry_id_key UNIQUE (entry_id)",
    *(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({column}) REFERENCES {target}"
        for name, (table, column, target) in FOREIGN_KEYS.items()
    ),
)


def upgrade() -> None:
    """Put checks of a whole statement in the place of checks row by row."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Bring the foreign keys back; refused by the database once the bills of a batch share their entry."""
    for statement in DOWN:
        op.execute(statement)
