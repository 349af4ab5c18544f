"""Cash between hands: lists of payments, hand-overs, the day's close, disputed receipts."""

from __future__ import annotations

import re
from functools import partial

from conversations import limits, listing, reading
from conversations.prompts import Act, Conversation, Talk, ask, choose, confirm, look, said, seek
from conversations.proof import proven
from core import disputes, handing, lists
from core.disputes import Deniable, OpenDispute, Outcome
from core.doing import Doing
from core.handing import Colleague, Offer
from core.money import Money
from core.people import Caller, StaffMember
from core.phones import read_phone
from core.text import Name, Text, say
from core.work import money

DENIABLE_SHOWN = 5
_RECEIPT = re.compile("[0-9]{8,14}")


def batch(_caller: Caller) -> Conversation:
    """Many payments in one text, with an optional running number."""
    given = yield from ask(say("batch.what"), listing.payment_list, whole=True)
    return partial(lists.take, running=given.running, items=given.items, body=given.body)


def colleague(me: StaffMember, room: str = "hand") -> Talk[Colleague]:
    """Ask, in the words of a room, for a member of staff until it is one of the same plants."""
    term = yield from ask(say(f"{room}.who"), reading.term)

    def search(term: str) -> Talk[Colleague | None]:
        query = partial(handing.colleague, staff_id=me.id, term=term, phone=read_phone(term))
        return look(f"colleague-{term}", query, Colleague | None)

    def unknown(term: str) -> Text:
        return say(f"{room}.unknown", typed=reading.quoted(term))

    return (yield from seek(term, search, unknown, reading.term))


def hand(caller: Caller) -> Conversation:
    """Offer cash to a colleague, or take an unanswered offer back."""
    me = caller.member
    query = partial(handing.open_offer, staff_id=me.id, mine=True)
    waiting: Offer | None = yield from look("mine", query, Offer | None)
    if waiting is not None:
        offer_id = waiting.id
        question = say("hand.withdraw", amount=Money(waiting.amount_paise), name=waiting.label)
        if not (yield from confirm(question)):
            return say("hand.waits")
        return lambda doing: say("hand.withdrawn", amount=handing.withdraw(doing, offer_id))
    to = yield from colleague(me)
    paise = yield from ask(say("hand.amount", name=to.label), reading.amount)
    if not (yield from confirm(say("hand.confirm", amount=Money(paise), name=to.label), undoable=True)):
        return say("hand.not_offered")

    def offer(doing: Doing) -> Text:
        handing.offer(doing, to.staff_id, paise)
        return say("hand.offered", amount=Money(paise), name=to.label)

    return offer


def got(caller: Caller) -> Conversation:
    """Say whether cash that a colleague handed over has arrived; a yes is proven, for it moves the cash."""
    query = partial(handing.open_offer, staff_id=caller.member.id, mine=False)
    waiting: Offer | None = yield from look("offered", query, Offer | None)
    if waiting is None:
        return say("got.none")
    offer_id = waiting.id
    question = say("got.confirm", amount=Money(waiting.amount_paise), name=waiting.label)
    taken = yield from confirm(question)

    def answer(doing: Doing) -> Text:
        return say("got.taken" if taken else "got.refused", amount=handing.answer(doing, offer_id, taken))

    if not taken:
        return answer
    act = say("got.act", amount=Money(waiting.amount_paise), name=waiting.label)
    return (yield from proven(caller, f"got:{offer_id}:{waiting.amount_paise}", act, answer))


def close(caller: Caller) -> Conversation:
    """End the day: count the cash, explain a difference, and post it after a yes."""
    counted = yield from ask(say("close.counted"), reading.counted)
    query = partial(handing.held, staff_id=caller.member.id)
    expected: int = yield from look("held", query, int, fresh=True)
    missing, reason = expected - counted, None
    if missing:
        how = "short" if missing > 0 else "over"
        figures = {"expected": Money(expected), "difference": Money(abs(missing))}
        reason = yield from ask(say(f"close.why_{how}", **figures), reading.reason, whole=True)
        if not (yield from confirm(say(f"close.confirm_{how}", **figures))):
            return say("close.not_closed")

    def end(doing: Doing) -> Text:
        handing.close(doing, counted, expected, reason)
        return say("close.done", counted=Money(counted))

    return end


def deniable_of(caller: Caller) -> Talk[list[Deniable]]:
    """The cash receipts that the caller may still say no to."""
    mine = [line.id for line in caller.lines if line.role in ("holder", "payer")]
    query = partial(disputes.deniable, connection_ids=mine, limit=DENIABLE_SHOWN)
    return (yield from look("deniable", query, list[Deniable]))


def deny(caller: Caller) -> Conversation:
    """Say no to a receipt for cash that was never given: the one that is named, or one of the last."""
    found = yield from deniable_of(caller)
    if not found:
        return say("deny.none")
    named = yield from said(say("settle.receipt"), str.strip)
    rows = [one for row, one in enumerate(found, 1) if named in (one.receipt, str(row))]
    if rows:
        return _denied(rows[0].payment_id)
    if named and _RECEIPT.fullmatch(named):
        return say("deny.not_open", receipt=named)
    options = [
        (
            one.payment_id,
            say("deny.option", amount=Money(one.amount_paise), number=one.number, receipt=one.receipt),
        )
        for one in found
    ]
    payment_id = yield from choose(say("deny.which"), [*options, (0, say("deny.all_right"))])
    if not payment_id:
        return say("deny.kept")
    return _denied(payment_id)


def _denied(payment_id: int) -> Act:
    return lambda doing: say("deny.done", receipt=disputes.deny(doing, payment_id))


def settle(caller: Caller) -> Conversation:
    """The in-charge decides about a disputed receipt, proven: it stands, or it is taken back."""
    me = caller.member
    if me.role not in disputes.SETTLERS:
        return say("settle.not_you")
    receipt = yield from ask(say("settle.receipt"), reading.receipt_number)
    query = partial(disputes.open_dispute, staff_id=me.id, receipt=receipt)
    found: OpenDispute | None = yield from look("dispute", query, OpenDispute | None)
    if found is None:
        return say("settle.none", receipt=receipt)
    payment_id = found.payment_id
    question = say(
        "settle.which",
        receipt=receipt,
        amount=Money(found.amount_paise),
        number=found.number,
        name=Name(found.name, found.name_local),
    )
    options: list[tuple[Outcome, Text]] = [("keep", say("settle.keep")), ("undo", say("settle.undo"))]
    outcome = yield from choose(question, options)
    act = say(f"settle.act_{outcome}", amount=Money(found.amount_paise), receipt=receipt)

    def decide(doing: Doing) -> Text:
        disputes.settle(doing, payment_id, outcome)
        return say(f"settle.done_{outcome}", receipt=receipt)

    paise = found.amount_paise
    purpose = f"settle:{outcome}:{receipt}:{paise}"
    if outcome == "keep":
        return (yield from proven(caller, purpose, act, decide))
    others = partial(money.ask_to_take_back, payment_id=payment_id)
    return (
        yield from limits.within(
            caller, found.connection_id, paise, purpose, act, do=decide, ask=others, lent=True
        )
    )
