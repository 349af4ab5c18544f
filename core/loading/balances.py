"""balances.csv: what was owed and held before we came, and the last bill of that time.

An opening balance is one ledger entry. A corrected one is reversed and posted anew, so that the
ledger still tells what was believed before.
"""

# ruff: noqa: S608
# Statements are put together from our own names only, never from a cell's text.
from __future__ import annotations

from core.loading import amounts, cells
from core.loading.part import Check, Column, Part, changes, known, unique

_AT = "(as_of::timestamp AT TIME ZONE 'Asia/Kolkata')"

# Every opening entry that the connections of the file have had. Found by its source, which names
# the connection and the opening entry before it: `opening:<connection>:<entry, or 0>`.
_PAST = """
    CREATE TEMP TABLE load_past ON COMMIT DROP AS
    SELECT connection.id AS connection_id, entry.id AS entry_id, entry.at, entry.plant_id,
        EXISTS (SELECT 1 FROM entry AS undoing WHERE undoing.reverses_id = entry.id) AS undone,
        coalesce(sum(posting.amount_paise) FILTER (WHERE account.kind = 'dues'), 0)::bigint AS dues,
        coalesce(sum(posting.amount_paise) FILTER (WHERE account.kind = 'deposit'), 0)::bigint AS deposit
    FROM entry JOIN connection ON connection.id::text = split_part(entry.source, ':', 2)
    JOIN in_balances ON in_balances.connection = connection.reference
    JOIN posting ON posting.entry_id = entry.id JOIN account ON account.id = posting.account_id
    WHERE entry.kind = 'opening' AND entry.source LIKE 'opening:%'
    GROUP BY connection.id, entry.id
"""

# The rows that say something else than the ledger.
_OPENINGS = f"""
    CREATE TEMP TABLE load_openings ON COMMIT DROP AS
    SELECT * FROM (
        SELECT line, connection.id AS connection_id, connection.plant_id, {_AT} AS at, balance AS dues,
            coalesce(-in_balances.deposit, standing.deposit, 0) AS deposit,
            format('opening:%s:%s', connection.id, coalesce(last.entry_id, 0)) AS source,
            last.entry_id AS last_id, standing.entry_id AS standing_id,
            standing.plant_id AS standing_plant_id, standing.at AS standing_at,
            standing.dues AS standing_dues, standing.deposit AS standing_deposit
        FROM in_balances JOIN connection ON connection.reference = in_balances.connection
        LEFT JOIN load_past AS standing ON standing.connection_id = connection.id AND NOT standing.undone
        LEFT JOIN (
            SELECT connection_id, max(entry_id) AS entry_id FROM load_past GROUP BY connection_id
        ) AS last ON last.connection_id = connection.id
    ) AS given
    WHERE CASE WHEN standing_id IS NULL THEN dues <> 0 OR deposit <> 0
        ELSE ROW(at, dues, deposit) IS DISTINCT FROM ROW(standing_at, standing_dues, standing_deposit) END
"""

_UNDO = """
    WITH made AS (
        INSERT INTO entry (source, kind, plant_id, at, reverses_id)
        SELECT format('opening:%s:%s:undone', connection_id, standing_id), 'reversal', standing_plant_id,
            moment, standing_id
        FROM load_openings, load_day WHERE standing_id IS NOT NULL ORDER BY line
        RETURNING id, reverses_id
    )
    INSERT INTO posting (entry_id, account_id, amount_paise)
    SELECT made.id, posting.account_id, -posting.amount_paise
    FROM made JOIN posting ON posting.entry_id = made.reverses_id
"""

_OPEN_ACCOUNTS = tuple(
    f"""
    INSERT INTO account (kind, {owner}) SELECT DISTINCT '{kind}', {owner} FROM load_openings
    WHERE {needed} AND NOT EXISTS (SELECT 1 FROM account
        WHERE account.kind = '{kind}' AND account.{owner} = load_openings.{owner})
    ON CONFLICT DO NOTHING
    """
    for kind, owner, needed in (
        ("dues", "connection_id", "dues <> 0"),
        ("deposit", "connection_id", "deposit <> 0"),
        ("opening", "plant_id", "dues + deposit <> 0"),
    )
)

_MOVES = """
    CREATE TEMP TABLE load_moves ON COMMIT DROP AS
    SELECT source, account.id AS account_id, dues AS paise FROM load_openings AS given
    JOIN account ON account.kind = 'dues' AND account.connection_id = given.connection_id WHERE dues <> 0
    UNION ALL SELECT source, account.id, deposit FROM load_openings AS given
    JOIN account ON account.kind = 'deposit' AND account.connection_id = given.connection_id
    WHERE deposit <> 0
    UNION ALL SELECT source, account.id, -dues - deposit FROM load_openings AS given
    JOIN account ON account.kind = 'opening' AND account.plant_id = given.plant_id WHERE dues + deposit <> 0
"""
_POST = """
    WITH made AS (
        INSERT INTO entry (source, kind, plant_id, at) SELECT source, 'opening', plant_id, at
        FROM load_openings WHERE dues <> 0 OR deposit <> 0 ORDER BY line
        RETURNING id, source
    )
    INSERT INTO posting (entry_id, account_id, amount_paise)
    SELECT made.id, account_id, paise FROM made JOIN load_moves USING (source) ORDER BY made.id
"""

# A connection has one bill from before our time: the newest without an entry.
_BILLS = """
    CREATE TEMP TABLE load_bills ON COMMIT DROP AS
    SELECT line, connection.id AS connection_id, last_bill_amount AS amount, last_bill_from AS period_from,
        last_bill_to AS period_to, coalesce(last_bill_date, last_bill_to) AS issued_on, due_date AS due_on,
        before.id AS bill_id
    FROM in_balances JOIN connection ON connection.reference = in_balances.connection
    LEFT JOIN (
        SELECT DISTINCT ON (connection_id) connection_id, id FROM bill
        WHERE entry_id IS NULL AND run_id IS NULL ORDER BY connection_id, period_from DESC
    ) AS before ON before.connection_id = connection.id
    WHERE last_bill_amount IS NOT NULL
"""

PART = Part(
    file="balances.csv",
    table="in_balances",
    key="connection",
    columns=(
        Column("connection", cells.code, required=True, also=(
            "connection reference", "connection id", "कनेक्शन",
        )),
        Column("as_of", amounts.day, sql="date", required=True, also=("date", "balance date", "तारीख")),
        Column("balance", amounts.signed_rupees, sql="bigint", required=True, also=(
            "outstanding", "dues", "arrears", "opening balance", "बकाया",
        )),
        Column("deposit", amounts.rupees, sql="bigint", also=("security deposit", "security", "सुरक्षा जमा")),
        Column("last_bill_amount", amounts.rupees, sql="bigint", also=("bill amount",)),
        Column("last_bill_from", amounts.day, sql="date", also=("bill from",)),
        Column("last_bill_to", amounts.day, sql="date", also=("bill to",)),
        Column("last_bill_date", amounts.day, sql="date", also=("bill date",)),
        Column("due_date", amounts.day, sql="date", also=("last date",)),
    ),
    checks=(
        unique("in_balances", "connection"),
        known("in_balances", "connection", "connection", "connection", "in_customers.connection"),
        Check("as_of", "{0} is still to come", """
            SELECT line, as_of FROM in_balances, load_day WHERE as_of > today
        """),
        Check("last_bill_amount", "a last bill needs also last_bill_from, last_bill_to and due_date", """
            SELECT line FROM in_balances
            WHERE num_nonnulls(last_bill_amount, last_bill_from, last_bill_to, due_date) NOT IN (0, 4)
        """),
        Check("last_bill_to", "{0} is before last_bill_from", """
            SELECT line, last_bill_to FROM in_balances WHERE last_bill_to < last_bill_from
        """),
        Check("due_date", "{0} is before the bill", """
            SELECT line, due_date FROM in_balances WHERE due_date < coalesce(last_bill_date, last_bill_to)
        """),
    ),
    prepare=(_PAST, "ANALYZE load_past"),
    late_checks=(
        # Otherwise a payment that both the file and the ledger know would count twice.
        Check("as_of", "bills or payments since {0} are in the ledger: give the balance from before them", """
            SELECT line, min((entry.at AT TIME ZONE 'Asia/Kolkata')::date) FROM in_balances
            JOIN connection ON connection.reference = in_balances.connection
            JOIN account ON account.kind = 'dues' AND account.connection_id = connection.id
            JOIN posting ON posting.account_id = account.id JOIN entry ON entry.id = posting.entry_id
            LEFT JOIN load_past AS standing ON standing.connection_id = connection.id AND NOT standing.undone
            WHERE entry.at < (as_of::timestamp AT TIME ZONE 'Asia/Kolkata')
            AND standing.at IS DISTINCT FROM (as_of::timestamp AT TIME ZONE 'Asia/Kolkata')
            AND NOT EXISTS (SELECT 1 FROM load_past WHERE load_past.entry_id IN (entry.id, entry.reverses_id))
            GROUP BY line
        """),
        Check("last_bill_from", "the bill from {0} was made here and can't be loaded", """
            SELECT line, last_bill_from FROM in_balances
            JOIN connection ON connection.reference = in_balances.connection
            JOIN bill ON bill.connection_id = connection.id AND bill.period_from = last_bill_from
            WHERE num_nonnulls(bill.entry_id, bill.run_id) > 0 AND bill.reversed_at IS NULL
        """),
    ),
    steps=(
        _OPENINGS,
        "ANALYZE load_openings",
        _UNDO,
        *_OPEN_ACCOUNTS,
        "ANALYZE account",
        _MOVES,
        "ANALYZE load_moves",
        _POST,
        "ANALYZE entry, posting",
        "INSERT INTO load_new SELECT line FROM load_openings WHERE last_id IS NULL",
        "INSERT INTO load_changed SELECT line FROM load_openings WHERE last_id IS NOT NULL",
        _BILLS,
        "ANALYZE load_bills",
        changes(
            "bill",
            {
                "period_from": "given.period_from",
                "period_to": "given.period_to",
                "issued_on": "given.issued_on",
                "due_on": "given.due_on",
                "amount_paise": "given.amount",
            },
            "load_bills AS given",
            "bill.id = given.bill_id",
        ),
        """
        WITH made AS (
            INSERT INTO bill (connection_id, period_from, period_to, issued_on, due_on, amount_paise)
            SELECT connection_id, period_from, period_to, issued_on, due_on, amount
            FROM load_bills WHERE bill_id IS NULL ORDER BY line
            RETURNING connection_id
        )
        INSERT INTO load_changed SELECT line FROM load_bills JOIN made USING (connection_id)
        """,
        # A row whose connection had no bill and no opening balance before is a new one.
        """
        INSERT INTO load_new SELECT line FROM load_bills JOIN load_changed USING (line)
        WHERE bill_id IS NULL AND connection_id NOT IN (SELECT connection_id FROM load_past)
        """,
    ),
)  # fmt: skip
