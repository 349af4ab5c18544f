"""The field's other talks: outages, leave, theft, a connection off or on, everything on a customer."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from conversations import reading, reporting, staff
from conversations.cash import colleague
from conversations.customer import what_is_wrong, which_line
from conversations.prompts import Conversation, Talk, ask, choose, look
from conversations.proof import proven
from core import collecting, requests
from core.collecting import Card, Payee
from core.doing import Doing
from core.people import Caller
from core.schemes import plans
from core.text import Param, Text, say
from core.work import away, complaints, figures, lists, outages, telling
from core.work.complaints import Status
from core.work.figures import Health
from core.work.lists import Brief
from core.work.outages import OpenOutage
from core.work.rules import hands_on_approvals, lends

OUTAGES_SHOWN = 10
REQUESTS_SHOWN = 5


def outage(caller: Caller) -> Conversation:
    """The outages of my plants: take one, or say that light is back."""
    query = partial(outages.open_ones, staff_id=caller.member.id, limit=OUTAGES_SHOWN)
    found: list[OpenOutage] = yield from look("outages", query, list[OpenOutage])
    if not found:
        return say("outage.none")
    one = found[0]
    if len(found) > 1:
        options = [(each.id, _outage("option", each)) for each in found]
        chosen = yield from choose(say("outage.which"), options)
        one = next(each for each in found if each.id == chosen)
    what = yield from choose(
        _outage("what", one), [("take", say("outage.take")), ("restored", say("outage.restored"))]
    )

    def act(doing: Doing) -> Text:
        if what == "take":
            return say("outage.taken", homes=outages.take(doing, one.id))
        return say("outage.told", homes=outages.restore(doing, one.id))

    return act


def _outage(key: str, one: OpenOutage) -> Text:
    return say(f"outage.{key}", plant=one.label, homes=one.homes, since=one.since)


def leave(caller: Caller) -> Conversation:
    """Be away for some days, with somebody who stands in.

    What hands on the right to approve is proven, and who sets it hears how much of it the stand-in gets.
    """
    me = caller.member
    days = yield from ask(say("leave.days"), partial(reading.days, most=away.LONGEST))
    to = yield from colleague(me, "leave")
    much = lends(to.role, me.role)

    def note(doing: Doing) -> Text:
        away.leave(doing, days, to.staff_id)
        return say(f"leave.noted_{much}", days=days, name=to.label)

    if not hands_on_approvals(to.role, me.role):
        return note
    act = say("leave.act", name=to.label, days=days)
    return (yield from proven(caller, f"leave:{days}:{to.staff_id}", act, note))


def back(_caller: Caller) -> Conversation:
    """Be back before the leave was over."""
    yield from ()

    def end(doing: Doing) -> Text:
        away.back(doing)
        return say("leave.back")

    return end


def theft(caller: Caller) -> Conversation:
    """A customer saw something: what and where, with or without a name."""
    line = yield from which_line(caller)
    where = yield from ask(say("theft.where"), reading.reason, whole=True)
    return (yield from _theft(where, line.plant_id))


def theft_for(_caller: Caller) -> Conversation:
    """Staff note a suspicion of theft (3.5.12: operator and CSA)."""
    where = yield from ask(say("theft.where"), reading.reason, whole=True)
    return (yield from _theft(where, None))


def _theft(where: str, plant_id: int | None) -> Conversation:
    named = yield from choose(
        say("theft.named"), [("yes", say("theft.named_yes")), ("no", say("theft.named_no"))]
    )

    def note(doing: Doing) -> Text:
        number = complaints.complain_of_theft(doing, where, plant_id, named == "yes")
        return say("theft.noted", request=number)

    return note


def fault_for(caller: Caller) -> Conversation:
    """Note a fault that a customer has told us, at the plant or by voice (3.5.7)."""
    payee = yield from mine_of(caller)
    kind, note = yield from what_is_wrong()

    def open_request(doing: Doing) -> Text:
        opened = requests.open_fault_for(doing, payee.connection_id, kind, note)
        if opened.planned is not None:
            return say("fault.planned", since=opened.planned.since, until=opened.planned.until)
        how = "for" if opened.new else "for_known"
        return say(f"fault.{how}", request=opened.number, number=payee.number)

    return open_request


def off_for_good(caller: Caller) -> Conversation:
    """Ask that a connection be deactivated (3.5.6)."""
    return (yield from _status(caller, "inactive"))


def on_again(caller: Caller) -> Conversation:
    """Ask that a connection be reactivated (3.5.6)."""
    return (yield from _status(caller, "active"))


def _status(caller: Caller, to: Status) -> Conversation:
    payee = yield from mine_of(caller)
    reason = yield from ask(say(f"status.why_{to}", number=payee.number), reading.reason, whole=True)

    def note(doing: Doing) -> Text:
        number = complaints.ask_for_status(doing, payee.connection_id, to, reason)
        left = plans.remains(doing, payee.connection_id) if to == "inactive" else ()
        return say("nav.lines", lines=(say("status.noted", request=number), *left))

    return note


def mine_of(caller: Caller) -> Talk[Payee]:
    """Ask for a connection until it is one of my plants."""
    number = yield from ask(say("pay.number"), reading.connection_number)
    while True:
        query = partial(collecting.payee, staff_id=caller.member.id, number=number)
        found: Payee | None = yield from look(f"payee-{number}", query, Payee | None)
        if found is not None and found.mine:
            return found
        number = yield from ask(say("pay.unknown", number=number), reading.connection_number, again=True)


def cust(caller: Caller) -> Conversation:
    """The whole customer: name, status, package, dues, last payment, and what is open."""
    payee = yield from mine_of(caller)
    query = partial(collecting.card, staff_id=caller.member.id, connection_id=payee.connection_id)
    card: Card | None = yield from look("card", query, Card | None, fresh=True)
    about = partial(lists.of_connection, connection_id=payee.connection_id, limit=REQUESTS_SHOWN)
    open_ones: list[Brief] = yield from look("requests", about, list[Brief], fresh=True)
    if card is None:
        return say("pay.unknown", number=payee.number)
    rows = [
        say(
            "work.brief",
            request=one.number,
            what=telling.what(one.kind, one.topic),
            state=say(f"request.{one.state}"),
        )
        for one in open_ones
    ]
    year: Health = yield from look(
        "health", partial(figures.health, connection_id=payee.connection_id), Health, fresh=True
    )
    return say("nav.lines", lines=(staff.card_text(card), *rows, *_health(year)))


def _health(year: Health) -> list[Text]:
    """A year of faults in one line, where there were any, and how they liked it and all else."""
    if not year.faults:
        return [] if year.stars is None else [say("work.liked", stars=f"{year.stars:g}")]
    gaps: dict[str, Param] = {
        "faults": year.faults,
        "mended": year.mended,
        "hours": reporting.hours(timedelta(seconds=year.seconds)),
    }
    if not year.mended:
        liked = [] if year.stars is None else [say("work.liked", stars=f"{year.stars:g}")]
        return [say("work.health_none", faults=year.faults), *liked]
    if year.stars is None:
        return [say("work.health", **gaps)]
    return [say("work.health_rated", **gaps, stars=f"{year.stars:g}")]
