"""Limits of approval in a talk: who decides alone proves it, who does not asks those who may."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from conversations.prompts import Act, Conversation, Talk, confirm, look
from conversations.proof import prove
from core import limits
from core.doing import Doing
from core.people import Caller
from core.text import Text, say


def alone(caller: Caller, connection_id: int, paise: int) -> Talk[bool]:
    """Whether this member of staff decides about the amount alone."""
    query = partial(limits.decides, role=caller.member.role, connection_id=connection_id, paise=paise)
    return (yield from look(f"alone-{connection_id}-{paise}", query, bool))


def proven(caller: Caller, purpose: str, act: Text, do: Act) -> Conversation:
    """Do something once it is proven; else say why not."""
    proof = yield from prove(caller, purpose, act)
    return do if proof == "right" else say(f"prove.{proof}")


def ask_others(act: Text, ask: Callable[[Doing], str]) -> Conversation:
    """Above one's limit: after a yes, `ask` those who may decide, which gives the request's number."""
    if not (yield from confirm(say("work.ask_others", act=act))):
        return say("work.not_asked")
    return lambda doing: say("change.noted", request=ask(doing))
