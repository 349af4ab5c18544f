"""Limits of approval in a talk: who decides alone proves it, who does not asks those who may."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from conversations.prompts import Act, Conversation, confirm, look
from conversations.proof import proven
from core import charge, limits
from core.doing import Doing
from core.people import Caller
from core.text import Text, say


def within(
    caller: Caller,
    connection_id: int,
    paise: int,
    purpose: str,
    act: Text,
    *,
    do: Act,
    ask: Callable[[Doing], str],
    lent: bool = False,
) -> Conversation:
    """Within one's limit `do` it, once proven; above it, after a yes, `ask` those who may decide.

    `ask` gives the number of the request; `purpose` and `act` are those of `prove`.
    `lent`: who stands in for somebody away has the limit of both.
    """
    query = partial(limits.decides, role=caller.member.role, connection_id=connection_id, paise=paise)
    if lent:
        query = partial(charge.decides, staff_id=caller.member.id, connection_id=connection_id, paise=paise)
    if (yield from look(f"alone-{connection_id}-{paise}", query, bool)):
        return (yield from proven(caller, purpose, act, do))
    if not (yield from confirm(say("work.ask_others", act=act))):
        return say("work.not_asked")
    return lambda doing: say("change.noted", request=ask(doing))
