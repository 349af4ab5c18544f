"""Writing to all homes of a plant: previewed with count and cost, proven, stopped on a word."""

from __future__ import annotations

from functools import partial

from conversations import reading, scope
from conversations.prompts import Conversation, Talk, ask, confirm, do, look, seek
from conversations.proof import proven
from core import broadcasts
from core.broadcasts import Reach, Sent
from core.doing import Doing
from core.money import Money
from core.people import Caller, StaffMember
from core.text import Text, say
from core.work.telling import roles


def broadcast(caller: Caller) -> Conversation:
    """Write to a whole plant: `BROADCAST RAMPUR meeting on Sunday at 10 at the school`."""
    me = caller.member
    if me.role not in broadcasts.SENDERS:
        return say("work.not_you", who=roles(broadcasts.SENDERS))
    to = yield from _plant(me)
    if not to.total:
        return say("broadcast.nobody", what=to.code)
    words = yield from ask(say("broadcast.words", what=to.code), reading.letter, whole=True)

    counted = yield from do("cost", partial(_cost, to=to, words=words))
    parts, paise = map(int, counted.split())
    question = say(
        "broadcast.confirm", what=to.code, phones=to.total, parts=parts, amount=Money(paise), words=words
    )
    if not (yield from confirm(question)):
        return say("broadcast.not_sent")
    act = say("broadcast.act", what=to.code, phones=to.total)

    def send(doing: Doing) -> Text:
        code = broadcasts.begin(doing, to.plant_id, words, to.total)
        return say("broadcast.begun", what=code, phones=to.total)

    return (yield from proven(caller, f"broadcast:{to.plant_id}:{words}", act, send))


def _cost(doing: Doing, to: Reach, words: str) -> str:
    """Parts and paise, as `9 180`, at the price of a part that the settings state."""
    parts = to.sms(words, doing.settings.service_name, doing.settings.default_language)
    return f"{parts} {parts * doing.settings.sms_price}"


def _plant(me: StaffMember) -> Talk[Reach]:
    """Ask for a plant's code until it is one of my plants."""
    term = yield from ask(say("broadcast.which"), scope.plant)

    def search(term: str) -> Talk[Reach | None]:
        return look(f"reach-{term}", partial(broadcasts.reach, staff_id=me.id, term=term), Reach | None)

    def unknown(term: str) -> Text:
        return say("broadcast.unknown", typed=reading.quoted(term))

    return (yield from seek(term, search, unknown, scope.plant))


def latest(caller: Caller) -> Conversation:
    """How far what was written to one's plants has come."""
    query = partial(broadcasts.latest, staff_id=caller.member.id)
    found: list[Sent] = yield from look("broadcasts", query, list[Sent], fresh=True)
    if not found:
        return say("broadcast.none")
    rows = tuple(
        say(
            f"broadcast.row_{one.state}",
            what=one.code,
            at=one.at,
            words=reading.quoted(one.words),
            phones=one.phones,
            went=one.went,
            arrived=one.arrived,
            failed=one.failed,
        )
        for one in found
    )
    return say("nav.lines", lines=rows)


def stop(_caller: Caller) -> Conversation:
    """Stop the newest one: at once, for what goes on can only annoy more people."""
    yield from ()
    return broadcasts.stop
