"""Proof that it is really them, for what can't be undone: a one-time code, or the PIN of staff.

A sender's number can be forged. The code goes to the phone on record and has to come back, bound to the
exact act, amount and person by its purpose. Where staff have a PIN and the channel may carry it, it is
asked instead, last of all, with the act in its question.
"""

from __future__ import annotations

from functools import partial

from conversations import reading
from conversations.prompts import Act, Conversation, Talk, ask, ask_secret, do
from core import codes, pins
from core.doing import Doing
from core.people import Caller
from core.text import Text, say


def prove(caller: Caller, purpose: str, act: Text) -> Talk[str]:
    """Ask for the PIN, or for the code that goes to this phone; `right`, or why not.

    Why not: `too_many`, `dead`, `locked`, `no_sms`; each has its words under `prove`. `purpose` names the
    exact act, e.g. `approve:10047:500`, and `act` says it in the question or in the SMS with the code.
    """

    def begin(doing: Doing) -> str:
        way = pins.way(doing)
        if way != "code":
            return way
        return "sent" if codes.send_code(doing, caller.phone, purpose, act) else "too_many"

    begun = yield from do("send-code", begin)
    if begun == "pin":
        return (yield from _by_pin(act))
    if begun == "sent":
        return (yield from _by_code(caller, purpose))
    return begun


def proven(caller: Caller, purpose: str, act: Text, then: Act) -> Conversation:
    """Do something once it is proven; else say why not."""
    proof = yield from prove(caller, purpose, act)
    return then if proof == "right" else say(f"prove.{proof}")


def _by_code(caller: Caller, purpose: str) -> Talk[str]:
    last = caller.phone[-4:]
    question = say("prove.code", last=last)
    for _ in range(codes.TRIES):
        typed = yield from ask(question, reading.code, again=True)
        tried = yield from do("try-code", partial(codes.try_code, typed=typed, purpose=purpose))
        if tried != "wrong":
            return tried
        question = say("prove.wrong_code", last=last)
    return "dead"


def _by_pin(act: Text) -> Talk[str]:
    question = say("prove.pin", act=act)
    for _ in range(pins.TRIES):
        typed = yield from ask_secret(question, reading.pin)
        tried = yield from do("try-pin", partial(pins.try_pin, typed=typed))
        if tried != "wrong":
            return tried
        question = say("prove.wrong_pin", act=act)
    return "locked"
