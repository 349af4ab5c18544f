"""Who asked has the last word: is it mended, how was it, is it back again, is it wanted no more."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from conversations import cash, reading
from conversations.prompts import Act, Conversation, Talk, ask, choose, confirm, do, look, said
from core import requests
from core.doing import Doing
from core.people import Caller
from core.requests import RequestView
from core.text import Text, say
from core.work import machine, own, telling, verdict
from core.work.lists import Brief
from core.work.rules import LAST_WORD, OPEN, Kind, Step

SHOWN = 5


def fixed(caller: Caller) -> Conversation:
    """Say that a fault is mended, and how it was; where none waits, how something else was."""
    found = yield from _said_mended(caller, {Kind.FAULT})
    if not found:
        return (yield from rate(caller))
    number = (yield from _one_of(found, say("mended.which"))).number

    def close(doing: Doing) -> str:
        machine.take_step(doing, number, Step.OK)
        return number

    yield from do("close", close)
    question = say("mended.stars", request=number)
    stars = (yield from _stars_said()) or (yield from ask(question, reading.stars))
    return _rated(number, stars)


def _stars_said() -> Talk[int | None]:
    """The stars that a line says beside its command; in words of its own, as it is not the question."""
    return (yield from said(say("mended.which_done"), reading.stars_within, whole=True))


def rate(caller: Caller) -> Conversation:
    """How they liked what was done lately, each once."""
    query = partial(own.unrated, phone=caller.phone, connection_ids=_mine(caller), limit=SHOWN)
    found: list[Brief] = yield from look("unrated", query, list[Brief])
    if not found:
        return say("mended.none")
    one = yield from _one_of(found, say("mended.which_done"))
    what = telling.what(one.kind, one.topic)
    question = say("mended.how", request=one.number, what=what)
    stars = yield from _stars_said()
    return _rated(one.number, stars or (yield from ask(question, reading.stars)))


def _rated(number: str, stars: int) -> Act:
    def rate(doing: Doing) -> Text:
        verdict.rate(doing, number, stars)
        return say("mended.thanks")

    return rate


def still(caller: Caller) -> Conversation:
    """Say that it is not mended, or not as agreed: it goes back to whoever has it, or is opened again."""
    found = yield from _said_mended(caller, LAST_WORD)
    if found:
        return _sent_back((yield from _one_of(found, say("mended.which"))).number)
    closed = yield from _closed(caller)
    if not closed:
        return say("mended.none")
    one = yield from _one_of(closed, say("mended.which_closed"))
    what = telling.what(one.kind, one.topic)
    if not (yield from confirm(say("mended.again", request=one.number, what=what))):
        return say("mended.stays", request=one.number)
    return _opened_again(one.number)


def deny(caller: Caller) -> Conversation:
    """NO, to whatever waits for an answer: what was called done last, or a receipt for cash."""
    found = yield from _said_mended(caller, LAST_WORD)
    if not found:
        return (yield from cash.deny(caller))
    last = found[0]
    if (yield from cash.deniable_of(caller)):
        key = "not" if last.kind == Kind.FAULT else "not_right"
        options = [
            ("fault", say(f"mended.{key}", request=last.number, what=telling.what(last.kind, last.topic))),
            ("receipt", say("menu.deny")),
        ]
        if (yield from choose(say("mended.no_to_what"), options)) == "receipt":
            return (yield from cash.deny(caller))
    return _sent_back(last.number)


def _sent_back(number: str) -> Act:
    def back(doing: Doing) -> Text:
        machine.take_step(doing, number, Step.SENDBACK)
        return say("mended.back", request=number)

    return back


def reopen(caller: Caller) -> Conversation:
    """What was closed in the last three days is there again, or not as agreed."""
    found = yield from _closed(caller)
    if found:
        return _opened_again((yield from _one_of(found, say("mended.which_closed"))).number)
    waiting = yield from _said_mended(caller, LAST_WORD)
    if not waiting:
        return say("mended.none_closed")
    return _sent_back((yield from _one_of(waiting, say("mended.which_closed"))).number)


def _opened_again(number: str) -> Act:
    def again(doing: Doing) -> Text:
        machine.take_step(doing, number, Step.REOPEN)
        return say("mended.reopened", request=number)

    return again


def _closed(caller: Caller) -> Talk[list[Brief]]:
    query = partial(own.lately_closed, phone=caller.phone, connection_ids=_mine(caller), limit=SHOWN)
    return (yield from look("closed", query, list[Brief]))


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


def _said_mended(caller: Caller, kinds: Collection[Kind]) -> Talk[list[Brief]]:
    query = partial(
        own.said_mended, phone=caller.phone, connection_ids=_mine(caller), kinds=kinds, limit=SHOWN
    )
    return (yield from look("mended", query, list[Brief]))


def _one_of(found: list[Brief], head: Text) -> Talk[Brief]:
    if len(found) == 1:
        return found[0]
    number = yield from choose(head, [(one.number, _brief(one)) for one in found])
    return next(one for one in found if one.number == number)


def _mine(caller: Caller) -> list[int]:
    return [line.id for line in caller.lines]


def place(caller: Caller) -> Conversation:
    """Where a fault is, for the newest that is open: a place sent on WhatsApp, or a few words."""
    where = yield from ask(say("place.where"), reading.place, whole=True)
    query = partial(
        requests.newest, phone=caller.phone, connection_ids=_mine(caller), limit=1, kinds=[Kind.FAULT]
    )
    newest: list[RequestView] = yield from look("newest", query, list[RequestView], fresh=True)
    if not newest or newest[0].state not in OPEN:
        return say("place.none")

    def keep(doing: Doing) -> Text:
        machine.take_step(doing, newest[0].number, Step.NOTE, note=where)
        return say("place.kept", request=newest[0].number)

    return keep
