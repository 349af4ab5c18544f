"""Who asked has the last word: is it mended, how was it, is it back again, is it wanted no more."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from conversations import cash, reading
from conversations.prompts import Act, Conversation, Talk, ask, choose, confirm, do, look, said
from core import requests
from core.db import Reader
from core.doing import Doing
from core.people import Caller
from core.requests import RequestView
from core.text import Text, say
from core.work import machine, own, telling, verdict
from core.work.lists import Brief
from core.work.own import Waiting
from core.work.rules import OPEN, REOPEN_WITHIN, Kind, Step

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
        verdict.rate(doing, number, stars)
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
        own.lately_closed,
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


def withdraw(caller: Caller) -> Conversation:
    """Take back what one has asked for, while that is possible."""
    query = partial(
        own.withdrawable,
        phone=caller.phone,
        connection_ids=[line.id for line in caller.lines if line.role in ("holder", "payer")],
        staff_id=caller.staff.id if caller.staff else None,
        limit=SHOWN,
    )
    found: list[Brief] = yield from look("withdrawable", query, list[Brief])
    named = yield from said(say("work.which"), reading.request_number)
    if not found or (named and named not in {one.number for one in found}):
        return say("withdraw.none")
    one = next(one for one in found if one.number == (named or found[0].number))
    if named is None and len(found) > 1:
        options = [(each.number, _brief(each)) for each in found]
        number = yield from choose(say("withdraw.which"), options)
        one = next(each for each in found if each.number == number)
    if not (
        yield from confirm(say("withdraw.sure", request=one.number, what=telling.what(one.kind, one.topic)))
    ):
        return say("withdraw.kept", request=one.number)

    def take_back(doing: Doing) -> Text:
        machine.take_step(doing, one.number, Step.WITHDRAW)
        return say("withdraw.done", request=one.number)

    return take_back


def _brief(one: Brief) -> Text:
    return say("mended.option", request=one.number, what=telling.what(one.kind, one.topic))


def _said_mended(caller: Caller) -> Talk[str | None]:
    found: list[Waiting] = yield from look("mended", _waiting(caller, SHOWN), list[Waiting])
    return (yield from _one_of(found, say("mended.which"))) if found else None


def _waiting(caller: Caller, limit: int) -> Callable[[Reader], list[Waiting]]:
    return partial(own.said_mended, phone=caller.phone, connection_ids=_mine(caller), limit=limit)


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


def place(caller: Caller) -> Conversation:
    """Where a fault is, for the newest that is open: a place sent on WhatsApp, or a few words."""
    where = yield from ask(say("place.where"), reading.place, whole=True)
    query = partial(requests.newest, connection_ids=_mine(caller), limit=1, kinds=[Kind.FAULT])
    newest: list[RequestView] = yield from look("newest", query, list[RequestView], fresh=True)
    if not newest or newest[0].state not in OPEN:
        return say("place.none")

    def keep(doing: Doing) -> Text:
        machine.take_step(doing, newest[0].number, Step.NOTE, note=where)
        return say("place.kept", request=newest[0].number)

    return keep
