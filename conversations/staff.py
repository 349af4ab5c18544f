"""What field staff do: take cash, take it back, find people, see dues and the cash in hand."""

from __future__ import annotations

from functools import partial

from conversations import customer, reading, water
from conversations.prompts import Conversation, Talk, ask, choose, confirm, look, said
from core import charge, collecting, floats, payments, receipts, taking_back
from core.collecting import Card, Cash, Debtor, Found, Last, Payee
from core.doing import Doing
from core.money import Money
from core.people import Caller
from core.phones import read_phone
from core.text import Name, Text, say
from core.water.litres import litres

FOUND_SHOWN = 9
DUES_SHOWN = 30


def payee_of(caller: Caller, *, lent: bool = False) -> Talk[Payee]:
    """Ask for a connection until it is one that this collector serves.

    `lent`: or one of who is away and for whom they stand in.
    """
    me = caller.member
    number = yield from ask(say("pay.number"), reading.connection_number)
    while True:
        query = partial(collecting.payee, staff_id=me.id, number=number)
        found: Payee | None = yield from look(f"payee-{number}", query, Payee | None)
        if found is not None and (found.mine or (lent and (yield from _reaches(me.id, found)))):
            return found
        why = (
            say("pay.unknown", number=number)
            if found is None
            else say("pay.elsewhere", number=number, plant=found.plant)
        )
        number = yield from ask(why, reading.connection_number, again=True)


def _reaches(staff_id: int, payee: Payee) -> Talk[bool]:
    query = partial(charge.reaches, staff_id=staff_id, connection_id=payee.connection_id)
    return (yield from look(f"lent-{payee.number}", query, bool))


def pay(caller: Caller) -> Conversation:
    """Take cash for a connection: number, amount, and a yes unless it came as one sure line.

    A closed connection can still owe something, so its money is taken, but never unasked.
    """
    me = caller.member
    payee = yield from payee_of(caller)
    state, dues = payments.standing(payee.dues_paise)
    paise = yield from ask(
        say(f"pay.amount_{state}", name=payee.label, number=payee.number, dues=dues), reading.cash
    )
    closed, large = payee.status == "disconnected", paise > me.cash_limit_paise
    how = "_closed" if closed else "_large" if large else ""
    question = say(f"pay.confirm{how}", amount=Money(paise), name=payee.label, number=payee.number)
    if not (yield from confirm(question, undoable=not how)):
        return say("pay.not_taken")

    def take(doing: Doing) -> Text:
        receipt, balance = payments.take_cash(doing, payee.connection_id, paise)
        after, left = payments.standing(balance)
        words = say(
            f"pay.taken_{after}",
            amount=Money(paise),
            name=payee.label,
            number=payee.number,
            receipt=receipt,
            balance=left,
        )
        return say("nav.lines", lines=(words, *floats.warning(doing, me.id)))

    return take


def undo(caller: Caller) -> Conversation:
    """Take back the last payment, or sale of water, of this collector, within ten minutes."""
    query = partial(collecting.last_taken, staff_id=caller.member.id)
    last: Last | None = yield from look("last", query, Last | None, fresh=True)
    if last is None:
        return say("undo.nothing")
    if last.litres is not None:
        return (yield from water.undo(last, last.litres))
    question = say("undo.confirm", amount=Money(last.amount_paise), name=last.label, number=last.number)
    if not (yield from confirm(question, undoable=True)):
        return say("undo.kept")
    payment_id, number = last.id, last.number

    def take_back(doing: Doing) -> Text:
        amount, of, balance = taking_back.undo(doing, payment_id)
        state, left = payments.standing(balance)
        return say(f"undo.done_{state}", amount=amount, name=of, number=number, balance=left)

    return take_back


def find(caller: Caller) -> Conversation:
    """Find a customer by name, number or phone, in one's own plants, and show the card."""
    me = caller.member
    term = yield from ask(say("find.what"), reading.term, whole=True)
    query = partial(collecting.find, staff_id=me.id, term=term, phone=read_phone(term), limit=FOUND_SHOWN)
    found: list[Found] = yield from look("found", query, list[Found])
    if not found:
        return say("find.none", term=reading.quoted(term))
    chosen = found[0].connection_id
    if len(found) > 1:
        options = [
            (one.connection_id, say("find.option", number=one.number, name=one.label)) for one in found
        ]
        chosen = yield from choose(say("find.which"), options)
    card: Card | None = yield from look(
        f"card-{chosen}",
        partial(collecting.card, staff_id=me.id, connection_id=chosen),
        Card | None,
        fresh=True,
    )
    return card_text(card) if card else say("find.none", term=reading.quoted(term))


def card_text(card: Card) -> Text:
    """One customer in a few lines."""
    state, amount = payments.standing(card.dues_paise)
    lines = [
        say("card.head", number=card.number, name=Name(card.name, card.name_local)),
        say(f"card.{state}", amount=amount),
    ]
    if card.paid_paise is not None and card.paid_on:
        lines.append(say("card.paid", amount=Money(card.paid_paise), day=card.paid_on))
    if card.promised_on is not None:
        lines.append(say("card.promised", day=card.promised_on))
    lines.append(say("card.package", package=Name(card.package, card.package_local)))
    if card.status != "active":
        lines.append(say(f"card.status_{card.status}"))
    if card.village:
        lines.append(say("card.village", village=card.village))
    lines.append(say("card.phone", phone=card.phone) if card.phone else say("card.no_phone"))
    return say("nav.lines", lines=tuple(lines))


def dues(caller: Caller) -> Conversation:
    """The largest arrears of one's plants, largest first."""
    query = partial(collecting.largest_dues, staff_id=caller.member.id, limit=DUES_SHOWN)
    debtors: list[Debtor] = yield from look("dues", query, list[Debtor])
    if not debtors:
        return say("dues.none")
    head = say("dues.head", people=debtors[0].count, total=Money(debtors[0].total_paise))
    rows = tuple(
        say("dues.row", number=one.number, name=one.label, amount=Money(one.dues_paise)) for one in debtors
    )
    return say("nav.lines", lines=(head, *rows))


def cash(caller: Caller) -> Conversation:
    """Cash in hand, and what today brought."""
    query = partial(collecting.cash_in_hand, staff_id=caller.member.id)
    held: Cash = yield from look("cash", query, Cash, fresh=True)
    words = say(
        "cash.held", held=Money(held.held_paise), payments=held.payments, today=Money(held.today_paise)
    )
    lines = [words]
    if held.water_litres or held.water_paise:
        sold, for_it = litres(held.water_litres), Money(held.water_paise)
        lines.append(say("cash.water", litres=sold, amount=for_it))
    if held.limit_paise is not None:
        lines.append(say("cash.limit", limit=Money(held.limit_paise)))
    if held.disputed:
        lines.append(say("cash.disputed", receipts=held.disputed))
    return say("nav.lines", lines=tuple(lines))


def receipt(caller: Caller) -> Conversation:
    """Show a receipt of one's plants by its number; staff with a connection may ask for its last one, too."""
    number = yield from said(say("proof.which"), reading.receipt_number)
    if number is None:
        if caller.lines:
            return (yield from customer.receipt_again(caller))
        number = yield from ask(say("proof.which"), reading.receipt_number, again=True)
    return partial(receipts.show, number=number)
