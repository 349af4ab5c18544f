"""The customer has the last word on a fault: is it mended, how was it, is it back again."""

from __future__ import annotations

from functools import partial

from conversations import reading
from conversations.prompts import Conversation, Talk, ask, choose, do, look
from core import requests
from core.doing import Doing
from core.people import Caller
from core.requests import RequestView
from core.text import Text, say
from core.work import lists, machine
from core.work.lists import Waiting
from core.work.rules import OPEN, REOPEN_WITHIN, Step

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
    if number is None:
        return say("mended.none")

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
    query = partial(lists.said_mended, phone=caller.phone, connection_ids=_mine(caller), limit=SHOWN)
    found: list[Waiting] = yield from look("mended", query, list[Waiting])
    return (yield from _one_of(found, say("mended.which"))) if found else None


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
    query = partial(requests.newest_faults, connection_ids=_mine(caller), limit=1)
    newest: list[RequestView] = yield from look("newest", query, list[RequestView], fresh=True)
    if not newest or newest[0].state not in OPEN:
        return say("place.none")

    def keep(doing: Doing) -> Text:
        machine.take_step(doing, newest[0].number, Step.NOTE, note=where)
        return say("place.kept", request=newest[0].number)

    return keep
