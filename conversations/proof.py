"""Proof that it is really them: a one-time code, for what can't be undone.

A sender's number can be forged. The code goes to the phone on record and has to come back, bound to the
exact act, amount and person by its purpose.
"""

from __future__ import annotations

from functools import partial

from conversations import reading
from conversations.prompts import Talk, ask, do
from core import codes
from core.doing import Doing
from core.people import Caller
from core.text import Text, say


def prove(caller: Caller, purpose: str, act: Text) -> Talk[str]:
    """Ask for the code that goes to this phone; `right`, or why not: `too_many`, `dead`.

    `purpose` names the exact act, e.g. `approve:10047:500`, and `act` says it in the SMS with the code.
    """
    last = caller.phone[-4:]

    def send(doing: Doing) -> str:
        return "sent" if codes.send_code(doing, caller.phone, purpose, act) else "too_many"

    if (yield from do("send-code", send)) == "too_many":
        return "too_many"
    question = say("prove.code", last=last)
    for _ in range(codes.TRIES):
        typed = yield from ask(question, reading.code, again=True)
        tried = yield from do("try-code", partial(codes.try_code, typed=typed, purpose=purpose))
        if tried != "wrong":
            return tried
        question = say("prove.wrong_code", last=last)
    return "dead"
