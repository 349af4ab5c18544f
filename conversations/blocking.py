"""A stolen or lost phone of a colleague: blocked by text at once, and opened again with a proof."""

from __future__ import annotations

from functools import partial

from conversations import reading
from conversations.prompts import Conversation, Talk, ask, confirm, look, seek
from conversations.proof import proven
from core import blocking, pins
from core.blocking import Left, Owner
from core.doing import Doing
from core.money import Money
from core.people import Caller
from core.phones import read_phone
from core.text import Text, say


def block(caller: Caller) -> Conversation:
    """Block a phone after one question with the name and what stops; then what its owner holds and has to do.

    No code is asked for: a thief is quick, and it can be undone.
    """
    if caller.member.role not in pins.UNLOCKERS:
        return say("pin.not_you")
    owner = yield from _whose(caller)
    query = partial(blocking.left, staff_id=owner.staff_id)
    left: Left = yield from look(f"left-{owner.code}", query, Left, fresh=True)
    if owner.blocked:
        return _with_left(say("block.already", name=owner.label), owner, left)
    if not (yield from confirm(say("block.sure", name=owner.label))):
        return say("block.kept", name=owner.label)

    def stop(doing: Doing) -> Text:
        blocking.block(doing, owner.staff_id)
        return _with_left(say("block.done", name=owner.label), owner, left)

    return stop


def unblock(caller: Caller) -> Conversation:
    """Let a blocked phone act again, proven: whoever holds it has its owner's powers."""
    if caller.member.role not in pins.UNLOCKERS:
        return say("pin.not_you")
    owner = yield from _whose(caller)
    if not owner.blocked:
        return say("block.not_blocked", name=owner.label)

    def open_again(doing: Doing) -> Text:
        blocking.unblock(doing, owner.staff_id)
        return say("block.open", name=owner.label)

    act = say("block.act_open", name=owner.label)
    return (yield from proven(caller, f"unblock:{owner.staff_id}", act, open_again))


def _whose(caller: Caller) -> Talk[Owner]:
    term = yield from ask(say("block.who"), reading.term)

    def search(term: str) -> Talk[Owner | None]:
        query = partial(blocking.find, staff_id=caller.member.id, term=term, phone=read_phone(term))
        return look(f"owner-{term}", query, Owner | None)

    def unknown(term: str) -> Text:
        return say("pin.unknown", typed=reading.quoted(term))

    return (yield from seek(term, search, unknown, reading.term))


def _with_left(head: Text, owner: Owner, left: Left) -> Text:
    lines = [head]
    if left.cash_paise:
        lines.append(say("block.cash", amount=Money(left.cash_paise)))
    if left.tasks:
        lines.append(say("block.tasks", total=left.tasks, numbers=" ".join(left.numbers)))
    return say("nav.lines", lines=(*lines, say("block.back", code=owner.code)))
