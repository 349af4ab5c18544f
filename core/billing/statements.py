"""The set-based heart of billing: what a range of connections is asked for, in SQL.

The arithmetic is that of core/tariffs.py, in whole numbers. Parameters of all statements: plant, the
period's first and last day, the day of issue, and the range (after, upto] of connection ids.
"""

# ruff: noqa: S608
# Statements are put together from our own words only.
from __future__ import annotations

from sqlalchemy import text

from core.billing.due import DUE, OFF
from core.selfreading import BILLS

GRACE_DAYS = 5
"""A meter read so many days after a period's end still closes it, and opens the next."""
LOOKED_BACK = 3
"""An estimate is the daily average of so many last bills that were really read."""

# Where batches of connections begin and end, worked out once: sorting anew for each batch would make
# a bill dearer the more there are. The first begins at the plant's own first connection, or it would read the
# accounts of all plants that were loaded before.
RANGES = text("""
    SELECT coalesce(lag(id) OVER (ORDER BY id), lowest - 1), id FROM (
        SELECT id, row_number() OVER (ORDER BY id) AS place, count(*) OVER () AS total,
            min(id) OVER () AS lowest
        FROM connection WHERE plant_id = :plant
    ) AS counted WHERE place % :batch = 0 OR place = total ORDER BY id
""")

# The first batch meets almost empty tables: plans made then would read whole tables once they have grown.
# Compiling a plan costs more than the batch that it serves.
USE_INDEXES = text("SELECT set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)")

# The range is said of every table that it holds for: a join that began at the first row of a table would
# make a bill dearer the more there are.
OPEN_ACCOUNTS = text("""
    INSERT INTO account (kind, connection_id)
    SELECT 'dues', id FROM connection
    WHERE plant_id = :plant AND id > :after AND id <= :upto AND NOT EXISTS (
        SELECT 1 FROM account WHERE kind = 'dues' AND connection_id = connection.id
        AND connection_id > :after AND connection_id <= :upto
    )
    ORDER BY id ON CONFLICT DO NOTHING
""")

# The balance that stands on a bill must still be there when the bill is posted.
LOCK_ACCOUNTS = text("""
    SELECT count(*) FROM (
        SELECT account.id FROM account JOIN connection ON connection.id = account.connection_id
        WHERE kind IN ('dues', 'instalments') AND connection.plant_id = :plant
        AND connection.id > :after AND connection.id <= :upto
        AND account.connection_id > :after AND account.connection_id <= :upto
        ORDER BY account.id FOR NO KEY UPDATE OF account
    ) AS locked
""")

MAKE_DRAFT = text("""
    CREATE TEMP TABLE IF NOT EXISTS draft (
        connection_id bigint, dues_id bigint, before_paise bigint, tariff_id bigint,
        first date, days bigint, opening_wh bigint, closing_wh bigint, reading_id bigint,
        estimated boolean, amount_paise bigint, lines jsonb, prepaid boolean, backwards boolean,
        instalment_paise bigint, self_reading_id bigint
    ) ON COMMIT DELETE ROWS
""")

_HALF_UP = "((2 * ({0}) + ({1})) / (2 * ({1})))"
_FIXED = _HALF_UP.format("price.monthly_paise * due.active_days", ":month_days")
_LOWER = _HALF_UP.format("step.from_wh * meter.days", ":month_days")
_UPPER = _HALF_UP.format("step.upto_wh * meter.days", ":month_days")
_ENERGY = _HALF_UP.format("part.wh * part.paise", "1000")
_ESTIMATE = _HALF_UP.format("past.wh * due.active_days", "past.days")

# The versions of the prices, each with the days it is good for: worked out once for a batch.
_PRICE = """
    SELECT id, package_id, monthly_paise, rest_band, valid_from AS since,
        lead(valid_from, 1, 'infinity') OVER (PARTITION BY package_id ORDER BY valid_from) AS until,
        EXISTS (SELECT FROM tariff_step WHERE tariff_id = tariff.id AND paise > 0) AS energy
    FROM tariff
"""

# Prices with the beginning of the line that each makes. Lines are written as text and read as JSON once:
# to build them as JSON costs more than all the rest of a bill.
_STEP = """
    SELECT tariff_step.*, format('{"kind":"energy","rate":%s,"band":%s,"wh":', paise, to_json(band)) AS head
    FROM tariff_step
"""
_FIXED_LINE = """
    CASE WHEN meter.fixed_paise > 0 THEN '{"kind":"fixed","rate":' || meter.monthly_paise
        || ',"paise":' || meter.fixed_paise || ',"days":' || meter.active_days || '}' END
"""

# What the meter says. It opens where the last bill closed, be it presumed; else with what was read
# when the period began. The newest reading of the period closes it. A reading below a real opening
# is not believed; one below a presumed opening is: energy that was paid for is used up first. Where it
# was not read, the customer's own reading goes before an estimate, if the plant's bills go by such.
_METER = f"""
    SELECT due.*, price.id AS tariff_id, price.monthly_paise, price.rest_band, {_FIXED} AS fixed_paise,
        opening.wh AS opening_wh, shown.really,
        coalesce(shown.backwards, false) AS backwards,
        CASE WHEN shown.really THEN new.id END AS new_id,
        CASE WHEN NOT counted.yes THEN 0
             WHEN shown.really THEN greatest(new.wh - opening.wh, 0)
             WHEN told.id IS NOT NULL THEN greatest(told.wh - opening.wh, 0)
             ELSE coalesce({_ESTIMATE}, 0) END AS wh,
        told.id AS told_id, counted.yes AS counted, spent.used, spent.total AS used_wh
    FROM due
    JOIN price ON price.package_id = due.package_id AND due.first >= price.since AND due.first < price.until
    CROSS JOIN LATERAL (SELECT due.metered AND price.energy AS yes) AS counted
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
        WHERE reading.id = coalesce(old.id, due.reading_id) AND new.bands IS NOT NULL LIMIT 1
    ) AS base ON true
    CROSS JOIN LATERAL (SELECT coalesce(due.closing_wh, old.wh) AS wh) AS opening
    CROSS JOIN LATERAL (
        SELECT new.wh < opening.wh AND due.presumed IS NOT TRUE AS backwards,
            counted.yes AND new.wh IS NOT NULL AND opening.wh IS NOT NULL
            AND (new.wh >= opening.wh OR due.presumed IS TRUE) AS really
    ) AS shown
    LEFT JOIN LATERAL (
        SELECT id, wh FROM self_reading AS own
        WHERE counted.yes AND NOT shown.really AND own.connection_id = due.id AND own.state = 'waiting'
        AND own.taken_on > :first + {GRACE_DAYS} AND own.taken_on <= :last + {GRACE_DAYS}
        AND (own.wh >= opening.wh OR due.presumed IS TRUE) AND ({BILLS.format(plant=":plant")})
    ) AS told ON true
    LEFT JOIN LATERAL (
        SELECT sum(closing_wh - opening_wh)::bigint AS wh, sum(period_to - period_from + 1)::bigint AS days
        FROM (
            SELECT closing_wh, opening_wh, period_from, period_to FROM bill
            WHERE counted.yes AND NOT shown.really
            AND bill.connection_id = due.id AND reversed_at IS NULL AND reading_id IS NOT NULL
            ORDER BY period_from DESC LIMIT {LOOKED_BACK}
        ) AS read
    ) AS past ON true
    LEFT JOIN LATERAL (
        SELECT jsonb_object_agg(band.key, band.value::bigint - (base.bands ->> band.key)::bigint) AS used,
            sum(band.value::bigint - (base.bands ->> band.key)::bigint)::bigint AS total
        FROM jsonb_each_text(new.bands) AS band
        WHERE shown.really AND base.bands IS NOT NULL AND base.bands ? band.key
        HAVING min(band.value::bigint - (base.bands ->> band.key)::bigint) >= 0
    ) AS spent ON true
"""

_IN_BAND = """
    CASE WHEN meter.used IS NULL OR meter.used_wh > meter.wh
         THEN CASE WHEN step.band = meter.rest_band THEN meter.wh ELSE 0 END
         ELSE coalesce((meter.used ->> step.band)::bigint, 0)
            + CASE WHEN step.band = meter.rest_band THEN meter.wh - meter.used_wh ELSE 0 END
    END
"""

# The next open instalment of each plan that had begun by the period's end, unless one of its own is of
# this month, or a later one, already. Looked up for each connection: most have none.
_OWED = """
    SELECT sum(next.paise)::bigint AS paise, string_agg(format(
            '{"kind":"instalment","rate":%s,"paise":%s,"plan":%s,"number":%s,"of":%s,"name":%s,"local":%s}',
            next.paise, next.paise, next.plan_id, next.number, plan.instalments, to_json(scheme.name),
            coalesce(to_json(scheme.name_local), 'null')), ',' ORDER BY next.plan_id) AS lines
    FROM (
        SELECT DISTINCT ON (plan_id) plan_id, number, paise FROM instalment
        WHERE run_id IS NULL AND payoff_id IS NULL AND instalment.connection_id = meter.id
        ORDER BY plan_id, number
    ) AS next
    JOIN plan ON plan.id = next.plan_id AND plan.begun_on <= :last
    JOIN scheme ON scheme.id = plan.scheme_id
    WHERE NOT EXISTS (SELECT FROM instalment AS billed
        WHERE billed.plan_id = next.plan_id AND billed.month >= :first)
"""

# Materialized, and OFFSET 0, or the planner copies every expression into each of its uses.
FILL_DRAFT = text(f"""
    WITH off AS MATERIALIZED ({OFF}), due AS MATERIALIZED ({DUE}),
    price AS MATERIALIZED ({_PRICE}), meter AS MATERIALIZED ({_METER}), step AS MATERIALIZED ({_STEP})
    INSERT INTO draft
    SELECT meter.id, account.id, coalesce(account.balance_paise, 0),
        meter.tariff_id, meter.first, meter.days, meter.opening_wh,
        CASE WHEN meter.counted THEN meter.opening_wh + meter.wh END, meter.new_id,
        meter.counted AND NOT meter.really,
        meter.fixed_paise + coalesce(energy.paise, 0) + coalesce(owed.paise, 0),
        CAST('[' || concat_ws(',', {_FIXED_LINE}, energy.lines, owed.lines) || ']' AS jsonb),
        meter.prepaid, meter.backwards, coalesce(owed.paise, 0), meter.told_id
    FROM meter
    LEFT JOIN account ON account.kind = 'dues' AND account.connection_id = meter.id
        AND account.connection_id > :after AND account.connection_id <= :upto
    LEFT JOIN LATERAL (
        SELECT sum({_ENERGY})::bigint AS paise,
            string_agg(part.head || part.wh || ',"paise":' || {_ENERGY} || '}}', ','
                ORDER BY part.band, part.from_wh) AS lines
        FROM (
            SELECT step.band, step.from_wh, step.paise, step.head,
                least(within.wh, coalesce({_UPPER}, within.wh)) - {_LOWER} AS wh
            FROM step CROSS JOIN LATERAL (SELECT {_IN_BAND} AS wh OFFSET 0) AS within
            WHERE step.tariff_id = meter.tariff_id OFFSET 0
        ) AS part WHERE part.wh > 0
    ) AS energy ON meter.counted
    CROSS JOIN LATERAL ({_OWED}) AS owed
    ORDER BY meter.id
""")

# One entry for the batch. A run bills a connection once, so the first of those who owe names the cause.
POST_ENTRY = text("""
    INSERT INTO entry (source, kind, plant_id, at)
    SELECT 'bill:' || :run || ':' || min(connection_id), 'bill', :plant, :at
    FROM draft WHERE amount_paise > 0 HAVING count(*) > 0 RETURNING id
""")

# All sides in one statement: the database checks there that every entry is balanced.
POST_SIDES = text("""
    INSERT INTO posting (entry_id, account_id, amount_paise)
    SELECT :entry, dues_id, amount_paise FROM draft WHERE amount_paise > 0
    UNION ALL
    SELECT :entry, account.id, -instalment_paise FROM draft
    JOIN account ON kind = 'instalments' AND account.connection_id = draft.connection_id
    WHERE instalment_paise > 0
    UNION ALL
    SELECT :entry, :income, -sum(amount_paise - instalment_paise) FROM draft
    HAVING sum(amount_paise - instalment_paise) > 0
""")

POST_BILLS = text("""
    INSERT INTO bill (connection_id, period_from, period_to, issued_on, due_on, amount_paise, entry_id,
        run_id, tariff_id, before_paise, opening_wh, closing_wh, reading_id, estimated, lines,
        instalment_paise, self_reading_id)
    SELECT connection_id, first, :last, :issued, :due, amount_paise,
        CASE WHEN amount_paise > 0 THEN CAST(:entry AS bigint) END,
        :run, tariff_id, before_paise, opening_wh, closing_wh, reading_id, estimated, lines,
        instalment_paise, self_reading_id
    FROM draft
""")

TAKE_INSTALMENTS = text("""
    UPDATE instalment SET month = :first, run_id = :run
    FROM draft CROSS JOIN LATERAL jsonb_to_recordset(draft.lines) AS line (kind text, plan bigint, number int)
    WHERE draft.instalment_paise > 0 AND line.kind = 'instalment'
    AND instalment.plan_id = line.plan AND instalment.number = line.number
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
