"""A batch of a run's bills taken back in one statement: with entries, instalments, fees and messages."""

from __future__ import annotations

from sqlalchemy import text

# A run is taken back newest bill first, and an entry as a whole: with the newest bills go all others of
# their entries. The postings of an entry lead to them, so that no index on bill is needed for it.
REVERSE = text("""
    WITH newest AS MATERIALIZED (
        SELECT id, entry_id FROM bill
        WHERE run_id = :run AND reversed_at IS NULL ORDER BY id DESC LIMIT :batch
    ), undone AS MATERIALIZED (
        SELECT DISTINCT entry_id FROM newest WHERE entry_id IS NOT NULL
    ), wrong AS MATERIALIZED (
        SELECT id FROM newest UNION
        SELECT bill.id FROM undone JOIN posting USING (entry_id)
        JOIN account ON account.id = posting.account_id
        JOIN bill ON bill.connection_id = account.connection_id AND bill.entry_id = undone.entry_id
        WHERE account.kind = 'dues' AND bill.run_id = :run AND bill.reversed_at IS NULL
    ), marked AS (
        UPDATE bill SET reversed_at = :at FROM wrong WHERE bill.id = wrong.id
        RETURNING bill.id, bill.connection_id
    ), returned AS (
        UPDATE instalment SET month = NULL, run_id = NULL FROM marked
        WHERE instalment.run_id = :run AND instalment.connection_id = marked.connection_id
    ), spared AS (
        UPDATE bill_late_fee SET closed_at = :at FROM wrong
        WHERE bill_late_fee.bill_id = wrong.id AND closed_at IS NULL
    ), made AS (
        INSERT INTO entry (source, kind, plant_id, at, reverses_id)
        SELECT 'unbill:' || entry_id, 'reversal', :plant, :at, entry_id FROM (
            SELECT entry_id FROM undone UNION ALL
            SELECT entry_id FROM wrong JOIN bill_late_fee ON bill_late_fee.bill_id = wrong.id
            WHERE entry_id IS NOT NULL AND reversal_id IS NULL
        ) AS gone RETURNING id, reverses_id
    ), unfined AS (
        UPDATE bill_late_fee SET reversal_id = made.id FROM made
        WHERE bill_late_fee.entry_id = made.reverses_id
    ), moved AS (
        INSERT INTO posting (entry_id, account_id, amount_paise)
        SELECT made.id, posting.account_id, -posting.amount_paise
        FROM made JOIN posting ON posting.entry_id = made.reverses_id
    ), unsaid AS (
        UPDATE outbox SET state = 'expired', error = 'the bill was taken back', finished_at = now()
        FROM marked WHERE outbox.kind IN ('bill', 'link', 'late_fee') AND outbox.state = 'queued'
        AND outbox.connection_id = marked.connection_id
        AND outbox.source LIKE ANY (ARRAY['bill:' || marked.id || ':%', 'latefee:' || marked.id || ':%'])
    )
    SELECT id FROM marked
""")
