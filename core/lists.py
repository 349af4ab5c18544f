"""A list of cash payments in one text, for places with little signal: each line is entered once."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import text

from core import floats, ledger, payments
from core.doing import Doing
from core.errors import Refusal
from core.money import Money
from core.text import Text, say

LOOK_BACK = 50
"""How many running numbers back a gap is still reported."""

_SEEN = text("SELECT body FROM cash_list WHERE staff_id = :staff AND number = :number")
_NOTE = text("""
    INSERT INTO cash_list (staff_id, number, body, at) VALUES (:staff, :number, :body, :at)
    ON CONFLICT DO NOTHING RETURNING number
""")
_GAPS = text("""
    SELECT wanted FROM (SELECT min(number) AS low, max(number) AS high FROM cash_list
                        WHERE staff_id = :staff) AS ends,
         generate_series(greatest(low, high - :back), high) AS wanted
    WHERE NOT EXISTS (SELECT FROM cash_list WHERE staff_id = :staff AND number = wanted) ORDER BY wanted
""")
_CONNECTIONS = text("SELECT number, id, plant_id, status FROM connection WHERE number = ANY(:numbers)")
_LOCK = text("SELECT 1 FROM account WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE")


@dataclass(frozen=True, slots=True)
class Item:
    """One line: whose and how much (paise), or `wrong`, which says what to send instead."""

    number: str = ""
    paise: int = 0
    wrong: Text | None = None


def take(doing: Doing, running: int | None, items: list[Item], body: str) -> Text:
    """Enter the good lines, name the bad ones, and say which running numbers are missing.

    A running number that came before enters nothing, whatever its lines say now.
    """
    staff = doing.caller.staff
    if staff is None:
        raise Refusal(say("pay.staff_only"))
    if (seen := came_before(doing, staff.id, running, body)) is not None:
        return seen
    rows, total = _enter(doing, items, staff.id, staff.cash_limit_paise)
    good = sum(paise > 0 for _, paise in rows)
    lines = [say("batch.head", good=good, lines=len(items), total=Money(total)), *(row for row, _ in rows)]
    lines += floats.warning(doing, staff.id)
    return say("nav.lines", lines=(*lines, *missing(doing, staff.id, running)))


def came_before(doing: Doing, staff_id: int, running: int | None, body: str) -> Text | None:
    """What to answer to a running number that was used already; None lets the list be entered."""
    if running is None:
        return None
    bind = {"staff": staff_id, "number": running, "body": body, "at": doing.at}
    if doing.session.execute(_NOTE, bind).scalar_one_or_none() is not None:
        return None
    before = doing.session.execute(_SEEN, bind).scalar_one()
    return say("batch.again" if before == body else "batch.differs", running=running)


def missing(doing: Doing, staff_id: int, running: int | None) -> list[Text]:
    """A line that names the running numbers not here yet, if there are any."""
    gaps = _gaps(doing, staff_id) if running is not None else ""
    return [say("batch.gaps", numbers=gaps)] if gaps else []


def _enter(doing: Doing, items: list[Item], staff_id: int, limit: int) -> tuple[list[tuple[Text, int]], int]:
    """Each line's own result, in the order they were sent, with its paise (0: not entered)."""
    numbers = [item.number for item in items if item.wrong is None]
    known = {row.number: row for row in doing.session.execute(_CONNECTIONS, {"numbers": numbers})}
    _lock(doing, [row.id for row in known.values()], staff_id)
    results: dict[int, tuple[Text, int]] = {}
    # Plant by plant, so that two lists count receipts in the same order.
    order = sorted(
        range(len(items)),
        key=lambda i: (known[items[i].number].plant_id if items[i].number in known else 0, i),
    )
    for index in order:
        item = items[index]
        found = known.get(item.number)
        if item.wrong is not None:
            results[index] = (item.wrong, 0)
        elif found is None:
            results[index] = (say("batch.unknown", number=item.number), 0)
        elif found.status == "disconnected":
            results[index] = (say("batch.closed", number=item.number), 0)
        elif item.paise > limit:
            results[index] = (say("batch.large", number=item.number, amount=Money(item.paise)), 0)
        else:
            results[index] = _line(replace(doing, key=f"{doing.key}.{index + 1}"), found.id, item)
    return [results[index] for index in range(len(items))], sum(paise for _, paise in results.values())


def _line(doing: Doing, connection_id: int, item: Item) -> tuple[Text, int]:
    try:
        receipt, _ = payments.take_cash(doing, connection_id, item.paise)
    except Refusal as refusal:  # it is raised before anything is written
        return refusal.text, 0
    return say("batch.taken", number=item.number, amount=Money(item.paise), receipt=receipt), item.paise


def _lock(doing: Doing, connection_ids: list[int], staff_id: int) -> None:
    """Hold every account of the list at once and in order: line by line, two lists could block each other."""
    accounts = [ledger.account_id(doing.session, "cash", staff_id=staff_id)]
    accounts += [
        ledger.account_id(doing.session, "dues", connection_id=connection_id)
        for connection_id in sorted(connection_ids)
    ]
    doing.session.execute(_LOCK, {"ids": accounts})


def _gaps(doing: Doing, staff_id: int) -> str:
    bind = {"staff": staff_id, "back": LOOK_BACK}
    missing = doing.session.execute(_GAPS, bind).scalars().all()
    shown = ", ".join(f"#{number}" for number in missing[:8])
    return shown + (" ..." if len(missing) > 8 else "")
