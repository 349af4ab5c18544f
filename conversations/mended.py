"""The customer has the last word on a fault: is it mended, how was it, is it back again."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from conversations import cash, reading
from conversations.prompts import Act, Conversation, Talk, ask, choose, do, look
from core.db import Reader
from core.doing import Doing
from core.people import Caller
from core.text import Text, say
from core.work import lists, machine
from core.work.lists import Waiting
from core.work.rules import REOPEN_WITHIN, Step

SHOWN = 5


def fixed(caller: Caller) -> Conversation:
    """Say that a fault is mended, and how it was."""
    number = yield from _said_mended(caller)
    if number is None:
        return say("mended.none")

    def close(doing: Doing) -> str:
        machine.take_step(doing, number, Step.OK)
        return number

    yield from do("close", close)
    stars = yield from ask(say("mended.stars", request=number), reading.stars)

    def rate(doing: Doing) -> Text:
        machine.rate(doing, number, stars)
        return say("mended.thanks")

    return rate


def still(caller: Caller) -> Conversation:
    """Say that a fault is not mended: it goes back to whoever has it."""
    number = yield from _said_mended(caller)
    return say("mended.none") if number is None else _sent_back(number)


def deny(caller: Caller) -> Conversation:
    """NO, to whatever waits for an answer: the fault that was called mended last, or a receipt for cash."""
    found: list[Waiting] = yield from look("mended", _waiting(caller, 1), list[Waiting])
    if not found:
        return (yield from cash.deny(caller))
    fault = found[0]
    if (yield from cash.deniable_of(caller)):
        still_broken = say("mended.not", request=fault.number, what=say(f"fault.kind.{fault.topic}"))
        options = [("fault", still_broken), ("receipt", say("menu.deny"))]
        if (yield from choose(say("mended.no_to_what"), options)) == "receipt":
            return (yield from cash.deny(caller))
    return _sent_back(fault.number)


def _sent_back(number: str) -> Act:
    def back(doing: Doing) -> Text:
        machine.take_step(doing, number, Step.SENDBACK)
        return say("mended.back", request=number)

    return back


def reopen(caller: Caller) -> Conversation:
    """A fault that was closed in the last three days is there again."""
    query = partial(
        lists.lately_closed,
        phone=caller.phone,
        connection_ids=_mine(caller),
        within=REOPEN_WITHIN,
        limit=SHOWN,
    )
    found: list[Waiting] = yield from look("closed", query, list[Waiting])
    if not found:
        return say("mended.none_closed")
    number = yield from _one_of(found, say("mended.which_closed"))

    def again(doing: Doing) -> Text:
        machine.take_step(doing, number, Step.REOPEN)
        return say("mended.reopened", request=number)

    return again


def _said_mended(caller: Caller) -> Talk[str | None]:
    found: list[Waiting] = yield from look("mended", _waiting(caller, SHOWN), list[Waiting])
    return (yield from _one_of(found, say("mended.which"))) if found else None


def _waiting(caller: Caller, limit: int) -> Callable[[Reader], list[Waiting]]:
    return partial(lists.said_mended, phone=caller.phone, connection_ids=_mine(caller), limit=limit)


def _one_of(found: list[Waiting], head: Text) -> Talk[str]:
    if len(found) == 1:
        return found[0].number
    options = [
        (one.number, say("mended.option", request=one.number, what=say(f"fault.kind.{one.topic}")))
        for one in found
    ]
    return (yield from choose(head, options))


def _mine(caller: Caller) -> list[int]:
    return [line.id for line in caller.lines]
