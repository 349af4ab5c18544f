"""Late fees on the street: notices and charges of a day, what stands, and the operator's rule."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from core import billing, payments
from core.billing import Period
from core.doing import Doing
from core.dunning import charging, late_fees, waiving
from core.text import Text
from tests.core.dunning.street import DUE, RAMESH, Street, noon

IN_CHARGE = "+919800000003"
NOTICE = DUE + timedelta(days=3)
"""The first day on which a fee that may fall due ten days after the bill is announced."""
LAST = DUE + timedelta(days=10)
"""The last day to pay without it."""


def set_rule(street: Street, **columns: int | None) -> None:
    rule_ = {"late_fee_paise": None, "late_fee_hundredths": None, "late_fee_cap_paise": None} | columns
    sets = ", ".join(f"{name} = {'NULL' if value is None else value}" for name, value in rule_.items())
    run(street, f"UPDATE organisation SET {sets}")


def run(street: Street, sql: str) -> None:
    with street.play.services.database.begin() as session:
        session.connection().exec_driver_sql(sql)


def sent(street: Street, day: date) -> None:
    """Whatever waits is delivered on that day."""
    run(
        street,
        f"UPDATE outbox SET state = 'delivered', sent_at = '{noon(day)}', finished_at = '{noon(day)}' "
        "WHERE state = 'queued'",
    )


def announce(street: Street, day: date, *, deliver: bool = True) -> list[tuple[str, str]]:
    """Make the day's notices; gives phone and words."""
    street.today = day
    seen = street.rows("SELECT coalesce(max(id), 0) FROM outbox")[0][0]
    database = street.play.services.database
    late_fees.announce(database, noon(day), default_language="en", service="Bijli Line")
    told = street.rows(
        f"SELECT recipient, body FROM outbox WHERE id > {seen} AND kind = 'late_fee' ORDER BY 1"
    )
    if deliver:
        sent(street, day)
    return [(phone, body) for phone, body in told]


def charge(street: Street, day: date) -> int:
    street.today = day
    return charging.charge(street.play.services.database, noon(day))


def fees(street: Street) -> dict[str, int]:
    """What stands as late fees, by connection."""
    return dict(
        street.rows(
            "SELECT number, sum(posting.amount_paise)::bigint FROM posting JOIN entry ON entry.id = entry_id "
            "LEFT JOIN entry AS undone ON undone.id = entry.reverses_id "
            "JOIN account ON account.id = account_id AND account.kind = 'dues' "
            "JOIN connection ON connection.id = account.connection_id "
            "WHERE coalesce(undone.kind, entry.kind) = 'late_fee' "
            "GROUP BY number HAVING sum(posting.amount_paise) <> 0"
        )
    )


def pay(street: Street, number: str, paise: int) -> None:
    connection = street.connection(number)
    street.act(RAMESH, lambda doing: payments.take_cash(doing, connection, paise))


def bill(street: Street, number: str) -> tuple[int, int]:
    """Id and amount of the newest bill."""
    return street.rows(
        f"SELECT id, amount_paise FROM bill WHERE connection_id = {street.connection(number)} "
        "AND reversed_at IS NULL ORDER BY period_from DESC LIMIT 1"
    )[0]


def bill_for(street: Street, month: str, issued_on: date) -> None:
    database = street.play.services.database
    billing.post(
        database, billing.plant_of(database, "RAMPUR"), Period.read(month), lambda *_: None,
        default_language="en", service="Bijli Line", issued_on=issued_on,
    )  # fmt: skip


def waiving_(bill_id: int, why: str = "meter was wrong") -> Callable[[Doing], Text]:
    return lambda doing: waiving.waive(doing, bill_id, why)
