"""Paying without cash: a link by SMS, card and wallet slips, payments that nobody knows the owner of."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from conversations import customer, reading
from conversations.prompts import Conversation, Talk, ask, choose, confirm, look, said
from conversations.staff import payee_of
from core import accounts, links, payments, receipts, unmatched, upi
from core.accounts import Owed
from core.doing import Doing
from core.fold import keyword
from core.money import Money
from core.people import Caller
from core.text import Name, Text, say
from core.unmatched import Waiting
from core.upi import Wish

WAITING_SHOWN = 9


def pay_online(caller: Caller) -> Conversation:
    """A link to pay what is owed, half of it or another amount, by SMS to the phone that asks."""
    first = yield from said(say("paylink.how_much"), partial(_line_or_amount, caller))
    if isinstance(first, str):
        line = next(line for line in caller.lines if line.number == first)
        paise = yield from said(say("paylink.rupees", number=line.number), reading.amount)
    else:
        line, paise = (yield from customer.which_line(caller)), first
    asked = yield from _possible(line.id, line.number, paise)

    def send(doing: Doing) -> Text:
        lines = []
        address, razorpay = doing.settings.upi, doing.settings.razorpay
        # One link is enough by SMS, where each costs: Razorpay's, for its receipt comes at once.
        if razorpay is not None or address is None:
            links.ask(doing, line.id, asked, doing.caller.phone)
            lines.append(say("paylink.coming", amount=Money(asked), number=line.number))
        if address is not None and (razorpay is None or doing.channel == "whatsapp"):
            number = links.check(doing, line.id, asked)
            lines.append(upi.how_to_pay(doing, address, number, Wish(line.id, asked)))
        return say("nav.lines", lines=tuple(lines)).beside(lines[-1].picture)

    return send


def _line_or_amount(caller: Caller, raw: str) -> str | int:
    """One of the caller's own connections by its number, else paise: nobody means that many rupees."""
    typed = keyword(raw)
    return typed if any(line.number == typed for line in caller.lines) else reading.amount(raw)


def send_link(caller: Caller) -> Conversation:
    """A link to pay for a customer of one's plants, by SMS to the customer's phone."""
    payee = yield from payee_of(caller)
    paise = yield from said(say("paylink.how_much"), reading.amount)
    asked = yield from _possible(payee.connection_id, payee.number, paise)

    def send(doing: Doing) -> Text:
        phone, now = links.ask_for(doing, payee.connection_id, asked)
        key = "sendlink.coming" if now else "sendlink.sent_today"
        return say(key, amount=Money(asked), name=payee.label, number=payee.number, last=phone[-3:])

    return send


def _possible(connection_id: int, number: str, given: int | None) -> Talk[int]:
    """The amount given with the command, or the one that is asked for; asked again while it can't be paid."""
    paise = given if given is not None else (yield from _how_much(connection_id, number))
    query = partial(accounts.what_is_owed, connection_id=connection_id)
    owed: Owed = yield from look("possible", query, Owed)
    most = links.most(owed.balance_paise)
    while not links.LEAST_PAISE <= paise <= most:
        paise = yield from ask(links.amounts(number, most), reading.amount, again=True)
    return paise


def _how_much(connection_id: int, number: str) -> Talk[int]:
    """All that is owed, half of it (up to the next rupee), or an amount to type; in paise.

    Its words are its own: a question is known by them, and a line's amount was asked for before.
    """
    query = partial(accounts.what_is_owed, connection_id=connection_id)
    owed: Owed = yield from look("owed", query, Owed, fresh=True)
    whole = owed.balance_paise
    half = -(-whole // 200) * 100
    if whole >= links.LEAST_PAISE:
        shares = [("whole", whole)] + ([("half", half)] if half < whole else [])
        options = [(name, say(f"paylink.{name}", amount=Money(paise))) for name, paise in shares]
        chosen = yield from choose(
            say("paylink.which", number=number), [*options, ("other", say("paylink.other"))]
        )
        if chosen != "other":
            return dict(shares)[chosen]
    return (yield from ask(say("paylink.amount", number=number), reading.amount))


def slip(mode: str) -> Callable[[Caller], Conversation]:
    """The talk that enters a payment by card or wallet with its reference."""

    def talk(caller: Caller) -> Conversation:
        payee = yield from payee_of(caller)
        question = say("slip.amount", name=payee.label, number=payee.number, mode=receipts.mode_words(mode))
        paise = yield from ask(question, reading.amount)
        reference = yield from ask(say("slip.reference"), reading.reference)
        sure = say(
            "slip.confirm",
            amount=Money(paise),
            mode=receipts.mode_words(mode),
            name=payee.label,
            number=payee.number,
            reference=reference,
        )
        if not (yield from confirm(sure, undoable=True)):
            return say("pay.not_taken")

        def take(doing: Doing) -> Text:
            taken = payments.take_by_reference(doing, payee.connection_id, paise, mode, reference)
            return _taken(payee.label, payee.number, paise, *taken)

        return take

    return talk


def _taken(name: Name, number: str, paise: int, receipt: str, balance: int) -> Text:
    state, left = payments.standing(balance)
    return say(
        f"pay.taken_{state}", amount=Money(paise), name=name, number=number, receipt=receipt, balance=left
    )


def waiting(caller: Caller) -> Conversation:
    """Payments that nobody knows the connection of, each with a guess where there is one."""
    found: list[Waiting] = yield from look(
        "waiting", partial(unmatched.waiting, staff_id=caller.member.id, limit=WAITING_SHOWN), list[Waiting]
    )
    if not found:
        return say("unmatched.none")
    rows = tuple(
        say(
            "unmatched.guess" if one.guess else "unmatched.row",
            id=one.id,
            amount=Money(one.paise),
            day=one.on,
            number=one.guess or "",
        )
        for one in found
    )
    return say("nav.lines", lines=(say("unmatched.head"), *rows))


def match(caller: Caller) -> Conversation:
    """Say whose an unmatched payment is, and credit it after a yes."""
    number = yield from ask(say("unmatched.which"), reading.row_number)
    query = partial(unmatched.one, staff_id=caller.member.id, id_=number)
    one: Waiting | None = yield from look(f"one-{number}", query, Waiting | None, fresh=True)
    if one is None:
        return say("unmatched.gone", id=number)
    payee = yield from payee_of(caller)
    sure = say("unmatched.confirm", amount=Money(one.paise), name=payee.label, number=payee.number)
    if not (yield from confirm(sure)):
        return say("pay.not_taken")
    return lambda doing: unmatched.match(doing, number, payee.connection_id)
