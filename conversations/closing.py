"""A fault is closed by who finished it, with the code that its customer reads out."""

from __future__ import annotations

from functools import partial

from conversations import reading
from conversations.prompts import Conversation, Talk, ask, choose, do, look, said
from conversations.work import which
from core.codes import TRIES
from core.doing import Doing
from core.people import Caller
from core.text import Text, say
from core.work import machine, telling, verdict
from core.work.lists import Task
from core.work.rules import Kind, Step, who_can
from core.work.verdict import Finished

SHOWN = 9


def by_code(caller: Caller) -> Conversation:
    """Which fault of those I have finished, and the code; a wrong one is asked for again, a few times."""
    number = yield from said(say("work.which"), reading.request_number)
    if number is None:
        number = yield from _one_of_mine(caller)
    if number is None:
        return say("closing.none")
    task = yield from which(caller, number)
    refused = _in_vain(caller, task)
    return refused if refused is not None else (yield from _close(task.number))


def _one_of_mine(caller: Caller) -> Talk[str | None]:
    query = partial(verdict.finished, staff_id=caller.member.id, limit=SHOWN)
    found: list[Finished] = yield from look("finished", query, list[Finished])
    if len(found) < 2:
        return found[0].number if found else None
    options = [
        (
            one.number,
            say("work.row", request=one.number, what=telling.what(Kind.FAULT, one.topic), name=one.label),
        )
        for one in found
    ]
    return (yield from choose(say("closing.which"), options))


def _in_vain(caller: Caller, task: Task) -> Text | None:
    """Why no code of a customer closes this here, said before it is asked for."""
    if not who_can(Kind(task.kind), Step.CODE, task.state):
        return say("work.state", request=task.number, state=say(f"request.{task.state}"))
    return None if task.done_by == caller.member.id else say("work.code_not_yours", request=task.number)


def _close(number: str) -> Conversation:
    question = say("closing.code", request=number)
    for _ in range(TRIES):
        typed = yield from ask(question, reading.code)

        def close(doing: Doing, typed: str = typed) -> str:
            return machine.take_step(doing, number, Step.CODE, code=typed).code or "right"

        tried = yield from do("customers-code", close)
        if tried != "wrong":
            return say(f"closing.{tried}", request=number)
        question = say("closing.wrong", request=number)
    return say("closing.dead", request=number)
