"""The set-based heart of billing: what a range of connections is asked for, in SQL.

The arithmetic is that of core/tariffs.py, in whole numbers. Parameters of all statements: plant, the
period's first and last day, the day of issue, and the range (after, upto] of connection ids.
"""

# ruff: noqa: S608
# Statements are put together from our own words only.
from __future__ import annotations

from sqlalchemy import text

GRACE_DAYS = 5
"""A meter read so many days after a period's end still closes it, and opens the next."""
LOOKED_BACK = 3
"""An estimate is the daily average of so many last bills that were really read."""

# Where batches of connections begin and end, worked out once: sorting anew for each batch would make
# a bill dearer the more there are.
RANGES = text("""
    SELECT id FROM (
        SELECT id, row_number() OVER (ORDER BY id) AS place, count(*) OVER () AS total
        FROM connection WHERE plant_id = :plant
    ) AS counted WHERE place % :batch = 0 OR place = total ORDER BY id
""")

# The first batch meets almost empty tables. Plans made then, those of foreign keys too, would read whole
# tables for each row once they have grown.
USE_INDEXES = text("SELECT set_config('enable_seqscan', 'off', true)")

OPEN_ACCOUNTS = text("""
    INSERT INTO account (kind, connection_id)
    SELECT 'dues', id FROM connection
    WHERE plant_id = :plant AND id > :after AND id <= :upto AND NOT EXISTS (
        SELECT 1 FROM account WHERE kind = 'dues' AND connection_id = connection.id
    )
    ORDER BY id ON CONFLICT DO NOTHING
""")

# The balance that stands on a bill must still be there when the bill is posted.
LOCK_ACCOUNTS = text("""
    SELECT count(*) FROM (
        SELECT account.id FROM account JOIN connection ON connection.id = account.connection_id
        WHERE kind = 'dues' AND connection.plant_id = :plant
        AND connection.id > :after AND connection.id <= :upto
        ORDER BY account.id FOR NO KEY UPDATE OF account
    ) AS locked
""")

MAKE_DRAFT = text("""
    CREATE TEMP TABLE IF NOT EXISTS draft (
        connection_id bigint, dues_id bigint, before_paise bigint, entry_id bigint, tariff_id bigint,
        first date, days bigint, opening_wh bigint, closing_wh bigint, reading_id bigint,
        estimated boolean, amount_paise bigint, lines jsonb, prepaid boolean, backwards boolean
    ) ON COMMIT DELETE ROWS
""")

_HALF_UP = "((2 * ({0}) + ({1})) / (2 * ({1})))"
_FIXED = _HALF_UP.format("price.monthly_paise * due.days", ":month_days")
_LOWER = _HALF_UP.format("step.from_wh * meter.days", ":month_days")
_UPPER = _HALF_UP.format("step.upto_wh * meter.days", ":month_days")
_ENERGY = _HALF_UP.format("part.wh * part.paise", "1000")
_ESTIMATE = _HALF_UP.format("past.wh * due.days", "past.days")

# Who is to be billed, from which day on, and after which bill. Prepaid packages pay the month in
# advance, all others once it is over.
_DUE = """
    SELECT connection.id, connection.package_id, package.prepaid,
        package.metered AND NOT package.prepaid AS metered,
        greatest(:first, connection.connected_on, last.period_to + 1) AS first,
        CAST(:last - greatest(:first, connection.connected_on, last.period_to + 1) + 1 AS bigint) AS days,
        last.closing_wh, last.reading_id, last.estimated AS presumed
    FROM connection JOIN package ON package.id = connection.package_id
    LEFT JOIN LATERAL (
        SELECT period_to, closing_wh, reading_id, estimated FROM bill
        WHERE bill.connection_id = connection.id AND reversed_at IS NULL
        ORDER BY period_from DESC LIMIT 1
    ) AS last ON true
    WHERE connection.plant_id = :plant AND connection.id > :after AND connection.id <= :upto
    AND connection.status = 'active' AND (package.prepaid OR :issued > :last)
    AND greatest(:first, connection.connected_on, last.period_to + 1) <= :last
"""

# What the meter says. It opens where the last bill closed, be it presumed; else with what was read
# when the period began. The newest reading of the period closes it. A reading below a real opening
# is not believed; one below a presumed opening is: energy that was paid for is used up first.
_METER = f"""
    SELECT due.*, price.id AS tariff_id, price.monthly_paise, price.rest_band, {_FIXED} AS fixed_paise,
        opening.wh AS opening_wh, shown.really,
        coalesce(shown.backwards, false) AS backwards,
        CASE WHEN shown.really THEN new.id END AS new_id,
        CASE WHEN NOT counted.yes THEN 0
             WHEN shown.really THEN greatest(new.wh - opening.wh, 0)
             ELSE coalesce({_ESTIMATE}, 0) END AS wh,
        counted.yes AS counted, spent.used, spent.total AS used_wh
    FROM due
    CROSS JOIN LATERAL (
        SELECT tariff.id, monthly_paise, rest_band FROM tariff
        WHERE tariff.package_id = due.package_id AND valid_from <= due.first
        ORDER BY valid_from DESC LIMIT 1
    ) AS price
    CROSS JOIN LATERAL (
        SELECT due.metered AND EXISTS (
            SELECT FROM tariff_step WHERE tariff_id = price.id AND paise > 0) AS yes OFFSET 0
    ) AS counted
    LEFT JOIN LATERAL (
        SELECT id, wh, taken_on, bands FROM reading
        WHERE counted.yes AND reading.connection_id = due.id
        AND taken_on > :first + {GRACE_DAYS} AND taken_on <= :last + {GRACE_DAYS}
        ORDER BY taken_on DESC LIMIT 1
    ) AS new ON true
    LEFT JOIN LATERAL (
        SELECT id, wh, bands FROM reading
        WHERE counted.yes AND reading.connection_id = due.id AND due.closing_wh IS NULL
        AND taken_on <= due.first + {GRACE_DAYS} AND taken_on < coalesce(new.taken_on, :last)
        ORDER BY taken_on DESC LIMIT 1
    ) AS old ON true
    LEFT JOIN LATERAL (
        SELECT bands FROM reading
        WHERE reading.id = coalesce(old.id, due.reading_id) AND new.bands IS NOT NULL
    ) AS base ON true
    CROSS JOIN LATERAL (SELECT coalesce(due.closing_wh, old.wh) AS wh) AS opening
    CROSS JOIN LATERAL (
        SELECT new.wh < opening.wh AND due.presumed IS NOT TRUE AS backwards,
            counted.yes AND new.wh IS NOT NULL AND opening.wh IS NOT NULL
            AND (new.wh >= opening.wh OR due.presumed IS TRUE) AS really
    ) AS shown
    LEFT JOIN LATERAL (
        SELECT sum(closing_wh - opening_wh)::bigint AS wh, sum(period_to - period_from + 1)::bigint AS days
        FROM (
            SELECT closing_wh, opening_wh, period_from, period_to FROM bill
            WHERE bill.connection_id = due.id AND reversed_at IS NULL AND reading_id IS NOT NULL
            ORDER BY period_from DESC LIMIT {LOOKED_BACK}
        ) AS read
    ) AS past ON counted.yes AND NOT shown.really
    LEFT JOIN LATERAL (
        SELECT jsonb_object_agg(band.key, band.value::bigint - (base.bands ->> band.key)::bigint) AS used,
            sum(band.value::bigint - (base.bands ->> band.key)::bigint)::bigint AS total
        FROM jsonb_each_text(new.bands) AS band WHERE base.bands ? band.key
        HAVING min(band.value::bigint - (base.bands ->> band.key)::bigint) >= 0
    ) AS spent ON shown.really AND base.bands IS NOT NULL
"""

_IN_BAND = """
    CASE WHEN meter.used IS NULL OR meter.used_wh > meter.wh
         THEN CASE WHEN step.band = meter.rest_band THEN meter.wh ELSE 0 END
         ELSE coalesce((meter.used ->> step.band)::bigint, 0)
            + CASE WHEN step.band = meter.rest_band THEN meter.wh - meter.used_wh ELSE 0 END
    END
"""

# Materialized, and OFFSET 0, or the planner copies every expression into each of its uses.
FILL_DRAFT = text(f"""
    WITH due AS MATERIALIZED ({_DUE}), meter AS MATERIALIZED ({_METER})
    INSERT INTO draft
    SELECT meter.id, account.id, coalesce(account.balance_paise, 0),
        CASE WHEN :posting AND meter.fixed_paise + coalesce(energy.paise, 0) > 0
             THEN nextval(pg_get_serial_sequence('entry', 'id')) END,
        meter.tariff_id, meter.first, meter.days, meter.opening_wh,
        CASE WHEN meter.counted THEN meter.opening_wh + meter.wh END, meter.new_id,
        meter.counted AND NOT meter.really, meter.fixed_paise + coalesce(energy.paise, 0),
        CASE WHEN meter.fixed_paise > 0 THEN jsonb_build_array(jsonb_build_object(
            'kind', 'fixed', 'rate', meter.monthly_paise, 'paise', meter.fixed_paise, 'days', meter.days))
            ELSE '[]' END || coalesce(energy.lines, '[]'),
        meter.prepaid, meter.backwards
    FROM meter
    LEFT JOIN account ON account.kind = 'dues' AND account.connection_id = meter.id
    LEFT JOIN LATERAL (
        SELECT sum({_ENERGY})::bigint AS paise,
            jsonb_agg(jsonb_build_object('kind', 'energy', 'rate', part.paise, 'paise', {_ENERGY},
                'wh', part.wh, 'band', part.band) ORDER BY part.band, part.from_wh) AS lines
        FROM (
            SELECT step.band, step.from_wh, step.paise,
                least(within.wh, coalesce({_UPPER}, within.wh)) - {_LOWER} AS wh
            FROM tariff_step AS step CROSS JOIN LATERAL (SELECT {_IN_BAND} AS wh OFFSET 0) AS within
            WHERE step.tariff_id = meter.tariff_id OFFSET 0
        ) AS part WHERE part.wh > 0
    ) AS energy ON meter.counted
    ORDER BY meter.id
""")

POST_ENTRIES = text("""
    INSERT INTO entry (id, source, kind, plant_id, at)
    SELECT entry_id, 'bill:' || :run || ':' || connection_id, 'bill', :plant, :at
    FROM draft WHERE entry_id IS NOT NULL
""")

# Both sides in one statement: the database checks there that every entry is balanced.
POST_SIDES = text("""
    INSERT INTO posting (entry_id, account_id, amount_paise)
    SELECT entry_id, dues_id, amount_paise FROM draft WHERE entry_id IS NOT NULL
    UNION ALL
    SELECT entry_id, :income, -amount_paise FROM draft WHERE entry_id IS NOT NULL
""")

POST_BILLS = text("""
    INSERT INTO bill (connection_id, period_from, period_to, issued_on, due_on, amount_paise, entry_id,
        run_id, tariff_id, before_paise, opening_wh, closing_wh, reading_id, estimated, lines)
    SELECT connection_id, first, :last, :issued, :due, amount_paise, entry_id,
        :run, tariff_id, before_paise, opening_wh, closing_wh, reading_id, estimated, lines
    FROM draft
""")

DRAFT_TOTALS = text("""
    SELECT count(*), coalesce(sum(amount_paise), 0), count(*) FILTER (WHERE estimated),
        count(*) FILTER (WHERE backwards), count(*) FILTER (WHERE prepaid)
    FROM draft
""")

RUN_TOTALS = text("""
    SELECT count(*), coalesce(sum(amount_paise), 0), count(*) FILTER (WHERE estimated), 0,
        count(*) FILTER (WHERE package.prepaid)
    FROM bill JOIN connection ON connection.id = bill.connection_id
    JOIN package ON package.id = connection.package_id
    WHERE run_id = :run AND reversed_at IS NULL
""")

# A run is taken back newest bill first, so that readings stay in order if the power goes between batches.
REVERSE = text("""
    WITH wrong AS (
        SELECT id, entry_id, connection_id FROM bill
        WHERE run_id = :run AND reversed_at IS NULL ORDER BY id DESC LIMIT :batch FOR UPDATE
    ), marked AS (
        UPDATE bill SET reversed_at = :at FROM wrong WHERE bill.id = wrong.id
    ), made AS (
        INSERT INTO entry (source, kind, plant_id, at, reverses_id)
        SELECT 'unbill:' || wrong.id, 'reversal', :plant, :at, wrong.entry_id
        FROM wrong WHERE wrong.entry_id IS NOT NULL
        RETURNING id, reverses_id
    ), moved AS (
        INSERT INTO posting (entry_id, account_id, amount_paise)
        SELECT made.id, posting.account_id, -posting.amount_paise
        FROM made JOIN posting ON posting.entry_id = made.reverses_id
    ), unsaid AS (
        UPDATE outbox SET state = 'expired', error = 'the bill was taken back', finished_at = now()
        FROM wrong WHERE outbox.kind = 'bill' AND outbox.state = 'queued'
        AND outbox.connection_id = wrong.connection_id
        AND outbox.source LIKE 'bill:' || wrong.id || ':%'
    )
    SELECT count(*) FROM wrong
""")
