"""What is open of a bill: fees set aside, newer bills set aside, never more than the bill itself.

Money that comes pays bills before fees, so that a fee never leads to another one. Fees charged since the
bill are known by their entries; older ones can be no more than what stood before it.
"""

from __future__ import annotations

from typing import LiteralString

# A fee that was paid long ago makes no difference where nothing stood before the bill; where something
# did, it counts for the customer.
OPEN_JOINS: LiteralString = """
    JOIN connection ON connection.id = bill.connection_id
    JOIN account ON account.kind = 'dues' AND account.connection_id = bill.connection_id
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(amount_paise), 0)::bigint AS paise FROM bill AS newer
        WHERE newer.connection_id = bill.connection_id AND newer.reversed_at IS NULL
        AND newer.period_from > bill.period_from
    ) AS later
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(paise) FILTER (WHERE entry_id > bill.entry_id), 0)::bigint
            + least(greatest(bill.before_paise, 0),
                coalesce(sum(paise) FILTER (WHERE entry_id < bill.entry_id), 0))::bigint AS paise
        FROM bill_late_fee WHERE bill_late_fee.connection_id = bill.connection_id
        AND entry_id IS NOT NULL AND reversal_id IS NULL AND waived_by IS NULL
    ) AS fees
"""
OPEN_PAISE: LiteralString = "(account.balance_paise - later.paise - fees.paise)"
"""What is open up to and with this bill, without fees."""
RESTING: LiteralString = """
    EXISTS (SELECT FROM promise WHERE promise.connection_id = bill.connection_id AND promise.state = 'open')
"""
"""Somebody has said when the money comes."""
DISPUTED: LiteralString = """
    EXISTS (
        SELECT FROM dispute JOIN payment ON payment.id = dispute.payment_id
        WHERE payment.connection_id = bill.connection_id AND dispute.settled_at IS NULL)
"""
"""A payment of the connection is in doubt."""
