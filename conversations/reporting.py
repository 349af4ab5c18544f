"""How the work goes: open, overdue, done, in what time, and how it was liked."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from conversations.prompts import Conversation, choose, look
from core.people import Caller
from core.text import Name, Text, say
from core.work import figures
from core.work.figures import PlantReport


def report(caller: Caller) -> Conversation:
    """Open, overdue, done and average time per plant: this week, this month."""
    since = yield from choose(
        say("work.report_which"), [("week", say("work.week")), ("month", say("work.month"))]
    )
    query = partial(figures.report, staff_id=caller.member.id, period=since)
    found: list[PlantReport] = yield from look(f"report-{since}", query, list[PlantReport])
    if not found:
        return say("work.report_none")
    rows = [_figures(one.label, [one]) for one in found]
    if len(found) > 1:
        rows.append(_figures(say("totals.all"), found))
    return say("nav.lines", lines=tuple(rows))


def _figures(label: Name | Text, found: list[PlantReport]) -> Text:
    done = sum(one.done for one in found)
    seconds = sum(one.seconds * one.done for one in found)
    rated = sum(one.rated for one in found)
    stars = sum(one.rating * one.rated for one in found)
    return say(
        "work.report_row_rated" if rated else "work.report_row",
        plant=label,
        open=sum(one.open for one in found),
        overdue=sum(one.overdue for one in found),
        done=done,
        hours=hours(timedelta(seconds=seconds / done if done else 0)),
        stars=f"{stars / rated:.1f}".removesuffix(".0") if rated else "",
    )


def hours(span: timedelta) -> str:
    """Hours with one decimal, as people compare them."""
    return f"{span.total_seconds() / 3600:.1f}".removesuffix(".0")
