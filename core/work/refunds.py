"""A deposit to give back above one's limit: asked for, approved by others, paid out by who asked."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, text

from core import deposits
from core.doing import Doing
from core.errors import Refusal
from core.text import say
from core.work import telling
from core.work.machine import raise_request
from core.work.rules import Kind, Step

_OPEN = text("""
    SELECT number FROM request WHERE kind = 'refund' AND connection_id = :connection AND closed_at IS NULL
""")


def ask_for(doing: Doing, connection_id: int, paise: int) -> str:
    """Ask that a deposit, or a part of it, be given back; gives the request's number.

    Refusal for who is no in-charge of the plant, with open dues, beyond what is held, and while another
    refund of this connection is open.
    """
    plant_id = deposits.may_give_back(doing, connection_id, paise)
    known = doing.session.execute(_OPEN, {"connection": connection_id}).scalar_one_or_none()
    if known:
        raise Refusal(say("change.known", request=known))
    number = raise_request(doing, Kind.REFUND, plant_id=plant_id, connection_id=connection_id, paise=paise)
    telling.tell_waiting(doing, number, Kind.REFUND, None, plant_id, Step.APPROVE)
    return number


def pay_out(doing: Doing, request: Row[Any]) -> None:
    """The approved amount leaves the deposit, and the cash of who asked for it."""
    deposits.pay_out(doing, request.connection_id, request.paise)
