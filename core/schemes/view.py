"""What can be read of schemes: what is on offer, what a customer still pays, and who takes part."""

from __future__ import annotations

import msgspec

from core.clock import today
from core.db import Reader
from core.text import Named

_OFFERS = """
SELECT scheme.id, scheme.code, scheme.name, scheme.name_local, scheme.price_paise, scheme.down_paise,
    scheme.instalments
FROM connection
JOIN plant ON plant.id = connection.plant_id
JOIN cluster ON cluster.id = plant.cluster_id JOIN state ON state.id = cluster.state_id
JOIN scheme ON scheme.organisation_id = state.organisation_id AND %(day)s BETWEEN scheme.first AND scheme.last
WHERE connection.id = %(connection)s AND connection.status = 'active'
AND (NOT EXISTS (SELECT FROM scheme_place WHERE scheme_id = scheme.id)
     OR EXISTS (SELECT FROM scheme_place WHERE scheme_id = scheme.id AND plant_id = plant.id))
ORDER BY scheme.price_paise, scheme.code LIMIT %(limit)s
"""
_OF = """
SELECT plan.id, connection.number, scheme.code, scheme.name, scheme.name_local, plan.instalments,
    part.taken, coalesce(part.left_paise, 0)::bigint, part.next_paise
FROM plan JOIN scheme ON scheme.id = plan.scheme_id JOIN connection ON connection.id = plan.connection_id
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE num_nonnulls(run_id, payoff_id) > 0) AS taken,
        sum(paise) FILTER (WHERE run_id IS NULL AND payoff_id IS NULL) AS left_paise,
        (array_agg(paise ORDER BY number) FILTER (WHERE run_id IS NULL AND payoff_id IS NULL))[1]
            AS next_paise
    FROM instalment WHERE plan_id = plan.id
) AS part
WHERE plan.connection_id = ANY(%(connections)s) AND plan.cancelled_at IS NULL
ORDER BY part.left_paise IS NULL, plan.id DESC LIMIT %(limit)s
"""

# Who pays still, with what is left; behind is who owes something after the last bill fell due.
_PAYING = """
    SELECT plan.scheme_id, plan.connection_id, plan.id AS plan_id, plan.instalments, part.taken,
        part.left_paise,
        CASE WHEN bill.due_on < %(day)s THEN greatest(account.balance_paise, 0) ELSE 0 END AS behind_paise
    FROM staff_plant
    JOIN connection ON connection.plant_id = staff_plant.plant_id
    JOIN plan ON plan.connection_id = connection.id AND plan.cancelled_at IS NULL
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE num_nonnulls(run_id, payoff_id) > 0) AS taken,
            sum(paise) FILTER (WHERE run_id IS NULL AND payoff_id IS NULL)::bigint AS left_paise
        FROM instalment WHERE plan_id = plan.id
    ) AS part
    JOIN account ON account.kind = 'dues' AND account.connection_id = connection.id
    LEFT JOIN LATERAL (
        SELECT due_on FROM bill WHERE bill.connection_id = connection.id AND reversed_at IS NULL
        ORDER BY period_from DESC LIMIT 1
    ) AS bill ON true
    WHERE staff_plant.staff_id = %(staff)s AND part.left_paise > 0
"""
_SUMS = f"""
SELECT scheme.code, scheme.name, scheme.name_local, count(*), sum(left_paise)::bigint,
    count(*) FILTER (WHERE behind_paise > 0)
FROM ({_PAYING}) AS paying JOIN scheme ON scheme.id = paying.scheme_id
GROUP BY scheme.id ORDER BY count(*) DESC, scheme.code LIMIT %(limit)s
"""  # noqa: S608 (our own words)
_PEOPLE = f"""
SELECT connection.number, customer.name, customer.name_local, taken, paying.instalments, left_paise,
    behind_paise
FROM ({_PAYING}) AS paying
JOIN connection ON connection.id = paying.connection_id JOIN customer ON customer.id = connection.customer_id
WHERE paying.scheme_id = (SELECT id FROM scheme WHERE code = %(scheme)s)
ORDER BY behind_paise DESC, connection.number LIMIT %(limit)s
"""  # noqa: S608 (our own words)


class Offer(Named, msgspec.Struct, frozen=True, array_like=True):
    """A scheme on offer: its price, what of it is due at once, in paise, and in how many bills the rest."""

    id: int
    code: str
    name: str
    name_local: str | None
    price_paise: int
    down_paise: int
    instalments: int


class Mine(Named, msgspec.Struct, frozen=True, array_like=True):
    """A plan as its customer sees it: how many instalments were asked for, what is left, and the next."""

    plan_id: int
    number: str
    code: str
    name: str
    name_local: str | None
    instalments: int
    taken: int
    left_paise: int
    next_paise: int | None


class Sum(Named, msgspec.Struct, frozen=True, array_like=True):
    """How a scheme goes in one's plants: who pays still, what is left, and how many are behind."""

    code: str
    name: str
    name_local: str | None
    people: int
    left_paise: int
    behind: int


class Participant(Named, msgspec.Struct, frozen=True, array_like=True):
    """Who pays a scheme still; `behind_paise` is owed after its day."""

    number: str
    name: str
    name_local: str | None
    taken: int
    instalments: int
    left_paise: int
    behind_paise: int


def offers(reader: Reader, connection_id: int, limit: int) -> list[Offer]:
    """What a connection may take part in today, the cheapest first."""
    bind = {"connection": connection_id, "day": today(), "limit": limit}
    return [Offer(*row) for row in reader.rows(_OFFERS, bind)]


def plans_of(reader: Reader, connection_ids: list[int], limit: int) -> list[Mine]:
    """What some connections take part in: first what is paid still, then what is paid."""
    return [Mine(*row) for row in reader.rows(_OF, {"connections": connection_ids, "limit": limit})]


def sums(reader: Reader, staff_id: int, limit: int) -> list[Sum]:
    """The schemes that are paid still in one's plants, the most popular first."""
    return [Sum(*row) for row in reader.rows(_SUMS, {"staff": staff_id, "day": today(), "limit": limit})]


def people(reader: Reader, staff_id: int, scheme: str, limit: int) -> list[Participant]:
    """Who pays a scheme still in one's plants: first who is most behind."""
    bind = {"staff": staff_id, "scheme": scheme, "day": today(), "limit": limit}
    return [Participant(*row) for row in reader.rows(_PEOPLE, bind)]
