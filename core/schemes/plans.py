"""Plans: a connection takes part in a scheme, pays it off early, or leaves before the first instalment.

What is sold is owed at once: the down payment in the account `dues`, the rest in `instalments`, from
where billing runs move it to dues, one instalment a month (core/billing/statements.py).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import msgspec
from sqlalchemy import Row, text

from core import ledger, limits
from core.clock import local, now
from core.collecting import UNDO_WITHIN
from core.db import Reader
from core.doing import Doing
from core.errors import Refusal
from core.money import Money
from core.payments import standing, tell
from core.schemes.view import Offer
from core.text import Name, Param, Text, say

SELLERS = ("csa", "cluster_in_charge")
"""Whom the seed's table of key users lets enrol a customer."""
VIEWERS = (*SELLERS, "state_in_charge")
IN_CHARGE = "cluster_in_charge"
"""Who may enrol a customer whom no code can reach."""
RUPEE = 100

_SELLABLE = text("""
    SELECT connection.number, connection.plant_id, staff.role FROM connection
    JOIN plant ON plant.id = connection.plant_id
    JOIN cluster ON cluster.id = plant.cluster_id JOIN state ON state.id = cluster.state_id
    JOIN staff_plant ON staff_plant.plant_id = plant.id
    JOIN staff ON staff.id = staff_plant.staff_id AND staff.active AND staff.role = ANY(:roles)
    JOIN scheme ON scheme.organisation_id = state.organisation_id
    WHERE connection.id = :connection AND connection.status = 'active' AND staff.id = :staff
    AND scheme.id = :scheme AND CAST(:day AS date) BETWEEN scheme.first AND scheme.last
    AND (scheme.price_paise, scheme.down_paise, scheme.instalments) = (:price, :down, :count)
    AND (NOT EXISTS (SELECT FROM scheme_place WHERE scheme_id = scheme.id)
         OR EXISTS (SELECT FROM scheme_place WHERE scheme_id = scheme.id AND plant_id = plant.id))
""")
_RUNNING = text("""
    SELECT 1 FROM plan JOIN instalment ON instalment.plan_id = plan.id
    WHERE plan.connection_id = :connection AND plan.scheme_id = :scheme
    AND run_id IS NULL AND payoff_id IS NULL LIMIT 1
""")
_BEGIN = text("""
    WITH begun AS (
        INSERT INTO plan (scheme_id, connection_id, price_paise, down_paise, instalments, begun_on, begun_at,
            staff_id, entry_id)
        VALUES (:scheme, :connection, :price, :down, :count, :day, :at, :staff, :entry)
        RETURNING id, connection_id
    )
    INSERT INTO instalment (plan_id, number, connection_id, paise)
    SELECT begun.id, part.number, begun.connection_id, part.paise
    FROM begun, unnest(CAST(:parts AS bigint[])) WITH ORDINALITY AS part (paise, number)
""")
# Both accounts in order, as postings lock them: from here on no billing run takes an instalment.
_LOCK = text("""
    SELECT account.id FROM account JOIN plan ON plan.connection_id = account.connection_id
    WHERE plan.id = :plan AND account.kind IN ('dues', 'instalments')
    ORDER BY account.id FOR NO KEY UPDATE OF account
""")
_PLAN = text("""
    SELECT plan.id, plan.connection_id, plan.entry_id, plan.cancelled_at, plan.price_paise,
        plan.staff_id AS sold_by, plan.begun_at,
        connection.number, connection.plant_id, scheme.code, scheme.name, scheme.name_local,
        (SELECT count(*) FROM instalment WHERE plan_id = plan.id
         AND num_nonnulls(run_id, payoff_id) > 0) AS taken,
        (SELECT coalesce(sum(paise), 0)::bigint FROM instalment WHERE plan_id = plan.id
         AND run_id IS NULL AND payoff_id IS NULL) AS left_paise,
        EXISTS (SELECT FROM connection_phone AS link WHERE link.connection_id = connection.id
            AND link.e164 = :phone AND link.role IN ('holder', 'payer')) AS theirs,
        EXISTS (SELECT FROM staff_plant JOIN staff ON staff.id = staff_plant.staff_id
            WHERE staff.id = :staff AND staff.active AND staff.role = ANY(:roles)
            AND staff_plant.plant_id = connection.plant_id) AS staffs
    FROM plan JOIN connection ON connection.id = plan.connection_id JOIN scheme ON scheme.id = plan.scheme_id
    WHERE plan.id = :plan
""")
_FRESH = """
SELECT price_paise, staff_id = %(staff)s AND begun_at BETWEEN %(after)s AND %(at)s FROM plan
WHERE id = %(plan)s
"""
_CANCEL = text("""
    WITH gone AS (DELETE FROM instalment WHERE plan_id = :plan)
    UPDATE plan SET cancelled_at = :at WHERE id = :plan
""")
_PAID_OFF = text("""
    UPDATE instalment SET payoff_id = :entry
    WHERE plan_id = :plan AND run_id IS NULL AND payoff_id IS NULL
""")


class Fresh(msgspec.Struct, frozen=True, array_like=True):
    """The price of a sale in paise; `own`: one's own of the last ten minutes."""

    price_paise: int
    own: bool


def parts(paise: int, count: int) -> list[int]:
    """A sum in so many instalments of whole rupees; the last one takes what is left over."""
    each = paise // count // RUPEE * RUPEE
    return [each] * (count - 1) + [paise - each * (count - 1)]


def terms(offer: Offer) -> Text:
    """When a scheme is paid: now, and with each bill; the last part is named where it differs."""
    rates = parts(offer.price_paise - offer.down_paise, offer.instalments)
    figures: dict[str, Param] = {"each": Money(rates[0]), "bills": len(rates)}
    if rates[-1] != rates[0]:
        figures["final"] = Money(rates[-1])
    if offer.down_paise:
        figures["down"] = Money(offer.down_paise)
    how = ("rest" if "final" in figures else "even") + ("_down" if "down" in figures else "")
    return say(f"scheme.terms_{how}", **figures)


def begin(doing: Doing, connection_id: int, offer: Offer) -> Text:
    """Let a connection take part at the terms that were shown; the customer is told.

    Refusal outside the seller's plants, where the scheme is not on offer or its terms have changed, and
    while the connection pays the same scheme already.
    """
    session = doing.session
    bind: dict[str, object] = {
        "connection": connection_id,
        "scheme": offer.id,
        "price": offer.price_paise,
        "down": offer.down_paise,
        "count": offer.instalments,
        "day": local(doing.at).date(),
        "at": doing.at,
        "staff": _staff_id(doing),
        "roles": list(SELLERS),
    }
    row = session.execute(_SELLABLE, bind).one_or_none()
    if row is None:
        raise Refusal(say("scheme.not_sold"))
    dues = ledger.account_id(session, "dues", connection_id=connection_id)
    later = ledger.account_id(session, "instalments", connection_id=connection_id)
    ledger.locked(session, dues, later)
    if session.execute(_RUNNING, bind).first() is not None:
        raise Refusal(say("scheme.running", name=offer.label, number=row.number))
    rest = offer.price_paise - offer.down_paise
    bind["entry"] = _sold(doing, row.plant_id, offer.price_paise, {dues: offer.down_paise, later: rest})
    session.execute(_BEGIN, bind | {"parts": parts(rest, offer.instalments)})
    figures: dict[str, Param] = {"name": offer.label, "number": row.number, "price": Money(offer.price_paise)}
    _tell(doing, connection_id, say("scheme.told_begun", **figures, terms=terms(offer)))
    doing.audit("scheme.begin", f"connection:{row.number}", scheme=offer.code, paise=offer.price_paise)
    if offer.down_paise:
        return say("scheme.begun_down", **figures, down=Money(offer.down_paise))
    return say("scheme.begun", **figures)


def _sold(doing: Doing, plant_id: int, price_paise: int, owed: Mapping[int, int]) -> int:
    """Post a sale: what is `owed` by account, now and later, is the plant's income; gives the entry."""
    income = ledger.account_id(doing.session, "income", plant_id=plant_id)
    moves = [(account, paise) for account, paise in owed.items() if paise]
    return ledger.post(
        doing.session,
        source=f"plan:{doing.key}",
        kind="instalment",
        plant_id=plant_id,
        at=doing.at,
        moves=[*moves, (income, -price_paise)],
    )


def fresh(reader: Reader, plan_id: int, staff_id: int) -> Fresh:
    """What a sale was about, and whether its seller may take it back like a payment just entered."""
    at = now()
    bind = {"plan": plan_id, "staff": staff_id, "at": at, "after": at - UNDO_WITHIN}
    return Fresh(*reader.rows(_FRESH, bind)[0])


def cancel(doing: Doing, plan_id: int) -> Text:
    """Take a sale back as if it had never been, while no instalment has been asked for; as `begin`.

    Its seller does so alone for ten minutes; else Refusal above one's limit.
    """
    row = cancellable(doing, plan_id, SELLERS)
    if row.sold_by != _staff_id(doing) or doing.at - row.begun_at > UNDO_WITHIN:
        limits.check(doing, row.plant_id, row.price_paise)
    return take_back(doing, row)


def cancellable(doing: Doing, plan_id: int, roles: Collection[str]) -> Row[Any]:
    """A plan, held, that one of some roles may take back in its plant; Refusal otherwise."""
    row = _held(doing, plan_id, roles)
    if not row.staffs:
        raise Refusal(say("scheme.not_you"))
    if row.cancelled_at is not None:
        raise Refusal(say("scheme.cancelled_before"))
    if row.taken:
        raise Refusal(say("scheme.asked_for", number=row.number, taken=row.taken))
    return row


def take_back(doing: Doing, row: Row[Any]) -> Text:
    """Take back a sale (a row of `cancellable`), as was decided; the customer is told."""
    plan_id = row.id
    ledger.reverse(doing.session, row.entry_id, f"unplan:{doing.key}", doing.at)
    doing.session.execute(_CANCEL, {"plan": plan_id, "at": doing.at})
    name = Name(row.name, row.name_local)
    _tell(doing, row.connection_id, say("scheme.told_cancelled", name=name, number=row.number))
    doing.audit("scheme.cancel", f"connection:{row.number}", scheme=row.code, paise=row.price_paise)
    return say("scheme.cancelled", name=name, number=row.number)


def pay_off(doing: Doing, plan_id: int, paise: int) -> Text:
    """Ask for all that is left of a plan at once: it is owed now, and paid as all else.

    Refusal for who is neither its customer nor a seller of the plant, and when `paise`, which was
    agreed to, is not what is left.
    """
    row = _held(doing, plan_id)
    if not (row.theirs or row.staffs):
        raise Refusal(say("scheme.not_you"))
    if row.left_paise != paise or not paise:
        raise Refusal(say("nav.changed"))
    session = doing.session
    entry = ledger.post(
        session,
        source=f"payoff:{doing.key}",
        kind="instalment",
        plant_id=row.plant_id,
        at=doing.at,
        moves=[
            (ledger.account_id(session, "dues", connection_id=row.connection_id), paise),
            (ledger.account_id(session, "instalments", connection_id=row.connection_id), -paise),
        ],
    )
    session.execute(_PAID_OFF, {"plan": plan_id, "entry": entry})
    state, balance = standing(ledger.balance(session, "dues", connection_id=row.connection_id))
    figures: dict[str, Param] = {
        "name": Name(row.name, row.name_local),
        "number": row.number,
        "amount": Money(paise),
        "balance": balance,
    }
    _tell(doing, row.connection_id, say(f"scheme.told_paid_off_{state}", **figures))
    doing.audit("scheme.payoff", f"connection:{row.number}", scheme=row.code, paise=paise)
    return say(f"scheme.paid_off_{state}", **figures)


def remains(doing: Doing, connection_id: int) -> tuple[Text, ...]:
    """What a connection owes beyond its bills, said where it is about to end; nothing if it doesn't."""
    left = ledger.balance(doing.session, "instalments", connection_id=connection_id)
    return (say("scheme.remains", amount=Money(left)),) if left else ()


def _held(doing: Doing, plan_id: int, roles: Collection[str] = SELLERS) -> Row[Any]:
    """A plan with its accounts locked: its instalments stay as they are until this transaction ends."""
    doing.session.execute(_LOCK, {"plan": plan_id}).all()
    bind = {
        "plan": plan_id,
        "phone": doing.caller.phone,
        "staff": _staff_id(doing),
        "roles": list(roles),
    }
    return doing.session.execute(_PLAN, bind).one()


def _tell(doing: Doing, connection_id: int, words: Text) -> None:
    service = ("service", doing.settings.service_name)
    tell(doing, connection_id, "notice", Text(words.key, (*words.params, service)))


def _staff_id(doing: Doing) -> int | None:
    return doing.caller.staff.id if doing.caller.staff else None
