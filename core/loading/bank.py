"""payments.csv: what came to the operator's bank account, as the bank lists it."""

# ruff: noqa: S608
# Statements are put together from our own names only, never from a cell's text.
from __future__ import annotations

import re

from core.loading import amounts, cells
from core.loading.cells import BadCell
from core.loading.part import Check, Column, Part, known, not_to_come, organisation_named

# A line belongs to the organisation it names, else to the only one.
_GIVEN = """
    (SELECT in_payments.*, coalesce(
        (SELECT id FROM organisation WHERE code = in_payments.organisation),
        (SELECT min(id) FROM organisation HAVING count(*) = 1)
    ) AS organisation_id FROM in_payments) AS given
"""


def _paid(raw: str) -> int:
    paise = amounts.rupees(raw)
    if paise == 0:
        raise BadCell("is zero: leave out what is no payment to you")
    return paise


def _reference(raw: str) -> str:
    """As the bank writes it, without blanks, in capitals: what makes a line the same when it comes again."""
    cell = cells.plain(raw).lstrip("'").replace(" ", "").upper()
    if not re.fullmatch(r"[A-Z0-9/_.-]{4,60}", cell) or re.fullmatch(r"[0-9]\.[0-9]+E\+[0-9]+", cell):
        raise BadCell(f"{cell[:60]!r} is not a bank's reference: format the column as text")
    return cell


PART = Part(
    file="payments.csv",
    table="in_payments",
    key="reference",
    columns=(
        Column("organisation", cells.code, also=("organization", "org", "company")),
        Column(
            "date", amounts.day, sql="date", required=True, also=("value date", "transaction date", "तारीख")
        ),
        Column("amount", _paid, sql="bigint", required=True, also=("credit", "deposit", "राशि")),
        Column(
            "reference", _reference, required=True, also=("utr", "rrn", "ref no", "transaction id", "रेफ़रेंस")
        ),
        Column("note", cells.short_text(300), also=("narration", "description", "remarks", "remitter")),
    ),
    checks=(
        not_to_come("in_payments"),
        known("in_payments", "organisation", "organisation", "organisation", "in_plants.organisation"),
    ),
    late_checks=(
        organisation_named(_GIVEN),
        Check(
            "reference",
            "{0} stands in line {1} already",
            f"""
            SELECT line, reference, first FROM (
                SELECT line, reference, min(line) OVER (PARTITION BY organisation_id, reference) AS first
                FROM {_GIVEN} WHERE reference IS NOT NULL
            ) AS keyed WHERE line <> first
            """,
        ),
        Check(
            "amount",
            "{0} was loaded before with another amount or day",
            f"""
            SELECT given.line, given.reference FROM {_GIVEN}
            JOIN bank_line USING (organisation_id, reference)
            WHERE (bank_line.amount_paise, bank_line.paid_on) <> (given.amount, given.date)
            """,
        ),
        Check(
            "organisation",
            "{0} has no plant yet",
            f"""
            SELECT given.line, organisation.code FROM {_GIVEN}
            JOIN organisation ON organisation.id = organisation_id
            WHERE organisation.id NOT IN (SELECT organisation_id FROM plant_organisation)
            """,
        ),
    ),
    steps=(
        f"""
        WITH made AS (
            INSERT INTO bank_line (organisation_id, reference, amount_paise, paid_on, note, loaded_at)
            SELECT organisation_id, reference, amount, date, coalesce(note, ''), moment
            FROM {_GIVEN}, load_day ORDER BY line
            ON CONFLICT (organisation_id, reference) DO NOTHING RETURNING organisation_id, reference
        )
        INSERT INTO load_new SELECT line FROM made JOIN {_GIVEN} USING (organisation_id, reference)
        """,
    ),
)
