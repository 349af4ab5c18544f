"""Supply: the smart meters of one's plants, who is above the credit limit, who is to be left alone."""

from __future__ import annotations

from functools import partial

from conversations import reading
from conversations.prompts import Conversation, Talk, ask, confirm, look
from core import flags
from core.doing import Doing
from core.flags import Flagged
from core.meters.watch import MeterView, my_meters
from core.money import Money
from core.people import Caller, StaffMember
from core.text import Text, say

METERS_SHOWN = 60
FLAGS_SHOWN = 60


def meters(caller: Caller) -> Conversation:
    """The smart meters of one's plants, silent ones first."""
    query = partial(my_meters, staff_id=caller.member.id, limit=METERS_SHOWN)
    found: list[MeterView] = yield from look("meters", query, list[MeterView], fresh=True)
    if not found:
        return say("meters.none")
    silent = sum(one.silent for one in found)
    head = say("meters.head", meters=len(found), silent=silent)
    return say("nav.lines", lines=(head, *(_meter(one) for one in found)))


def _meter(one: MeterView) -> Text:
    """One meter on one line: what is the matter with it, or what it shows."""
    if one.seen_at is None or one.wh is None:
        return say("meters.never", number=one.number, name=one.label)
    if one.silent:
        return say("meters.silent", number=one.number, name=one.label, at=one.seen_at)
    units = f"{one.wh / 1000:.1f}"
    supply = say(f"meters.supply.{one.supply}")
    return say("meters.row", number=one.number, name=one.label, units=units, supply=supply)


def flagged(caller: Caller) -> Conversation:
    """Who is above the credit limit in one's plants, and how it stands with each."""
    query = partial(flags.flagged, staff_id=caller.member.id, limit=FLAGS_SHOWN)
    found: list[Flagged] = yield from look("flagged", query, list[Flagged], fresh=True)
    if not found:
        return say("flags.none")
    head = say("flags.head", people=found[0].count)
    rows = (
        say(
            "flags.row",
            number=one.number,
            name=one.label,
            amount=Money(max(0, one.dues_paise)),
            state=_state(one),
        )
        for one in found
    )
    return say("nav.lines", lines=(head, *rows))


def _state(one: Flagged) -> Text:
    if one.state == "excused" and one.excused_until is not None:
        return say("flags.state.excused", until=one.excused_until)
    if one.state == "flagged" and one.over:
        return say("flags.state.over")
    return say(f"flags.state.{one.state}")


def _flag(me: StaffMember) -> Talk[Flagged | str]:
    """Ask for a connection once; the flag it has, or its number where it has none."""
    number = yield from ask(say("excuse.number"), reading.connection_number)
    query = partial(flags.open_flag, staff_id=me.id, number=number)
    found: Flagged | None = yield from look(f"flag-{number}", query, Flagged | None, fresh=True)
    return found or number


def excuse(caller: Caller) -> Conversation:
    """The in-charge lets a flagged connection alone for some days."""
    me = caller.member
    if me.role not in flags.EXCUSERS:
        return say("excuse.not_you")
    found = yield from _flag(me)
    if isinstance(found, str):
        return say("excuse.none", number=found)
    days = yield from ask(say("excuse.days"), reading.excuse_days)
    question = say("excuse.confirm", number=found.number, name=found.label, days=days)
    if not (yield from confirm(question, undoable=True)):
        return say("excuse.not_done")
    number = found.number

    def leave(doing: Doing) -> Text:
        return say("excuse.done", number=number, until=flags.excuse(doing, number, days))

    return leave
