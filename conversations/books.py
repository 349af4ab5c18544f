"""What the books say of one connection: its year, its statement, its deposit."""

from __future__ import annotations

from functools import partial

from conversations.prompts import Conversation, look
from core import deposits, payments, statements
from core.deposits import Deposit
from core.money import Money
from core.statements import Month, Move
from core.text import Text, say

MOVES_SHOWN = 30


def the_year(connection_id: int, number: str) -> Conversation:
    """Twelve months: what was billed, what was paid, and what was owed at the end of each."""
    query = partial(statements.year_by_month, connection_id=connection_id)
    months: list[Month] = yield from look("year", query, list[Month])
    if not months:
        return say("year.none", number=number)
    return say("nav.lines", lines=(say("year.head", number=number), *(_month(one) for one in months)))


def _month(month: Month) -> Text:
    """One month on one line."""
    state, amount = payments.standing(month.balance_paise)
    return say(
        f"year.row_{state}",
        month=f"{month.first:%m/%Y}",
        billed=Money(month.billed_paise),
        paid=Money(month.paid_paise),
        balance=amount,
    )


def the_statement(connection_id: int, number: str) -> Conversation:
    """The newest movements of what is owed, each with what stood after it."""
    query = partial(statements.moves, kind="dues", connection_id=connection_id, limit=MOVES_SHOWN)
    moves: list[Move] = yield from look("statement", query, list[Move])
    if not moves:
        return say("statement.none", number=number)
    return say("nav.lines", lines=(say("statement.head", number=number), *(_owed(one) for one in moves)))


def _owed(move: Move) -> Text:
    state, balance = payments.standing(move.balance_paise)
    return say(
        f"statement.row_{state}", day=move.day, what=_what(move), amount=_amount(move), balance=balance
    )


def the_deposit(connection_id: int, number: str) -> Conversation:
    """What is held as a deposit, what its package asks for, and the movements."""
    held: Deposit = yield from look(
        "deposit", partial(deposits.deposit_of, connection_id=connection_id), Deposit, fresh=True
    )
    query = partial(statements.moves, kind="deposit", connection_id=connection_id, limit=MOVES_SHOWN)
    moves: list[Move] = yield from look("deposit-moves", query, list[Move], fresh=True)
    head = say("deposit.held", number=number, held=Money(held.held_paise), needed=Money(held.needed_paise))
    rows = (
        say(
            "deposit.row",
            day=one.day,
            what=_what(one),
            amount=_amount(one),
            held=Money(-one.balance_paise),
        )
        for one in moves
    )
    return say("nav.lines", lines=(head, *rows))


def _what(move: Move) -> Text:
    words = say(f"statement.kind.{move.kind}")
    return say("statement.undone", what=words) if move.undone else words


def _amount(move: Move) -> Money:
    return Money(abs(move.paise))
