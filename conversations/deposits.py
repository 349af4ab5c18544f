"""Deposits in the hands of staff: taken, set off against dues, given back; and a customer's books."""

from __future__ import annotations

from functools import partial

from conversations import books, limits, reading
from conversations.prompts import Conversation, Talk, ask, confirm, look, said
from conversations.staff import payee_of
from core import deposits, floats, payments
from core.collecting import Payee
from core.deposits import KEEPERS, Deposit
from core.doing import Doing
from core.money import Money
from core.people import Caller
from core.text import Text, say
from core.work import money


def deposit(caller: Caller) -> Conversation:
    """A customer's deposit; a line that names an amount takes it."""
    payee = yield from payee_of(caller)
    paise = yield from said(say("deposit.amount_more"), reading.cash)
    if paise is None:
        return (yield from books.the_deposit(payee.connection_id, payee.number))
    return (yield from _take(caller, payee, paise))


def take(caller: Caller) -> Conversation:
    """Take cash as a deposit: number, amount, and a yes unless it came as one sure line."""
    payee = yield from payee_of(caller)
    held = yield from _held(payee)
    paise = yield from ask(
        say(
            "deposit.amount",
            name=payee.label,
            number=payee.number,
            held=Money(held.held_paise),
            needed=Money(held.needed_paise),
        ),
        reading.cash,
    )
    return (yield from _take(caller, payee, paise))


def _take(caller: Caller, payee: Payee, paise: int) -> Conversation:
    """Ask for a yes, then credit the deposit and give its receipt."""
    usual = caller.staff is not None and paise <= caller.staff.cash_limit_paise
    question = say("deposit.confirm", amount=Money(paise), name=payee.label, number=payee.number)
    if not (yield from confirm(question, undoable=usual)):
        return say("pay.not_taken")

    def act(doing: Doing) -> Text:
        receipt, balance = payments.take_cash(doing, payee.connection_id, paise, "deposit")
        words = say(
            "deposit.taken",
            amount=Money(paise),
            name=payee.label,
            number=payee.number,
            receipt=receipt,
            held=Money(-balance),
        )
        warned = floats.warning(doing, doing.caller.staff.id) if doing.caller.staff else ()
        return say("nav.lines", lines=(words, *warned))

    return act


def _held(payee: Payee) -> Talk[Deposit]:
    """How the deposit stood when it was first asked about: the core looks again when it moves."""
    query = partial(deposits.deposit_of, connection_id=payee.connection_id)
    found: Deposit = yield from look(f"held-{payee.number}", query, Deposit)
    return found


def set_off(caller: Caller) -> Conversation:
    """The in-charge pays what is owed out of the deposit, proven: all that can be, or the amount named."""
    if not _keeper(caller):
        return say("deposit.not_you")
    payee = yield from payee_of(caller)
    given = yield from said(say("deposit.amount_more"), reading.amount)
    held = yield from _held(payee)
    most = min(held.held_paise, payee.dues_paise)
    if most <= 0:
        return say("deposit.nothing", number=payee.number, held=Money(held.held_paise))
    paise = most if given is None else given
    while paise > most:
        paise = yield from ask(_too_much(payee, held, paise), reading.amount, again=True)
    act = say("deposit.act_setoff", amount=Money(paise), number=payee.number)
    here, purpose = payee.connection_id, f"setoff:{payee.number}:{paise}"
    do = partial(deposits.set_off, connection_id=here, paise=paise)
    others = partial(money.ask_to_set_off, connection_id=here, paise=paise)
    return (yield from limits.within(caller, here, paise, purpose, act, do=do, ask=others))


def _too_much(payee: Payee, held: Deposit, paise: int) -> Text:
    """Why an amount is too much for this deposit, and what to send instead."""
    if paise > held.held_paise:
        return say("deposit.too_much", number=payee.number, held=Money(held.held_paise))
    return say("deposit.owes_less", number=payee.number, owed=Money(payee.dues_paise))


def refund(caller: Caller) -> Conversation:
    """The in-charge gives a deposit back in cash, after the one-time code of this very act."""
    if not _keeper(caller):
        return say("deposit.not_you")
    payee = yield from payee_of(caller)
    held = yield from _held(payee)
    if held.held_paise <= 0 or payee.dues_paise > 0:
        owes = say("deposit.owes", number=payee.number, owed=Money(payee.dues_paise))
        return owes if payee.dues_paise > 0 else say("deposit.nothing", number=payee.number, held=Money(0))
    question = say("deposit.refund_amount", number=payee.number, held=Money(held.held_paise))
    paise = yield from ask(question, reading.cash)
    while paise > held.held_paise:
        paise = yield from ask(_too_much(payee, held, paise), reading.cash, again=True)
    act = say("deposit.act", amount=Money(paise), number=payee.number)
    here, purpose = payee.connection_id, f"refund:{payee.number}:{paise}"
    do = partial(deposits.give_back, connection_id=here, paise=paise)
    others = partial(money.ask_for_refund, connection_id=here, paise=paise)
    return (yield from limits.within(caller, here, paise, purpose, act, do=do, ask=others))


def _keeper(caller: Caller) -> bool:
    return caller.staff is not None and caller.staff.role in KEEPERS


def statement_of(caller: Caller) -> Conversation:
    """The statement of a customer in one's plants."""
    payee = yield from payee_of(caller)
    return (yield from books.the_statement(payee.connection_id, payee.number))


def year_of(caller: Caller) -> Conversation:
    """The year by month of a customer in one's plants."""
    payee = yield from payee_of(caller)
    return (yield from books.the_year(payee.connection_id, payee.number))
