"""A request in a list, and as a card before one acts on it."""

from __future__ import annotations

from core.money import Money
from core.text import Name, Text, say
from core.work import telling
from core.work.lists import Task

DAY = 24
"""Hours."""


def row(task: Task) -> Text:
    """A request on a list: its number, what it is about and whose; how long it waits, once it has gone up."""
    key = "work.row_urgent" if task.urgent else "work.row_first" if task.first_id else "work.row"
    words = say(key, request=task.number, what=telling.what(task.kind, task.topic), name=task.label)
    return say("work.row_up", row=words, span=_waited(task)) if task.level else words


def _waited(task: Task) -> Text:
    """How long a request has stood as it is: hours, from two days on days."""
    if task.waited_hours < DAY * 2:
        return say("work.waited_hours", hours=task.waited_hours)
    return say("work.waited_days", days=task.waited_hours // DAY)


def card(task: Task) -> Text:
    """A request by itself: a line for each thing that is known of it."""
    lines = [
        say(
            "work.card",
            request=task.number,
            what=telling.what(task.kind, task.topic),
            state=say(f"request.{task.state}"),
        )
    ]
    if task.connection:
        lines.append(say("work.card_who", number=task.connection, name=task.label))
    if task.paise is not None:
        lines.append(say("work.card_amount", amount=Money(task.paise)))
    if task.lent_by and not task.in_my_plants:
        _, away, away_local = task.lent_by[0]
        lines.append(say("work.card_for", name=Name(away, away_local)))
    if task.level:
        lines.append(say("work.card_up", span=_waited(task)))
    if task.with_bill:
        lines.append(say("work.card_next"))
    if task.first:
        lines.append(say("work.card_first", name=Name(task.first, task.first_local)))
    if task.village:
        lines.append(say("card.village", village=task.village))
    if task.phone:
        lines.append(say("card.phone", phone=task.phone))
    if task.assignee:
        lines.append(say("work.card_has", name=Name(task.assignee, task.assignee_local)))
    return say("nav.lines", lines=tuple(lines))
