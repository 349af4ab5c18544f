"""Where is my money: one talk for customers, one for staff."""

from __future__ import annotations

from functools import partial

from conversations import customer, reading
from conversations.prompts import Conversation, ask, look, said
from core import whereabouts
from core.people import Caller
from core.text import say
from core.whereabouts import Step


def my_money(caller: Caller) -> Conversation:
    """The way of the payment that is named, or of the last one for the caller's connection."""
    reference = yield from said(say("where.which"), reading.payment_reference)
    if reference is None:
        reference = (yield from customer.which_line(caller)).number
    return (yield from _answer(caller, reference))


def where(caller: Caller) -> Conversation:
    """The way of a payment in one's plants, by its receipt or as the last one of a connection."""
    reference = yield from ask(say("where.which"), reading.payment_reference)
    return (yield from _answer(caller, reference))


def _answer(caller: Caller, reference: str) -> Conversation:
    query = partial(whereabouts.where, caller=caller, reference=reference)
    steps: list[Step] = yield from look("where", query, list[Step], fresh=True)
    return whereabouts.in_words(steps) if steps else say("where.none", reference=reference)
