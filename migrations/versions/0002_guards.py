"""What the database itself guards: append-only rows, balanced entries, true balances, staff scope."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APPEND_ONLY = ("entry", "posting", "audit", "request_event")

FORBID = """
CREATE FUNCTION forbid_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""

# All postings of an entry come in one statement, so the check needs no deferral and costs one
# grouped pass over the new rows. Accounts are locked in id order: two entries can't deadlock.
POST = """
CREATE FUNCTION posting_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
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

POST_TRIGGER = """
CREATE TRIGGER posting_inserted AFTER INSERT ON posting
REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION posting_inserted()
"""

# A balance may change only as far as postings say so: outside the posting trigger it is refused.
KEEP_BALANCE = """
CREATE FUNCTION keep_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'a balance changes only through postings' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$
"""

KEEP_BALANCE_TRIGGERS = (
    """CREATE TRIGGER keep_balance BEFORE UPDATE OF balance_paise ON account
       FOR EACH ROW EXECUTE FUNCTION keep_balance()""",
    """CREATE TRIGGER start_at_zero BEFORE INSERT ON account
       FOR EACH ROW WHEN (NEW.balance_paise <> 0) EXECUTE FUNCTION keep_balance()""",
)

STAFF_PLANT = """
CREATE VIEW staff_plant AS
SELECT DISTINCT scope.staff_id, plant.id AS plant_id
FROM staff_scope AS scope
JOIN plant ON true
JOIN cluster ON cluster.id = plant.cluster_id
WHERE plant.id = scope.plant_id OR cluster.id = scope.cluster_id OR cluster.state_id = scope.state_id
"""


def upgrade() -> None:
    """Create functions, triggers and the view."""
    op.execute(FORBID)
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION forbid_change()"
        )
        op.execute(
            f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION forbid_change()"
        )
    op.execute(POST)
    op.execute(POST_TRIGGER)
    op.execute(KEEP_BALANCE)
    for trigger in KEEP_BALANCE_TRIGGERS:
        op.execute(trigger)
    op.execute(STAFF_PLANT)


def downgrade() -> None:
    """Remove them again."""
    op.execute("DROP VIEW staff_plant")
    op.execute("DROP TRIGGER start_at_zero ON account")
    op.execute("DROP TRIGGER keep_balance ON account")
    op.execute("DROP TRIGGER posting_inserted ON posting")
    for table in APPEND_ONLY:
        op.execute(f"DROP TRIGGER no_truncate ON {table}")
        op.execute(f"DROP TRIGGER append_only ON {table}")
    for function in ("keep_balance", "posting_inserted", "forbid_change"):
        op.execute(f"DROP FUNCTION {function}()")
