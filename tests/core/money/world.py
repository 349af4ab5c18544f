"""The small world as money sees it: its people, its houses, and acts under a key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import TypeAlias

from psycopg.errors import UniqueViolation
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from core import ledger
from core.billing import Period
from core.doing import Doing
from core.errors import Refusal
from core.people import Caller, find_caller
from tests.play import Play

AT = datetime(2026, 11, 21, 6, 30, tzinfo=UTC)

RAMESH, SURESH, IN_CHARGE, SELLER = "+919800000002", "+919800000012", "+919800000003", "+919800000032"

ASHA, MOHAN = "+919800000001", "+919800000004"

COLLECTORS = (RAMESH, SURESH, IN_CHARGE)

PROVIDER = Caller("razorpay", None, (), None)

MONTHS = [Period.read(month) for month in ("2026-11", "2026-12", "2027-01")]

HOUSES = ("R-001", "R-002", "N-001", "K-002")
"""Three in Rampur, with and without a meter and one that came after the first bills; one in Kasba, which
counts its own receipts."""

ONLINE_PAISE = 300_00

REPEATED = (ledger.AlreadyPosted, ledger.SourceReused, ledger.AlreadyReversed)
"""How the ledger says that it was done before; nothing of the second time may stay behind."""

Act: TypeAlias = Callable[[str], object]
"""Something that moves money, under a key: the same key is the same step of the same talk."""


def silent(label: str, done: int, total: int) -> None:
    """Nobody wants to hear of progress."""


@dataclass
class World:
    """The small world; `left_deposit` is what set-offs and refunds of deposits took, by their key."""

    play: Play
    callers: dict[str, Caller] = field(init=False)
    houses: dict[str, tuple[int, str, int]] = field(init=False)
    coupons: list[str] = field(default_factory=list)
    left_deposit: dict[str, tuple[str, int, int]] = field(default_factory=dict)
    differences: dict[str, tuple[int, int]] = field(default_factory=dict)
    switched: datetime = datetime(2026, 11, 2, 6, 30, tzinfo=UTC)
    _keys: count[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        reader = self.play.services.database.reader
        people = (*COLLECTORS, SELLER, ASHA, MOHAN)
        self.callers = {phone: find_caller(reader, phone) for phone in people}
        self._come_later()
        known = self.rows("SELECT reference, id, number, plant_id FROM connection")
        self.houses = {str(row[0]): (int(str(row[1])), str(row[2]), int(str(row[3]))) for row in known}
        with self.play.services.database.begin() as session:
            session.execute(text("UPDATE coupon_scheme SET per_connection = 1000, total = NULL"))
            session.execute(text("UPDATE organisation SET late_fee_paise = 4900, late_fee_cap_paise = 9900"))
            session.execute(
                text("""
                    INSERT INTO payment_link (reference, connection_id, amount_paise, asked_by, state,
                        asked_at, expires_at)
                    SELECT 'link-' || reference, id, :paise, '+919800000001', 'open', :at,
                        CAST(:at AS timestamptz) + interval '7 days'
                    FROM connection WHERE reference = ANY(:houses)
                """),
                {"paise": ONLINE_PAISE, "at": AT, "houses": list(HOUSES)},
            )

    def _come_later(self) -> None:
        """Two houses more, whose accounts are opened after those of their plant; one pays in advance."""
        with self.play.services.database.begin() as session:
            plant = session.execute(text("SELECT id FROM plant WHERE code = 'RAMPUR'")).scalar_one()
            for kind in ("income", "late_fees", "discount", "clearing", "suspense"):
                ledger.account_id(session, kind, plant_id=plant)
            session.execute(
                text("""
                    INSERT INTO connection (reference, number, customer_id, plant_id, package_id,
                        connected_on)
                    SELECT 'N-001', '120499', customer_id, plant_id, package_id, '2026-11-01' FROM connection
                    WHERE reference = 'R-002'
                """)
            )
            session.execute(
                text("""
                    WITH ahead AS (
                        INSERT INTO package (organisation_id, code, name, load_watts, hours, prepaid, metered)
                        SELECT organisation_id, 'AHEAD', 'Ahead', 100, '24', true, false FROM package LIMIT 1
                        RETURNING id
                    ), price AS (
                        INSERT INTO tariff (package_id, valid_from, monthly_paise)
                        SELECT id, '1990-01-01', 30000 FROM ahead
                    )
                    INSERT INTO connection (reference, number, customer_id, plant_id, package_id,
                        connected_on)
                    SELECT 'A-001', '120498', customer_id, plant_id, ahead.id, '2026-11-01'
                    FROM connection CROSS JOIN ahead WHERE reference = 'R-002'
                """)
            )

    def key(self) -> str:
        return f"m/{next(self._keys)}.1"

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        return [tuple(row) for row in self.play.services.database.reader.rows(sql, {})]

    def ids(self, sql: str) -> list[int]:
        return [int(str(row[0])) for row in self.rows(sql)]

    def number(self, sql: str) -> int:
        return self.ids(sql)[0]

    def staff(self, phone: str) -> int:
        return self.number(f"SELECT id FROM staff WHERE phone = '{phone}'")

    def by(self, who: Caller | str, do: Callable[[Doing], object], at: datetime = AT) -> Act:
        """An act of somebody in a transaction of its own; a Refusal is given back as its key."""
        caller = self.callers[who] if isinstance(who, str) else who

        def run(key: str) -> object:
            try:
                with self.play.services.database.begin() as session:
                    return do(Doing(session, caller, "sms", key, at, self.play.settings))
            except Refusal as refusal:
                return refusal.text.key
            except REPEATED:
                return "repeated"
            except IntegrityError as error:
                if not isinstance(error.orig, UniqueViolation):
                    raise
                return "repeated"

        return run

    def standing(self) -> list[tuple[object, ...]]:
        """Every balance, and how many payments, receipts, messages and bills there are."""
        return self.rows(
            "SELECT kind, id, balance_paise FROM account WHERE balance_paise <> 0 "
            "UNION ALL SELECT 'payments', 0, count(*) FROM payment "
            "UNION ALL SELECT 'undone', 0, count(*) FROM payment WHERE reversal_id IS NOT NULL "
            "UNION ALL SELECT 'receipts', 0, count(*) FROM receipt "
            "UNION ALL SELECT 'water', 0, count(*) FROM water_sale WHERE undone_at IS NULL "
            "UNION ALL SELECT 'messages', 0, count(*) FROM outbox "
            "UNION ALL SELECT 'bills', 0, count(*) FROM bill WHERE reversed_at IS NULL ORDER BY 1, 2"
        )
