"""What one's plants took in, and what is owed to them."""

from __future__ import annotations

from functools import partial

from conversations import scope
from conversations.prompts import Conversation, look, said
from core import receipts
from core import receivable as owed
from core.money import Money
from core.people import Caller
from core.receivable import Receivable, Taken
from core.text import Text, say


def totals(caller: Caller) -> Conversation:
    """What came in today and this month, by way of paying; or in a month that is named, or one plant."""
    asked = yield from said(say("totals.which"), scope.plant_and_month, whole=True)
    plant, month = asked or (None, None)
    query = partial(owed.taken_in, staff_id=caller.member.id, month=month, plant=plant)
    taken: list[Taken] = yield from look("totals", query, list[Taken], fresh=True)
    if not taken:
        return say("totals.none_then" if asked else "totals.none")
    lines: list[Text] = [say("totals.month", month=f"{month:%m/%Y}")] if month else []
    for place, one in enumerate(taken):
        if place == 0 or taken[place - 1].label != one.label:
            lines.append(say("totals.plant", plant=one.label))
        lines.append(_figures(receipts.mode_words(one.mode), [one], whole=month is not None))
    if len(taken) > 1:
        lines.append(_figures(say("totals.all"), taken, whole=month is not None))
    return say("nav.lines", lines=tuple(lines))


def _figures(what: Text, taken: list[Taken], *, whole: bool) -> Text:
    """Some rows of the totals together: the month that was named, or today and this month."""
    count, paid = sum(one.month for one in taken), Money(sum(one.month_paise for one in taken))
    if whole:
        return say("totals.row_month", what=what, month=count, month_sum=paid)
    return say(
        "totals.row",
        what=what,
        today=sum(one.today for one in taken),
        today_sum=Money(sum(one.today_paise for one in taken)),
        month=count,
        month_sum=paid,
    )


def receivable(caller: Caller) -> Conversation:
    """Per plant: billed and collected this month, what is owed, by how many, and for how long."""
    plant = yield from said(say("receivable.which"), scope.plant)
    query = partial(owed.receivable, staff_id=caller.member.id, plant=plant)
    plants: list[Receivable] = yield from look("receivable", query, list[Receivable], fresh=True)
    if not plants:
        return say("receivable.none")
    return say("nav.lines", lines=tuple(_plant(one) for one in plants))


def _plant(one: Receivable) -> Text:
    return say(
        "receivable.row",
        plant=one.label,
        billed=Money(one.billed_paise),
        collected=Money(one.collected_paise),
        owed=Money(one.owed_paise),
        people=one.people,
        fresh=Money(one.fresh_paise),
        older=Money(one.older_paise),
        oldest=Money(one.oldest_paise),
    )
