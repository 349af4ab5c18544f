"""The staff's day: tasks, steps, decisions, histories, counts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from conversations import cards, connecting, consent, reading
from conversations.prompts import Conversation, Talk, ask, choose, do, look, said, seek
from conversations.proof import prove
from core import photo_pages
from core.doing import Doing
from core.money import Money
from core.people import Caller
from core.picture import Picture
from core.text import Name, Text, say
from core.work import approvals, effects, lists, machine, telling
from core.work.approvals import Standing
from core.work.lists import Doer, Event, Task
from core.work.machine import Moved
from core.work.rules import AT_PLANT, FIELD, HANDS, JUDGED, RAISER, STAGES, Kind, Step, lent, reached, who_can

BY_METER = ("metered", "by_hand")
"""Steps of a smart meter, which has taken a new package or would not (core/work/reprogramming.py)."""
BY_ITSELF = ("up", "quiet")
"""Steps that time takes (core/work/away.py)."""
TASKS_SHOWN = 20
DOERS_SHOWN = 12
WITH_REASON = frozenset({Step.REJECT, Step.SENDBACK, Step.NOTE})
PROVEN = frozenset({Step.APPROVE, Step.REJECT})
"""What moves money or ends a request for good: a number that was forged must not be enough."""
_OFFERED = (Step.TAKE, Step.START, Step.STAGE, Step.DONE, Step.OK, Step.SENDBACK, Step.APPROVE, Step.REJECT,
            Step.ASSIGN, Step.NOTE)  # fmt: skip

BY_TEXT = (Step.TAKE, Step.START, Step.DONE, Step.ASSIGN, Step.STAGE, Step.NOTE, Step.OK, Step.SENDBACK,
           Step.APPROVE, Step.REJECT)  # fmt: skip
"""Steps that have a word of their own; in menus they are found behind the request."""


def tasks(caller: Caller) -> Conversation:
    """What I can work on, danger first, oldest first; choosing one leads to what can be done with it."""
    query = partial(lists.tasks, staff_id=caller.member.id, limit=TASKS_SHOWN)
    found: list[Task] = yield from look("tasks", query, list[Task])
    if not found:
        return say("work.no_tasks")
    return (yield from pick_and_act(caller, found, say("work.tasks", total=len(found))))


def review(caller: Caller) -> Conversation:
    """What waits for my decision, longest waiting first."""
    me = caller.member
    query = partial(lists.to_decide, staff_id=me.id, role=me.role, limit=TASKS_SHOWN)
    found: list[Task] = yield from look("review", query, list[Task])
    if not found:
        return say("work.nothing_waits")
    return (yield from pick_and_act(caller, found, say("work.review", total=len(found))))


def pick_and_act(caller: Caller, found: list[Task], head: Text) -> Conversation:
    """Choose one of some requests, then what to do with it."""
    number = yield from choose(head, [(one.number, cards.row(one)) for one in found])
    task = next(one for one in found if one.number == number)
    mine = task.assignee_id is not None and task.assignee_id == caller.member.id
    over = not mine and task.assignee_id is not None and _gone_up_to(caller, task)
    hidden = {Step.TAKE} if mine else HANDS if over else set()
    can = [step for step in _OFFERED if _may(caller, task, step) and step not in hidden]
    options = [(step, say(f"work.step_{step}")) for step in can]
    step = yield from choose(cards.card(task), [*options, ("hist", say("work.step_hist"))])
    if step == "hist":
        return (yield from _history(caller, number))
    return (yield from _act(caller, task, Step(step)))


def step_talk(step: Step) -> Callable[[Caller], Conversation]:
    """The talk of one step: the request's number, then what the step needs."""

    def talk(caller: Caller) -> Conversation:
        if step is Step.START:
            return (yield from _begin(caller))
        task = yield from which(caller)
        return (yield from _act(caller, task, step))

    return talk


def _begin(caller: Caller) -> Conversation:
    """START with a request; alone it is the way back for who has stopped messages, as for everybody."""
    number = yield from said(say("work.which"), reading.request_number)
    if number is None and (yield from consent.wish(caller)).stopped:
        return (yield from consent.start(caller))
    task = yield from which(caller, number)
    return (yield from _act(caller, task, Step.START))


def which(caller: Caller, number: str | None = None) -> Talk[Task]:
    """Ask for a request's number until it is one of my plants."""
    number = number or (yield from ask(say("work.which"), reading.request_number))

    def search(number: str) -> Talk[Task | None]:
        query = partial(lists.one, staff_id=caller.member.id, number=number)
        return look(f"request-{number}", query, Task | None)

    def unknown(number: str) -> Text:
        return say("work.unknown", request=number)

    return (yield from seek(number, search, unknown, reading.request_number))


def _act(caller: Caller, task: Task, step: Step) -> Conversation:
    """Ask what the step needs, have it proven where it must be, and take it."""
    can = who_can(Kind(task.kind), step, task.state, task.level)
    if not can:
        return say("work.state", request=task.number, state=say(f"request.{task.state}"))
    mine = caller.member.id == task.done_by
    if step is Step.OK and mine and task.kind == Kind.FAULT:
        return say("work.not_alone", request=task.number)
    if not _may(caller, task, step):
        return say("work.not_you", who=telling.roles(can))
    if step in JUDGED and (mine or task.raised_by == caller.member.id):
        return say("work.own", who=telling.roles(can))
    refused = yield from _in_vain(caller, task, step)
    if refused is not None:
        return refused
    if step is Step.OK and task.kind == Kind.NEW:
        return (yield from connecting.finish(caller, task))
    to_staff_id = (yield from _doer(task)) if step is Step.ASSIGN else None
    details = {"stage": (yield from _stage())} if step is Step.STAGE else None
    note = yield from _note(task, step)
    proof = yield from _proven(caller, task, step)
    if proof != "right":
        return say(f"prove.{proof}")

    def take(doing: Doing) -> Text:
        moved = machine.take_step(
            doing,
            task.number,
            step,
            note=note,
            to_staff_id=to_staff_id,
            details=details,
            paise=task.paise,
            effect=effects.of(step),
        )
        return _did(task, step, moved)

    return take


def _in_vain(caller: Caller, task: Task, step: Step) -> Talk[Text | None]:
    """Why an approval would not count, said before a code is asked for it."""
    if step is not Step.APPROVE or task.paise is None or task.plant_id is None:
        return None
    if _is_lent(caller, task, step):
        return None  # in whose name it is given, and whether it counts, is known in the act
    query = partial(
        approvals.standing,
        me=caller.member,
        number=task.number,
        plant_id=task.plant_id,
        paise=task.paise,
    )
    found: Standing = yield from look(f"standing-{task.number}", query, Standing, fresh=True)
    return approvals.refusal(found, task.number, task.paise) if found.why else None


def _did(task: Task, step: Step, moved: Moved) -> Text:
    """What a step has come to, for who took it."""
    what = telling.what(task.kind, task.topic)
    if step is Step.ASSIGN and moved.assignee:
        return say("work.assigned", request=moved.number, name=moved.assignee)
    if moved.changed is not None:
        return say("work.amount_changed", request=moved.number, amount=moved.changed)
    if moved.second is not None:
        return say("work.did_first", request=moved.number, what=what, who=telling.roles(moved.second))
    if step is Step.DONE and task.kind == Kind.FAULT:
        return say(f"work.did_done_{'asked' if moved.told else 'unasked'}", request=moved.number, what=what)
    if _pays(task, step):
        amount = Money(task.paise or 0)
        return say("work.did_pay", amount=amount, number=task.connection or "-", request=moved.number)
    return say(f"work.did_{step}", request=moved.number, what=what)


def _may(caller: Caller, task: Task, step: Step) -> bool:
    """Whether this step is theirs: by role, because they wrote the request down, or standing in."""
    me = caller.member
    can = who_can(Kind(task.kind), step, task.state, task.level)
    has = step in HANDS and task.assignee_id == me.id and bool(can & FIELD)
    if me.role in can and task.in_my_plants:
        return True
    return has or (RAISER in can and task.raised_by == me.id) or _is_lent(caller, task, step)


def _is_lent(caller: Caller, task: Task, step: Step) -> bool:
    """Whether it is theirs for standing in for somebody away."""
    role, kind = caller.member.role, Kind(task.kind)
    if kind in AT_PLANT and not task.in_my_plants:
        return False
    return any(lent(kind, step, task.state, task.level, role, of_role) for of_role, _, _ in task.lent_by)


def _gone_up_to(caller: Caller, task: Task) -> bool:
    """Whether it is theirs for having gone up: the work in another's hands has to be taken over first."""
    return caller.member.role in reached(Kind(task.kind), task.state, task.level)


def _pays(task: Task, step: Step) -> bool:
    return step is Step.DONE and task.kind == Kind.REFUND


def _proven(caller: Caller, task: Task, step: Step) -> Talk[str]:
    """Proof of what moves money or can't be undone, bound to the step, the request and its amount."""
    if step not in PROVEN and not _pays(task, step):
        return "right"
    what = telling.what(task.kind, task.topic)
    if task.paise is None:
        act = say(f"work.to_{step}", request=task.number, what=what)
    elif _pays(task, step):
        act = say("deposit.act", amount=Money(task.paise), number=task.connection or "-")
    else:
        act = say(f"work.to_{step}_amount", request=task.number, what=what, amount=Money(task.paise))
    return (yield from prove(caller, f"{step}:{task.number}:{task.paise or 0}", act))


def _note(task: Task, step: Step) -> Talk[str | None]:
    """Why, where a reason is owed; what else the line says, where a note is welcome."""
    if step in WITH_REASON:
        question = say(f"work.why_{step}", request=task.number)
        return (yield from ask(question, reading.reason, whole=True))
    if step is Step.DONE:
        return (yield from said(say("work.why_note", request=task.number), reading.reason, whole=True))
    return None


def _stage() -> Talk[str]:
    return (yield from choose(say("work.which_stage"), [(one, say(f"work.stage_{one}")) for one in STAGES]))


def _doer(task: Task) -> Talk[int]:
    query = partial(lists.doers, plant_id=task.plant_id or 0, limit=DOERS_SHOWN)
    found: list[Doer] = yield from look("doers", query, list[Doer])
    options = [(one.code, say("work.doer", code=one.code, name=one.label, open=one.open)) for one in found]
    code = yield from choose(say("work.to_whom", request=task.number), options)
    return next(one.staff_id for one in found if one.code == code)


def hist(caller: Caller) -> Conversation:
    """The history of a request, step by step."""
    task = yield from which(caller)
    return (yield from _history(caller, task.number))


def _history(caller: Caller, number: str) -> Conversation:
    query = partial(lists.history, staff_id=caller.member.id, number=number)
    found: list[Event] = yield from look("history", query, list[Event])
    rows = tuple(
        say(
            _event_key(event),
            at=event.at,
            step=say(f"work.past_{event.step or 'raise'}"),
            name=_who(event),
            note=say(f"work.stage_{event.note}") if event.note in STAGES else event.note or "",
            amount=Money(event.paise or 0),
        )
        for event in found
    )
    head, photos = say("work.history", request=number), sum(event.step == "photo" for event in found)
    if not photos:
        return say("nav.lines", lines=(head, *rows))
    way = yield from do("photos", partial(photo_pages.offer, subject="request", id_=int(number)))
    lines = (head, *rows, say(f"work.photos_{way}", total=photos))
    return say("nav.lines", lines=lines).beside(Picture("request", int(number)))


def _who(event: Event) -> Name | Text:
    if event.name:
        name = Name(event.name, event.name_local)
        absent = Name(event.absent, event.absent_local) if event.absent else None
        return say("work.for_away", name=name, away=absent) if absent else name
    if event.step in BY_ITSELF:
        return say("work.by_itself")
    return say("work.the_meter" if event.step in BY_METER else "work.by_phone")


def _event_key(event: Event) -> str:
    if event.paise is not None:
        return "work.event_amount"
    return "work.event_note" if event.note else "work.event"
