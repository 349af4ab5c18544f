"""A customer says in how many days the money comes."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from conversations import reading
from conversations.customer import which_line
from conversations.prompts import Conversation, ask, confirm, look
from core.doing import Doing
from core.dunning import promises
from core.dunning.promises import Terms
from core.money import Money
from core.people import Caller
from core.text import Text, say


def later(caller: Caller) -> Conversation:
    """Promise what is owed for a day soon; reminders rest until then."""
    line = yield from which_line(caller)
    terms: Terms = yield from look("terms", partial(promises.terms, connection_id=line.id), Terms, fresh=True)
    refused = promises.no_promise(terms, line.number, say("brand.helpline"))
    if refused is not None:
        return refused
    owed = Money(terms.balance_paise)
    days = yield from ask(
        say("later.days", number=line.number, amount=owed, most=promises.MOST_DAYS), reading.days
    )
    until = terms.today + timedelta(days=days)
    question = say("later.confirm", number=line.number, amount=owed, day=until)
    if not (yield from confirm(question, undoable=True)):
        return say("later.left")

    def make(doing: Doing) -> Text:
        return promises.make(doing, line.id, line.number, days)

    return make
