"""What is above one's limit is asked for, approved by others, and then done: refunds, set-offs, take-backs.

A refund is paid out by who asked for it, because the cash is in that person's hand; all else is done with the
approval that completes it, and looked at once more in that moment.
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Row, text

from core import deposits, disputes
from core.doing import Doing
from core.dunning import waiving
from core.errors import Refusal
from core.schemes import plans
from core.text import say
from core.work import telling
from core.work.raising import raise_request
from core.work.rules import CHARGE, Kind, Step

_OPEN = text("""
    SELECT number FROM request WHERE kind = :kind AND connection_id = :connection AND closed_at IS NULL
    AND details @> CAST(:about AS jsonb)
""")
_REASON = text("SELECT coalesce(note, '') FROM request_event WHERE request_id = :request AND step = 'raise'")


def ask_for_refund(doing: Doing, connection_id: int, paise: int) -> str:
    """Ask that a deposit, or a part of it, be given back; gives the request's number.

    Refusal for who is no in-charge of the plant, with open dues, beyond what is held, and while another
    refund of this connection is open.
    """
    plant_id = deposits.may_give_back(doing, connection_id, paise)
    return _ask(doing, Kind.REFUND, plant_id, connection_id, paise)


def ask_to_set_off(doing: Doing, connection_id: int, paise: int) -> str:
    """Ask that dues be paid out of the deposit; Refusal as for doing it, and while that is asked for."""
    plant_id = deposits.may_set_off(doing, connection_id, paise)
    return _ask(doing, Kind.SETOFF, plant_id, connection_id, paise)


def ask_to_waive(doing: Doing, bill_id: int, reason: str) -> str:
    """Ask that a late fee be taken back; Refusal as for doing it, and while that is asked for."""
    fee = waiving.standing_fee(doing, bill_id)
    about = {"bill": bill_id}
    return _ask(doing, Kind.WAIVE, fee.plant_id, fee.connection_id, fee.paise, about, reason)


def ask_to_take_back(doing: Doing, payment_id: int) -> str:
    """Ask that a disputed payment be taken back; Refusal as for doing it, and while that is asked for."""
    found = disputes.disputed(doing, payment_id)
    paid = found.paid
    about = {"payment": payment_id}
    return _ask(
        doing, Kind.SETTLE, found.plant_id, paid.connection_id, paid.amount_paise, about, paid.receipt
    )


def ask_to_cancel(doing: Doing, plan_id: int) -> str:
    """Ask that a sale on instalments be taken back; Refusal as for doing it, and while that is asked for."""
    plan = plans.cancellable(doing, plan_id, plans.SELLERS)
    about = {"plan": plan_id}
    return _ask(doing, Kind.UNSCHEME, plan.plant_id, plan.connection_id, plan.price_paise, about, plan.code)


def _ask(
    doing: Doing,
    kind: Kind,
    plant_id: int,
    connection_id: int,
    paise: int,
    about: dict[str, int] | None = None,
    note: str | None = None,
) -> str:
    """Raise a request about money, once for what it is `about`; those who may approve are told."""
    details = about or {}
    bind = {"kind": kind, "connection": connection_id, "about": msgspec.json.encode(details).decode()}
    known = doing.session.execute(_OPEN, bind).scalar()
    if known:
        raise Refusal(say("change.known", request=known))
    number = raise_request(
        doing,
        kind,
        plant_id=plant_id,
        connection_id=connection_id,
        details=details,
        note=note,
        paise=paise,
    )
    telling.tell_waiting(doing, number, kind, None, plant_id, Step.APPROVE)
    return number


def pay_out(doing: Doing, request: Row[Any]) -> None:
    """The approved amount leaves the deposit, and the cash of who asked for it."""
    deposits.pay_out(doing, request.connection_id, request.paise)


def set_off(doing: Doing, request: Row[Any]) -> None:
    """The approved amount of the deposit pays dues."""
    deposits.pay_dues(doing, request.connection_id, request.paise)


def waive(doing: Doing, request: Row[Any]) -> None:
    """The late fee is taken back, for the reason it was asked with."""
    fee = waiving.standing_fee(doing, request.details["bill"])
    reason = doing.session.execute(_REASON, {"request": request.id}).scalar_one()
    waiving.take_back(doing, fee, reason)


def take_back(doing: Doing, request: Row[Any]) -> None:
    """The disputed payment is taken back."""
    disputes.decide(doing, disputes.disputed(doing, request.details["payment"]), "undo")


def cancel(doing: Doing, request: Row[Any]) -> None:
    """The sale of the appliance is taken back."""
    plans.take_back(doing, plans.cancellable(doing, request.details["plan"], CHARGE))
