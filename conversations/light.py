"""When does light come back? What is known of one's home; where nothing is, it can be reported at once."""

from __future__ import annotations

from functools import partial

from conversations.customer import opened_words, which_line
from conversations.prompts import Conversation, confirm, look
from core import requests
from core.doing import Doing
from core.people import Caller
from core.requests import FaultKind
from core.text import Text, say
from core.work import dark
from core.work.dark import Dark


def when(caller: Caller) -> Conversation:
    """Since when it is known, and who is on it; a home that has not reported yet may join."""
    line = yield from which_line(caller)
    home: Dark = yield from look("dark", partial(dark.known, connection_id=line.id), Dark, fresh=True)
    if home.off_since is not None and home.off_until is not None:
        return say("fault.planned", since=home.off_since, until=home.off_until)
    who = home.who or say("work.our_people")
    if home.number is not None and home.reported_at is not None:
        key = "asked" if home.state == "review" else "mine" if home.doer else "waits"
        return say(f"light.{key}", request=home.number, since=home.reported_at, name=who)
    if home.since is not None and home.homes is not None:
        key = "outage" if home.doer else "outage_told"
        question = say(f"light.{key}", since=home.since, homes=home.homes, name=who)
    else:
        question = say("light.unknown", number=line.number)
    if not (yield from confirm(question)):
        return say("light.not_reported")

    def report(doing: Doing) -> Text:
        kind = FaultKind.NO_POWER
        opened = requests.open_fault(doing, line.id, line.number, line.plant_id, kind, None)
        return opened_words(opened, kind)

    return report
