"""Where is my money: one talk for customers, one for staff."""

from __future__ import annotations

from functools import partial

from conversations import customer, reading
from conversations.prompts import Conversation, ask, look, said
from core import traces, whereabouts
from core.people import Caller
from core.text import say
from core.traces import Line, Trace
from core.whereabouts import Step


def my_money(caller: Caller) -> Conversation:
    """The way of the payment that is named, or of the last one for the caller's connection."""
    reference = yield from said(say("where.which"), reading.payment_reference)
    if reference is None:
        reference = (yield from customer.which_line(caller)).number
    return (yield from _answer(caller, reference))


def where(caller: Caller) -> Conversation:
    """The way of a payment in one's plants, by whatever number it has, or of one's own list."""
    reference = yield from ask(say("where.which"), reading.payment_reference)
    return (yield from _answer(caller, reference))


def _answer(caller: Caller, reference: str) -> Conversation:
    if reference.startswith("#"):
        return (yield from _list(caller, int(reference[1:])))
    query = partial(whereabouts.where, caller=caller, reference=reference)
    steps: list[Step] = yield from look("where", query, list[Step], fresh=True)
    if steps:
        return whereabouts.in_words(steps)
    trace = partial(traces.trace, caller=caller, reference=reference)
    found: Trace | None = yield from look("trace", trace, Trace | None, fresh=True)
    return traces.in_words(found, reference) if found else say("where.none", reference=reference)


def _list(caller: Caller, running: int) -> Conversation:
    """What became of one's own list; nobody else's is shown."""
    staff_id = caller.staff.id if caller.staff else 0
    query = partial(traces.listed, staff_id=staff_id, running=running)
    lines: list[Line] = yield from look("list", query, list[Line], fresh=True)
    return traces.list_in_words(lines, running) if lines else say("where.none", reference=f"#{running}")
