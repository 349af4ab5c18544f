"""Self readings: a customer reads the meter, somebody of the plant checks it."""

from __future__ import annotations

from functools import partial

from conversations import reading
from conversations.customer import which_line
from conversations.meters import ask_kwh, sure_of
from conversations.prompts import Conversation, ask, choose, do, look
from core import metering, photo_pages, selfreading
from core.energy import units
from core.metering import Meter
from core.people import Caller
from core.picture import Picture
from core.selfreading import Waiting
from core.text import say

WAITING_SHOWN = 30


def read(caller: Caller) -> Conversation:
    """Read my own meter, with the same questions as staff are asked."""
    line = yield from which_line(caller)
    query = partial(metering.meter, staff_id=None, number=line.number)
    meter: Meter | None = yield from look("meter", query, Meter | None, fresh=True)
    if meter is None or not meter.metered:
        return say("selfread.no_meter", number=line.number)
    known = partial(selfreading.read_today, connection_id=line.id)
    if (yield from look("read-today", known, bool, fresh=True)):
        return say("selfread.read_today", number=line.number)
    wh = yield from ask_kwh(meter, partial(reading.own_kwh, number=line.number), whole=True)
    if not (yield from sure_of(meter, wh)):
        return say("selfread.not_noted", number=line.number)
    return partial(selfreading.keep, meter=meter, wh=wh, turned_wh=meter.turned(wh))


def check(caller: Caller) -> Conversation:
    """What customers have read: which is right, and what the others' meters show."""
    me = caller.member
    query = partial(selfreading.waiting, staff_id=me.id, limit=WAITING_SHOWN)
    found: list[Waiting] = yield from look("waiting", query, list[Waiting])
    if not found:
        return say("selfread.none")
    number = yield from choose(
        say("selfread.which"),
        [
            (
                one.number,
                say("selfread.row", number=one.number, name=one.label, shown=units(one.wh), day=one.day),
            )
            for one in found
        ],
    )
    own = next(one for one in found if one.number == number)
    of = partial(metering.meter, staff_id=me.id, number=number)
    meter: Meter | None = yield from look("meter", of, Meter | None, fresh=True)
    if meter is None:
        return say("selfread.gone", number=number)
    if own.photo:
        yield from do("photo", partial(photo_pages.offer, subject="meter", id_=own.id))
    seen = say("selfread.check", name=own.label, number=number, shown=units(own.wh), day=own.day)
    wh = yield from ask(seen.beside(Picture("meter", own.id) if own.photo else None), reading.checked)
    if wh is None:
        return partial(selfreading.confirm, own_id=own.id, meter=meter)
    if not (yield from sure_of(meter, wh)):
        return say("read.not_noted", number=number)
    return partial(selfreading.correct, own_id=own.id, meter=meter, wh=wh, turned_wh=meter.turned(wh))
