"""Late fees in the hands of an in-charge: taken back, with the reason."""

from __future__ import annotations

from functools import partial

from conversations import limits, reading
from conversations.prompts import Conversation, ask, choose, look
from conversations.staff import payee_of
from core.dunning import waiving
from core.dunning.waiving import LateFee
from core.money import Money
from core.people import Caller
from core.text import Text, say
from core.work import money


def waive(caller: Caller) -> Conversation:
    """Take a late fee back: `WAIVE 120457 meter was wrong`, and the one-time code or the PIN."""
    if caller.staff is None or caller.staff.role not in waiving.WAIVERS:
        return say("waive.not_you")
    payee = yield from payee_of(caller, lent=True)
    query = partial(waiving.late_fees, connection_id=payee.connection_id)
    fees: list[LateFee] = yield from look("fees", query, list[LateFee])
    if not fees:
        return say("waive.none", number=payee.number)
    fee = fees[0]
    if len(fees) > 1:
        options = [(one.bill_id, _label(one)) for one in fees]
        chosen = yield from choose(say("waive.which", number=payee.number), options)
        fee = next(one for one in fees if one.bill_id == chosen)
    amount = Money(fee.paise)
    question = say("waive.why", amount=amount, number=payee.number, name=payee.label)
    reason = yield from ask(question, reading.reason, whole=True)
    act = say("waive.act", amount=amount, number=payee.number)
    purpose = f"waive:{payee.number}:{fee.bill_id}:{fee.paise}"
    do = partial(waiving.waive, bill_id=fee.bill_id, reason=reason)
    others = partial(money.ask_to_waive, bill_id=fee.bill_id, reason=reason)
    here = payee.connection_id
    return (yield from limits.within(caller, here, fee.paise, purpose, act, do=do, ask=others, lent=True))


def _label(fee: LateFee) -> Text:
    return say("waive.option", first=fee.first, last=fee.last, amount=Money(fee.paise))
