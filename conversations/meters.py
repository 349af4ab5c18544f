"""Meters: reading them, taking a reading back, changing them, their ledger, and who is still to be read."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from conversations import listing, reading
from conversations.customer import which_line
from conversations.prompts import Conversation, Talk, ask, confirm, look, said
from core import metering, reading_lists
from core.doing import Doing
from core.energy import units
from core.metering import Entry, Meter, Mistaken, Unread
from core.people import Caller
from core.text import Name, Param, Text, say

LEDGER_SHOWN = 24
UNREAD_SHOWN = 60


def _meter(caller: Caller) -> Talk[Meter]:
    """Ask for a connection until it is one of this reader's plants that has a meter."""
    me = caller.member
    number = yield from ask(say("read.number"), reading.connection_number)
    while True:
        query = partial(metering.meter, staff_id=me.id, number=number)
        found: Meter | None = yield from look(f"meter-{number}", query, Meter | None, fresh=True)
        if found is not None and found.mine and found.metered:
            return found
        number = yield from ask(_not_here(found, number), reading.connection_number, again=True)


def _not_here(found: Meter | None, number: str) -> Text:
    if found is None:
        return say("read.unknown", number=number)
    if not found.mine:
        return say("read.elsewhere", number=number, plant=found.plant)
    return say("read.no_meter", number=number)


def read(caller: Caller) -> Conversation:
    """Read a meter: connection, kWh, and a yes where it went back or jumped."""
    meter = yield from _meter(caller)
    wh = yield from ask_kwh(meter, reading.kwh)
    if not ((yield from _without_the_rest(meter, wh)) and (yield from sure_of(meter, wh))):
        return say("read.not_noted", number=meter.number)
    return partial(metering.take, meter=meter, wh=wh, turned_wh=meter.turned(wh))


def _without_the_rest(meter: Meter, wh: int) -> Talk[bool]:
    """A yes to leaving out what stands behind the kWh, such as a day: a reading is of the day it is sent."""
    rest = yield from said(say("read.rest_asked"), reading.rest, whole=True)
    if rest is None:
        return True
    who: dict[str, Param] = {"name": meter.label, "number": meter.number, "shown": units(wh)}
    return (yield from confirm(say("read.rest", typed=rest, **who)))


def ask_kwh(meter: Meter, read: Callable[[str], int], *, whole: bool = False) -> Talk[int]:
    """Ask what a meter shows, in Wh, with what it showed last."""
    who: dict[str, Param] = {"name": meter.label, "number": meter.number}
    if meter.last_wh is None or meter.last_on is None:
        return (yield from ask(say("read.kwh_first", **who), read, whole=whole))
    question = say("read.kwh", last=units(meter.last_wh), day=meter.last_on, **who)
    return (yield from ask(question, read, whole=whole))


def sure_of(meter: Meter, wh: int) -> Talk[bool]:
    """A yes to what was seen; one sure line counts as yes unless it went back or jumped."""
    who: dict[str, Param] = {"name": meter.label, "number": meter.number, "shown": units(wh)}
    if meter.last_wh is None or meter.last_on is None:
        if meter.unlikely_first(wh):
            return (yield from confirm(say("read.jump_first", **who)))
        return (yield from confirm(say("read.confirm", **who), undoable=True))
    used = wh + meter.turned(wh) - meter.last_wh
    if not meter.turned(wh) and not meter.unlikely(used):
        return (yield from confirm(say("read.confirm", **who), undoable=True))
    how = "turned" if meter.turned(wh) else "jump"
    figures: dict[str, Param] = {"used": units(used), "last": units(meter.last_wh), "day": meter.last_on}
    return (yield from confirm(say(f"read.{how}", **figures, **who)))


def read_list(caller: Caller) -> Conversation:
    """Many readings in one text, with an optional running number."""
    given = yield from ask(say("readlist.what"), listing.reading_list, whole=True)
    numbers = sorted({row.number for row in given.items if row.wrong is None})
    query = partial(metering.meters, staff_id=caller.member.id, numbers=numbers)
    found: list[Meter] = yield from look("listed", query, list[Meter], fresh=True)
    return partial(reading_lists.take, running=given.running, rows=given.items, body=given.body, meters=found)


def unread(caller: Caller) -> Conversation:
    """Take back one's last reading, within ten minutes."""
    query = partial(metering.mistaken, staff_id=caller.member.id)
    last: Mistaken | None = yield from look("mistaken", query, Mistaken | None, fresh=True)
    if last is None:
        return say("unread.nothing")
    label = Name(last.name, last.name_local)
    question = say("unread.confirm", name=label, number=last.number, shown=units(last.wh))
    if not (yield from confirm(question, undoable=True)):
        return say("unread.kept")
    return partial(metering.take_back, mistaken=last)


def change(caller: Caller) -> Conversation:
    """A new meter: what the old one showed last, the new one's number and what it shows first."""
    meter = yield from _meter(caller)
    closing = yield from ask(say("meter.closing", number=meter.number), reading.kwh)
    number = yield from ask(say("meter.new_number"), reading.meter_number)
    opening = yield from ask(say("meter.opening", meter=number), reading.kwh)
    question = say(
        "meter.confirm",
        name=meter.label,
        number=meter.number,
        closing=units(closing),
        meter=number,
        opening=units(opening),
    )
    if not (yield from confirm(question)):
        return say("meter.not_changed")

    def act(doing: Doing) -> Text:
        return metering.change(doing, meter, closing, number, opening)

    return act


def readings_of(caller: Caller) -> Conversation:
    """The ledger of a meter, for staff of its plant."""
    meter = yield from _meter(caller)
    return (yield from _ledger(meter.connection_id, meter.number))


def my_readings(caller: Caller) -> Conversation:
    """The ledger of one's own meter."""
    line = yield from which_line(caller)
    return (yield from _ledger(line.id, line.number))


def _ledger(connection_id: int, number: str) -> Conversation:
    query = partial(metering.ledger, connection_id=connection_id, limit=LEDGER_SHOWN)
    entries: list[Entry] = yield from look(f"ledger-{connection_id}", query, list[Entry], fresh=True)
    if not entries:
        return say("readings.none", number=number)
    return say("nav.lines", lines=(say("readings.head", number=number), *map(_entry, entries)))


def _entry(entry: Entry) -> Text:
    """One line: the day, what was shown, what was used, and a mark for all but a plain reading."""
    how = entry.how if entry.how in ("change", "opening", "estimated", "file", "self", "staff") else "device"
    used = units(entry.used_wh or 0)
    if entry.shown_wh is None:
        return say("readings.row_estimated", day=entry.day, used=used)
    mark = say(f"readings.by_{how}")
    if entry.used_wh is None:
        return say("readings.row_first", day=entry.day, shown=units(entry.shown_wh), mark=mark)
    return say("readings.row", day=entry.day, shown=units(entry.shown_wh), used=used, mark=mark)


def to_read(caller: Caller) -> Conversation:
    """Whose meter has no reading this month, village by village."""
    query = partial(metering.to_read, staff_id=caller.member.id, limit=UNREAD_SHOWN)
    found: list[Unread] = yield from look("to-read", query, list[Unread], fresh=True)
    if not found:
        return say("toread.none")
    lines: list[Text] = [say("toread.head", meters=found[0].count)]
    for place, one in enumerate(found):
        if one.village and (place == 0 or found[place - 1].village != one.village):
            lines.append(say("toread.village", village=one.village))
        lines.append(say("toread.row", number=one.number, name=Name(one.name, one.name_local)))
    return say("nav.lines", lines=tuple(lines))
