"""The staff's PIN: set, changed, and opened again by another when it is locked or forgotten."""

from __future__ import annotations

from functools import partial

from conversations import reading
from conversations.cash import colleague
from conversations.prompts import Conversation, ask_secret, do
from conversations.proof import prove, proven
from core import pins
from core.doing import Doing
from core.people import Caller
from core.text import Text, say

ROUNDS = 2
"""How often two that differ are asked anew."""


def pin(caller: Caller) -> Conversation:
    """Set a PIN, or another one: after the old one or a code by SMS, typed twice."""
    if (yield from do("where", _where)) == "no_sms":
        return say("pin.not_by_sms")
    proof = yield from prove(caller, "pin:new", say("pin.act"))
    if proof != "right":
        return say(f"prove.{proof}")
    question = say("pin.new")
    for _ in range(ROUNDS):
        typed = yield from ask_secret(question, reading.new_pin)
        yield from do("propose", partial(pins.propose, typed=typed))
        again = yield from ask_secret(say("pin.again"), reading.pin)
        if (yield from do("settle", partial(pins.settle, typed=again))) == "set":
            return say("pin.set")
        question = say("pin.differs")
    return say("pin.not_set")


def _where(doing: Doing) -> str:
    return "here" if doing.channel in pins.CHANNELS else "no_sms"


def unlock(caller: Caller) -> Conversation:
    """An in-charge opens a colleague's PIN, so that a new one can be set."""
    if caller.staff is None or caller.staff.role not in pins.UNLOCKERS:
        return say("pin.not_you")
    other = yield from colleague(caller.staff, "pin")

    def let_in(doing: Doing) -> Text:
        pins.unlock(doing, other.staff_id)
        return say("pin.unlocked", name=other.label)

    act = say("pin.act_unlock", name=other.label)
    return (yield from proven(caller, f"unlock:{other.staff_id}", act, let_in))
