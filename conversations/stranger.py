"""What callers we don't know can do: link this phone, check a receipt."""

from __future__ import annotations

from functools import partial

from conversations import reading
from conversations.prompts import Conversation, ask, do, look
from core import codes, people, receipts
from core.doing import Doing
from core.linking import Linkable, linkable
from core.people import Caller
from core.phones import is_scoped
from core.text import say

CODE_TRIES = codes.TRIES


def link(caller: Caller) -> Conversation:
    """Link this phone to a connection: its number, then the code sent to the phone on record."""
    number = yield from ask(say("link.number"), reading.connection_number)
    found: Linkable | None = yield from look("linkable", partial(linkable, number=number), Linkable | None)
    while found is None:
        number = yield from ask(say("link.unknown", number=number), reading.connection_number, again=True)
        found = yield from look("linkable", partial(linkable, number=number), Linkable | None)
    if any(line.id == found.connection_id for line in caller.lines):
        return say("link.already", number=number)
    if found.phone is None:
        return say("link.no_phone", number=number)
    connection_id, recipient = found.connection_id, found.phone

    def send(doing: Doing) -> str:
        return "sent" if codes.send_code(doing, recipient, f"link:{connection_id}") else "too_many"

    if (yield from do("send-code", send)) == "too_many":
        return say("link.too_many")
    question = say("link.code", last=recipient[-4:])
    for _ in range(CODE_TRIES):
        typed = yield from ask(question, reading.code, again=True)
        result = yield from do("try-code", partial(_try, typed=typed, connection_id=connection_id))
        if result == "right":
            # Who is known on WhatsApp alone would dial as a stranger: nothing tells that it is the same one.
            return say("link.done_in_chat" if is_scoped(caller.phone) else "link.done", number=number)
        if result == "dead":
            break
        question = say("link.wrong_code", last=recipient[-4:])
    return say("link.code_dead")


def _try(doing: Doing, typed: str, connection_id: int) -> str:
    """Try the code and, when it is right, link the phone in the same transaction."""
    result = codes.try_code(doing, typed, f"link:{connection_id}")
    if result == "right":
        people.link_phone(doing.session, doing.caller.phone, connection_id)
        doing.audit("phone.link", f"connection:{connection_id}")
    return result


ROUNDS = 3
"""How often the code of a receipt is asked for before the number may be wrong, too."""


def verify(_caller: Caller) -> Conversation:
    """Whether a receipt that somebody shows is genuine: its number, then its code, a few times."""
    number = yield from ask(say("verify.number"), reading.receipt_number)
    question, code, again = say("verify.code", receipt=number), "", False
    for _ in range(ROUNDS):
        code = yield from ask(question, reading.receipt_code, again=again)
        tried = yield from do("verify", partial(receipts.try_code, number=number, code=code))
        if tried != "wrong":
            return partial(receipts.verify, number=number, code=code)
        question, again = say("verify.again", receipt=number, code=code), True
    return say("verify.wrong", receipt=number, code=code, helpline=say("brand.helpline"))
