"""Supply off for a while and on again: previewed, agreed to, proven by a code on one's own phone."""

from __future__ import annotations

from functools import partial

from conversations import reading, scope
from conversations.prompts import Conversation, Talk, ask, choose, confirm, look, said, seek
from conversations.proof import proven
from core.doing import Doing
from core.people import Caller, StaffMember
from core.text import Text, say
from core.work import effects, machine, switching
from core.work.rules import CLUSTER, RAISERS, RULES, Kind, Step
from core.work.switching import Off, Target
from core.work.telling import roles

SHOWN = 20


def off(caller: Caller) -> Conversation:
    """Switch a connection or a whole plant off for some hours: `OFF RAMPUR 3 new pole`."""
    me = caller.member
    if me.role not in RAISERS[Kind.SUPPLY]:
        return say("work.not_you", who=roles(RAISERS[Kind.SUPPLY]))
    meant = yield from _target(me, None)
    if meant.connection_id is None and me.role != CLUSTER:
        return say("work.not_you", who=roles(frozenset({CLUSTER})))
    if meant.open is not None:
        return say("off.already", request=meant.open)
    hours, reason = yield from ask(say("off.why", what=meant.term), scope.hours_and_reason, whole=True)
    if hours is None:
        hours = yield from ask(say("off.hours", most=switching.LONGEST), scope.hours, again=True)
    sure = yield from confirm(
        say(
            "off.confirm",
            what=meant.term,
            name=meant.label,
            homes=meant.homes,
            hand=meant.by_hand,
            hours=hours,
        )
    )
    if not sure:
        return say("off.not_done")
    act = say("off.act", what=meant.term, hours=hours)
    planned: int = hours

    def switch(doing: Doing) -> Text:
        return switching.switch_off(doing, meant.plant_id, meant.connection_id, planned, reason)

    return (yield from proven(caller, f"off:{meant.term}:{hours}", act, switch))


def on(caller: Caller) -> Conversation:
    """Give supply back to what was switched off for a while."""
    me = caller.member
    who = RULES[Kind.SUPPLY][Step.RESTORE].who
    if me.role not in who:
        return say("work.not_you", who=roles(who))
    term = yield from said(say("off.on_what"), scope.target)
    if term is None:
        found: list[Off] = yield from look(
            "off-now", partial(switching.off_now, staff_id=me.id, limit=SHOWN), list[Off]
        )
        if not found:
            return say("off.none")
        options = [(one.term, say("off.option", what=one.term, request=one.request)) for one in found]
        term = yield from choose(say("off.on_what"), options)
    meant = yield from _target(me, term)
    number = meant.open
    if number is None:
        return say("off.not_off", what=meant.term)
    if not (yield from confirm(say("off.sure_on", what=meant.term, name=meant.label, homes=meant.homes))):
        return say("off.not_done")

    def restore(doing: Doing) -> Text:
        machine.take_step(doing, number, Step.RESTORE, effect=effects.of(Step.RESTORE))
        return say("off.restored", what=meant.term, request=number)

    act = say("off.act_on", what=meant.term)
    return (yield from proven(caller, f"restore:{number}", act, restore))


def _target(me: StaffMember, term: str | None) -> Talk[Target]:
    """Ask for a connection or a plant's code until it is one of my plants; `term` was said already."""
    if term is None:
        term = yield from ask(say("off.what"), scope.target)

    def search(term: str) -> Talk[Target | None]:
        return look(f"target-{term}", partial(switching.target, staff_id=me.id, term=term), Target | None)

    def unknown(term: str) -> Text:
        return say("off.unknown", typed=reading.quoted(term))

    return (yield from seek(term, search, unknown, scope.target))
