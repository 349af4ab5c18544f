"""Who hears of a step: the one who asked, the one it was given to, the ones who wait for it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import reduce
from typing import Any

from sqlalchemy import Row, text

from core import outbox
from core.alerts import tell_staff
from core.clock import local
from core.doing import Doing
from core.money import Money
from core.text import Name, Text, say
from core.work import verdict
from core.work.rules import FIELD, RULES, Kind, Step

CUSTOMER: Mapping[tuple[Kind, Step], str] = {
    (Kind.FAULT, Step.ASSIGN): "coming",
    (Kind.FAULT, Step.TAKE): "coming",
    (Kind.FAULT, Step.DONE): "mended",
    (Kind.FAULT, Step.OK): "closed",
    (Kind.FAULT, Step.CODE): "by_code",
    (Kind.FAULT, Step.REJECT): "rejected",
    (Kind.PACKAGE, Step.APPROVE): "approved",
    (Kind.PACKAGE, Step.REJECT): "rejected",
    (Kind.PACKAGE, Step.ASSIGN): "with",
    (Kind.PACKAGE, Step.TAKE): "with",
    (Kind.PACKAGE, Step.DONE): "changed",
    (Kind.PACKAGE, Step.WITHDRAW): "withdrawn",
    (Kind.STATUS, Step.APPROVE): "will_be",
    (Kind.STATUS, Step.ASSIGN): "with",
    (Kind.STATUS, Step.TAKE): "with",
    (Kind.STATUS, Step.DONE): "now",
    (Kind.THEFT, Step.START): "looking",
    (Kind.THEFT, Step.OK): "looked",
    (Kind.THEFT, Step.REJECT): "not_followed",
    (Kind.NEW, Step.ASSIGN): "visit",
    (Kind.NEW, Step.TAKE): "visit",
    (Kind.NEW, Step.STAGE): "stage",
    (Kind.NEW, Step.DONE): "checking",
    (Kind.NEW, Step.REJECT): "rejected",
}
"""What the one who asked is told, by kind and step; other steps are our own affair.

Of a connection that goes off for good or on again it depends on which (its topic, `BY_TOPIC`). Who sees
about a theft, and what they find, is not told: only that it is looked into. A new connection that is
right is told of with its number (core/work/joining.py).
"""

BY_TOPIC = ("will_be", "now")
"""What is said of a connection that goes off for good in other words than of one that comes on again."""

ASKED = """
    SELECT link.e164 FROM connection_phone AS link
    WHERE request.raised_by IS NOT NULL AND link.connection_id = request.connection_id
    AND link.role IN ('holder', 'payer')
    UNION SELECT request.phone
    WHERE request.raised_by IS NULL OR request.connection_id IS NULL
"""
"""Whom a request is: the phone that asked; where staff wrote it down, all that hold or pay the connection."""
_ASKED = text(f"SELECT e164 FROM request CROSS JOIN LATERAL ({ASKED}) AS asked WHERE id = :request")  # noqa: S608
_PHONE_OF = text("SELECT phone FROM staff WHERE id = :staff AND active")
_ROLES = text("""
    WITH addressed AS (
        SELECT staff.id, staff.phone FROM staff JOIN staff_plant ON staff_plant.staff_id = staff.id
        WHERE staff_plant.plant_id = :plant AND staff.active AND staff.role = ANY(:roles)
    )
    SELECT phone FROM addressed WHERE phone IS NOT NULL AND id <> ALL(:but)
    UNION
    SELECT stand_in.phone FROM addressed
    JOIN away_on(CAST(:day AS date)) AS away ON away.staff_id = addressed.id
    JOIN staff AS stand_in ON stand_in.id = away.stand_in_id AND stand_in.active
    WHERE stand_in.role = ANY(:able) AND stand_in.phone IS NOT NULL
    AND stand_in.id <> ALL(:but) AND addressed.id <> ALL(:but)
""")


def tell(
    doing: Doing,
    row: Row[Any],
    step: Step,
    state: str,
    assignee: Row[Any] | None,
    note: str | None,
    details: Mapping[str, Any],
) -> bool:
    """Write every message that one step causes, in its transaction; `details` are what the step adds.

    Gives whether the customer hears of it.
    """
    me = doing.caller.staff
    told = _tell_of_step(doing, row, step, assignee, details)
    if assignee is not None and step in (Step.ASSIGN, Step.SENDBACK) and (me is None or assignee.id != me.id):
        words = _to_doer(row, step, note)
        _tell(doing, [assignee.phone], f"{step}:{row.id}", words)
    if assignee is None and step in (Step.SENDBACK, Step.REOPEN):
        who = RULES[Kind.THEFT][Step.ASSIGN].who if row.kind == Kind.THEFT else FIELD
        tell_roles(doing, row.plant_id, who, (), f"{step}:{row.id}", _to_doer(row, step, note))
    had = row.assignee_id
    if assignee is not None and had not in (None, assignee.id) and (me is None or had != me.id):
        words = say(
            "work.moved",
            request=row.number,
            name=Name(assignee.name, assignee.name_local),
            what=what(row.kind, row.topic),
        )
        phone = doing.session.execute(_PHONE_OF, {"staff": had}).scalar_one_or_none()
        _tell(doing, [phone], f"moved:{row.id}", words)
    if assignee is not None and step is Step.WITHDRAW and (me is None or assignee.id != me.id):
        words = say("work.withdrawn", request=row.number, what=what(row.kind, row.topic))
        _tell(doing, [assignee.phone], f"{step}:{row.id}", words)
    if row.raised_by is not None and step in (Step.APPROVE, Step.REJECT, Step.OK, Step.WITHDRAW):
        phone = doing.session.execute(_PHONE_OF, {"staff": row.raised_by}).scalar_one_or_none()
        if me is None or row.raised_by != me.id:
            words = _to_raiser(row, step, state, note)
            _tell(doing, [phone], f"{step}-raised:{row.id}", words)
    return told


def _to_raiser(row: Row[Any], step: Step, state: str, note: str | None) -> Text:
    """What became of something staff wrote down; a refund that is approved is theirs to pay out."""
    if step is Step.WITHDRAW:
        return say("work.withdrawn", request=row.number, what=what(row.kind, row.topic))
    if row.kind == Kind.REFUND and step is Step.APPROVE:
        return say(
            "work.pay_out", request=row.number, amount=Money(row.paise), number=row.connection_number or "-"
        )
    return say("work.raised", request=row.number, state=say(f"request.{state}"), note=noted(note))


def _to_doer(row: Row[Any], step: Step, note: str | None) -> Text:
    """What somebody hears who gets work; a wish for a connection and a suspicion have no number yet."""
    gaps = {"request": row.number, "what": what(row.kind, row.topic), "note": noted(note)}
    if row.connection_number is None:
        key = "yours_new" if row.kind == Kind.NEW else "yours_alone"
        return say(f"work.{key}" if step is Step.ASSIGN else "work.back_alone", **gaps)
    return say("work.yours" if step is Step.ASSIGN else "work.back", **gaps, number=row.connection_number)


def tell_waiting(doing: Doing, number: str, kind: Kind, topic: str | None, plant_id: int, step: Step) -> None:
    """Tell those who may take the next step that a request waits for them."""
    staff = doing.caller.staff
    words = say("work.waits", request=number, what=what(kind, topic))
    but = {staff.id} if staff else ()
    tell_roles(doing, plant_id, RULES[kind][step].who, but, f"waits:{number}", words)


def tell_roles(
    doing: Doing,
    plant_id: int,
    who: frozenset[str],
    but: Collection[int | None],
    cause: str,
    words: Text,
    *,
    able: frozenset[str] | None = None,
) -> None:
    """Tell the staff of a plant who have one of some roles, but for the ones named.

    Who stands in for one of them hears it, too, where their own role is among `able` (or those roles).
    """
    left_out = [staff_id for staff_id in but if staff_id is not None]
    bind = {
        "plant": plant_id,
        "roles": sorted(who),
        "able": sorted(able or who),
        "but": left_out,
        "day": local(doing.at).date(),
    }
    _tell(doing, list(doing.session.scalars(_ROLES, bind).all()), cause, words)


def roles(who: frozenset[str]) -> Text:
    """The roles that can, in words."""
    named = [say(f"work.role_{role}") for role in sorted(who)]
    return reduce(lambda some, one: say("work.or", some=some, one=one), named[1:], named[0])


def what(kind: str, topic: str | None) -> Text:
    """A request's kind in words: a fault by what is wrong, the others by their name."""
    return say(f"fault.kind.{topic}" if kind == Kind.FAULT else f"work.kind_{kind}")


def noted(note: str | None) -> Text:
    """A note as part of a sentence, or nothing."""
    return say("work.with_note", note=note) if note else say("work.without_note")


def _tell_of_step(
    doing: Doing, row: Row[Any], step: Step, assignee: Row[Any] | None, details: Mapping[str, Any]
) -> bool:
    key = CUSTOMER.get((Kind(row.kind), step))
    # What staff have seen themselves they hear of as staff.
    inside = row.kind == Kind.THEFT and row.raised_by is not None
    phones = _hearers(doing, row.id) if key and not inside else []
    if not phones:
        return False
    asks = step is Step.DONE and row.kind == Kind.FAULT
    words = say(
        f"work.told_{key}_{row.topic}" if key in BY_TOPIC else f"work.told_{key}",
        request=row.number,
        number=row.connection_number or "-",
        name=Name(assignee.name, assignee.name_local) if assignee else say("work.our_people"),
        stage=say(f"work.reached_{details['stage']}") if "stage" in details else "",
        stars=verdict.how(verdict.asks(row, step)),
        code=verdict.new_code(doing, row.number, phones[0]) if asks else "",
        service=doing.settings.service_name,
    )
    _post(doing, row.id, row.connection_id, words, phones, "mended" if asks else "notice")
    return True


def tell_customer(doing: Doing, request_id: int, connection_id: int | None, words: Text) -> None:
    """Tell whose request it is, on every phone that hears of it but the one that acts."""
    _post(doing, request_id, connection_id, words, _hearers(doing, request_id), "notice")


def _hearers(doing: Doing, request_id: int) -> list[str]:
    phones = doing.session.scalars(_ASKED, {"request": request_id}).all()
    return [phone for phone in phones if phone and phone != doing.caller.phone]


def _post(
    doing: Doing, request_id: int, connection_id: int | None, words: Text, phones: list[str], kind: str
) -> None:
    outbox.post_many(
        doing.session,
        [
            outbox.Message(f"request:{request_id}:{doing.key}:{phone}", phone, kind, words, connection_id)
            for phone in phones
        ],
        default_language=doing.settings.default_language,
    )


def _tell(doing: Doing, phones: list[str | None], cause: str, words: Text) -> None:
    tell_staff(doing.session, phones, f"{cause}:{doing.key}", words, doing.settings.default_language)
