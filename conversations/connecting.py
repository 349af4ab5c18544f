"""The last step of a new connection: what it is to be, and the yes with a code."""

from __future__ import annotations

from functools import partial

from conversations import reading
from conversations.prompts import Conversation, Talk, ask, choose, look
from conversations.proof import proven
from core.doing import Doing
from core.money import Money
from core.people import Caller
from core.text import Text, say
from core.work import joining
from core.work.joining import Sold, Wanted
from core.work.lists import Task

PACKAGES_SHOWN = 12
BY_SHEET = "sheet"


def finish(caller: Caller, task: Task) -> Conversation:
    """Say that the connection is right; its customer and number are made, or come with the next sheet.

    A customer can't be unmade: a number that was forged must not be enough.
    """
    query = partial(joining.packages, plant_id=task.plant_id or 0, limit=PACKAGES_SHOWN)
    found: list[Sold] = yield from look("packages", query, list[Sold])
    options = [(one.code, say("join.package", name=one.label, watts=one.load_watts)) for one in found]
    code = yield from choose(
        say("join.which", request=task.number, name=task.label), [*options, (BY_SHEET, say("join.sheet"))]
    )
    sold = next((one for one in found if one.code == code), None)
    wanted = Wanted(sold.code, (yield from _meter(sold))) if sold else None

    def connect(doing: Doing) -> Text:
        number = joining.finish(doing, task.number, wanted)
        if number is None or sold is None:
            return say("join.by_sheet", request=task.number)
        key = "join.done_deposit" if sold.deposit_paise else "join.done"
        return say(key, number=number, name=task.label, deposit=Money(sold.deposit_paise))

    act = say("work.to_connect", request=task.number)
    return (yield from proven(caller, f"connect:{task.number}:{code}", act, connect))


def _meter(sold: Sold) -> Talk[str | None]:
    """The number on the meter, where the package has one."""
    if not sold.metered:
        return None
    return (yield from ask(say("join.meter"), reading.meter_or_none))
