"""STOP and START, and WHATSAPP: what is sent on its own, and where."""

from __future__ import annotations

from functools import partial

from conversations.prompts import Conversation, Talk, confirm, do, look
from core import consent
from core.consent import Wish
from core.doing import Doing
from core.people import Caller
from core.text import Text, render, say


def stop(_caller: Caller) -> Conversation:
    """At once where the word is clear; a slip of the hand is asked about."""
    if not (yield from confirm(say("stop.really"), undoable=True)):
        return say("stop.kept")
    # In the middle, so that what was written stands in its row by then: it is kept with the wish.
    yield from do("stop", consent.stop)
    return say("stop.done")


def wish(caller: Caller) -> Talk[Wish]:
    """What this phone wants now."""
    return (yield from look("wish", partial(consent.wish_of, phone=caller.phone), Wish, fresh=True))


def start(_caller: Caller) -> Conversation:
    """Everything is sent again."""
    yield from do("start", consent.start)
    return say("stop.started")


def whatsapp(caller: Caller) -> Conversation:
    """Receipts, bills and notices on WhatsApp, or by SMS again; the words that were agreed to are kept."""
    now: Wish = yield from wish(caller)
    asked = say("stop.leave_whatsapp" if now.whatsapp else "stop.use_whatsapp")
    if not (yield from confirm(asked)):
        return say("stop.unchanged")
    language = caller.language or "en"

    def act(doing: Doing) -> Text:
        change = consent.leave_whatsapp if now.whatsapp else consent.use_whatsapp
        change(doing, render(asked, language))
        return say("stop.by_sms" if now.whatsapp else "stop.on_whatsapp")

    return act
