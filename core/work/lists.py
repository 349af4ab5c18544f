"""What staff see of the work: their tasks, what waits for a decision, one request, its history.

Each is one statement, because it runs on the hop; open work is found by partial indexes, so that a long
history costs nothing.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache

import msgspec

from core.clock import now, today
from core.db import Reader
from core.text import Name, Named
from core.work.rules import AT_PLANT, DOERS, EVERY_ROLE, INSIDE, OPEN, RULES, Kind, Step, going_up, lent

_ROW = """
    SELECT request.number, request.kind, request.topic, request.state, request.urgent, request.plant_id,
        connection.number AS connection,
        coalesce(customer.name, request.details ->> 'name', plant.name) AS name,
        coalesce(customer.name_local, CASE WHEN request.connection_id IS NULL
            AND request.details ->> 'name' IS NULL THEN plant.name_local END) AS name_local,
        coalesce(customer.village, request.details ->> 'village') AS village,
        coalesce(request.phone, '') AS phone, request.created_at,
        staff.id AS assignee_id, staff.name AS assignee, staff.name_local AS assignee_local,
        request.details ->> 'package' AS wanted, request.paise, request.raised_by, first.id AS first_id,
        first.name AS first, first.name_local AS first_local,
        request.details ->> 'when' = 'next' AS with_bill, request.level,
        ceil(extract(epoch FROM %(at)s - request.waits_since) / 3600)::int AS waited_hours, request.done_by,
        EXISTS (SELECT FROM staff_plant AS own WHERE own.staff_id = %(staff)s
            AND own.plant_id = request.plant_id) AS in_my_plants,
        coalesce((
            SELECT jsonb_agg(jsonb_build_array(absent.role, absent.name, absent.name_local) ORDER BY leave_id)
            FROM away_on(%(day)s) AS away JOIN staff AS absent ON absent.id = away.staff_id AND absent.active
            WHERE away.stand_in_id = %(staff)s
            AND absent.id IS DISTINCT FROM request.raised_by AND absent.id IS DISTINCT FROM request.done_by
            AND EXISTS (SELECT FROM staff_plant AS theirs
                WHERE theirs.staff_id = absent.id AND theirs.plant_id = request.plant_id)
        ), '[]') AS lent_by
    FROM request
    LEFT JOIN connection ON connection.id = request.connection_id
    LEFT JOIN customer ON customer.id = connection.customer_id
    LEFT JOIN plant ON plant.id = request.plant_id
    LEFT JOIN staff ON staff.id = request.assignee_id
    LEFT JOIN LATERAL (
        SELECT one.id, one.name, one.name_local FROM request_event JOIN staff AS one ON one.id = staff_id
        WHERE request_event.request_id = request.id AND request_event.step = 'approve'
        AND request_event.paise = request.paise AND one.active ORDER BY request_event.id LIMIT 1
    ) AS first ON request.paise IS NOT NULL AND request.state = 'requested'
"""
# Oneself, and whom one stands in for.
_FOR_WHOM = """
WITH for_whom AS (
    SELECT %(staff)s::bigint AS id UNION
    SELECT staff_id FROM away_on(%(day)s) WHERE stand_in_id = %(staff)s
)"""
# Mine, also what is given to somebody I stand in for; then what nobody has yet in my plants.
_TASKS = f"""
{_FOR_WHOM}, found AS (
    SELECT number, urgent, created_at, true AS mine FROM request
    WHERE closed_at IS NULL AND assignee_id IN (SELECT id FROM for_whom) AND details ->> 'waits' IS NULL
    AND state IN ('requested', 'in_process')
    UNION ALL
    (SELECT number, urgent, created_at, false FROM request
     WHERE closed_at IS NULL AND assignee_id IS NULL AND outage_id IS NULL AND kind = ANY(%(kinds)s)
     AND details ->> 'waits' IS NULL
     AND (state = 'in_process' OR state = 'requested' AND kind = ANY(%(unscreened)s))
     AND plant_id IN (SELECT plant_id FROM staff_plant WHERE staff_id = %(staff)s)
     ORDER BY urgent DESC, created_at LIMIT %(limit)s)
)
{_ROW} JOIN found ON found.number = request.number
ORDER BY found.urgent DESC, found.mine DESC, found.created_at, request.id LIMIT %(limit)s
"""  # noqa: S608 (our own words)
# What waits is found first, by its own index: most open requests wait for nobody's decision. Faults of an
# outage are mended together and answered by their customers.
_REVIEW = f"""
WITH whose AS (
    SELECT %(staff)s::bigint AS id, '' AS role
    UNION ALL
    SELECT absent.id, absent.role FROM away_on(%(day)s) AS away
    JOIN staff AS absent ON absent.id = away.staff_id
    WHERE away.stand_in_id = %(staff)s AND absent.active
), waiting AS MATERIALIZED (
    SELECT DISTINCT request.id FROM whose JOIN staff_plant ON staff_plant.staff_id = whose.id
    JOIN unnest(%(roles)s::text[], %(kinds)s::text[], %(states)s::text[], %(levels)s::int[])
        AS wanted (role, kind, state, level) ON wanted.role = whose.role
    JOIN request ON request.plant_id = staff_plant.plant_id AND request.kind = wanted.kind
        AND request.state = wanted.state AND request.closed_at IS NULL
        AND request.level >= wanted.level AND request.outage_id IS NULL
    WHERE whose.role = '' OR NOT (
        whose.id = ANY(ARRAY[request.raised_by, request.done_by])
        OR %(staff)s = ANY(ARRAY[request.raised_by, request.done_by])) IS TRUE
    AND (request.kind <> ALL(%(inside)s) OR EXISTS (
        SELECT FROM staff_plant AS own WHERE own.staff_id = %(staff)s AND own.plant_id = request.plant_id))
)
{_ROW} JOIN waiting ON waiting.id = request.id
WHERE first.id IS DISTINCT FROM %(staff)s
ORDER BY request.urgent DESC, request.waits_since, request.id LIMIT %(limit)s
"""  # noqa: S608 (our own words)
_OF_KIND = f"""
{_ROW}
WHERE request.closed_at IS NULL AND request.kind = %(kind)s
AND request.plant_id IN (SELECT plant_id FROM staff_plant WHERE staff_id = %(staff)s)
ORDER BY request.created_at, request.id LIMIT %(limit)s
"""  # noqa: S608 (our own words)
_ONE = f"""
{_FOR_WHOM}
{_ROW}
WHERE request.number = %(number)s AND (
    request.plant_id IN (SELECT plant_id FROM staff_plant WHERE staff_id IN (SELECT id FROM for_whom))
    OR request.raised_by = %(staff)s)
"""  # noqa: S608 (our own words)
_HISTORY = f"""
{_FOR_WHOM}
SELECT request_event.at, request_event.step, request_event.state, staff.name, staff.name_local,
    request_event.note, request_event.paise, absent.name, absent.name_local
FROM request_event JOIN request ON request.id = request_event.request_id
LEFT JOIN staff ON staff.id = request_event.staff_id
LEFT JOIN staff AS absent ON absent.id = request_event.for_staff_id
WHERE request.number = %(number)s AND (
    request.plant_id IN (SELECT plant_id FROM staff_plant WHERE staff_id IN (SELECT id FROM for_whom))
    OR request.raised_by = %(staff)s)
ORDER BY request_event.id
"""  # noqa: S608 (our own words)
_OF = """
SELECT number, kind, topic, state FROM request
WHERE connection_id = %(connection)s AND closed_at IS NULL
ORDER BY urgent DESC, created_at LIMIT %(limit)s
"""

_DOERS = """
SELECT staff.id, staff.code, staff.name, staff.name_local,
    (SELECT count(*) FROM request WHERE assignee_id = staff.id AND closed_at IS NULL)
FROM staff JOIN staff_plant ON staff_plant.staff_id = staff.id
WHERE staff_plant.plant_id = %(plant)s AND staff.active AND staff.role = ANY(%(roles)s)
ORDER BY 5, staff.name LIMIT %(limit)s
"""

FIELD_KINDS = [str(kind) for kind in Kind if kind not in INSIDE]
UNSCREENED = [str(kind) for kind in RULES if Step.APPROVE not in RULES[kind]]
"""Kinds that the field may begin with before anybody has screened them."""


class Task(msgspec.Struct, frozen=True, array_like=True):
    """A request as staff see it in a list and on its card."""

    number: str
    kind: str
    topic: str | None
    state: str
    urgent: bool
    plant_id: int | None
    connection: str | None
    name: str | None
    name_local: str | None
    village: str | None
    phone: str
    created_at: datetime
    assignee_id: int | None
    assignee: str | None
    assignee_local: str | None
    wanted: str | None
    paise: int | None
    """The amount that is decided about."""
    raised_by: int | None
    first_id: int | None
    """Who gave the first of two approvals for this amount."""
    first: str | None
    first_local: str | None
    with_bill: bool | None
    """A package change that begins with the next bill."""
    level: int
    """How often it has gone up for waiting too long."""
    waited_hours: int
    """Begun hours since it came into its state."""
    done_by: int | None
    in_my_plants: bool
    lent_by: tuple[tuple[str, str, str | None], ...]
    """Those away whom one stands in for here, and who have no part in it: role, name, name in Devanagari."""

    @property
    def label(self) -> Name:
        return Name(self.name or "-", self.name_local)


class Event(msgspec.Struct, frozen=True, array_like=True):
    """One line of a request's history."""

    at: datetime
    step: str | None
    state: str
    name: str | None
    name_local: str | None
    note: str | None
    paise: int | None
    """The amount of an approval."""
    absent: str | None
    """For whom it was done, who was away."""
    absent_local: str | None


class Doer(Named, msgspec.Struct, frozen=True, array_like=True):
    """Somebody whom work can be given to, and how much they have."""

    staff_id: int
    code: str
    name: str
    name_local: str | None
    open: int


class Brief(msgspec.Struct, frozen=True, array_like=True):
    """An open request on one line."""

    number: str
    kind: str
    topic: str | None
    state: str


def tasks(reader: Reader, staff_id: int, limit: int) -> list[Task]:
    """What a member of the field staff can work on: danger first, then their own, oldest first."""
    bind = {
        "staff": staff_id,
        "day": today(),
        "kinds": FIELD_KINDS,
        "unscreened": UNSCREENED,
        "limit": limit,
        "at": now(),
    }
    return [Task(*row) for row in reader.rows(_TASKS, bind)]


def to_decide(reader: Reader, staff_id: int, role: str, limit: int) -> list[Task]:
    """What waits for a decision of this role in one's plants or has gone up to it, longest waiting first."""
    own = {
        ("", kind, state): 0
        for kind, steps in RULES.items()
        for step in (Step.APPROVE, Step.OK)
        if step in steps and role in steps[step].who
        for state in steps[step].before
    }
    up = {("", kind, state): level for kind, state, level in going_up(role)}
    waiting = up | own | _lent_to(role)
    bind = {
        "staff": staff_id,
        "day": today(),
        "roles": [of_role for of_role, _, _ in waiting],
        "kinds": [str(kind) for _, kind, _ in waiting],
        "states": [state for _, _, state in waiting],
        "levels": list(waiting.values()),
        "inside": [str(kind) for kind in AT_PLANT],
        "limit": limit,
        "at": now(),
    }
    return [Task(*row) for row in reader.rows(_REVIEW, bind)]


@cache
def _lent_to(role: str) -> dict[tuple[str, Kind, str], int]:
    """What waits for somebody of another role and is lent to their stand-in, and from which level on."""
    return {
        (of_role, kind, state): level
        for of_role in sorted(EVERY_ROLE)
        for kind in RULES
        for state in OPEN
        for level in (2, 1, 0)
        if any(lent(kind, step, state, level, role, of_role) for step in (Step.APPROVE, Step.OK))
    }


def tasks_of(reader: Reader, staff_id: int, kind: Kind, limit: int) -> list[Task]:
    """What is open of one kind in one's plants, oldest first."""
    bind = {"staff": staff_id, "day": today(), "kind": str(kind), "limit": limit, "at": now()}
    return [Task(*row) for row in reader.rows(_OF_KIND, bind)]


def one(reader: Reader, staff_id: int, number: str) -> Task | None:
    """A request of one's plants, or one that one has raised."""
    rows = reader.rows(_ONE, {"staff": staff_id, "day": today(), "number": number, "at": now()})
    return Task(*rows[0]) if rows else None


def of_connection(reader: Reader, connection_id: int, limit: int) -> list[Brief]:
    """What is open at a connection."""
    return [Brief(*row) for row in reader.rows(_OF, {"connection": connection_id, "limit": limit})]


def doers(reader: Reader, plant_id: int, limit: int) -> list[Doer]:
    """Field staff of a plant, those with the least work first."""
    bind = {"plant": plant_id, "roles": sorted(DOERS), "limit": limit}
    return [Doer(*row) for row in reader.rows(_DOERS, bind)]


def history(reader: Reader, staff_id: int, number: str) -> list[Event]:
    """Every step of a request, oldest first."""
    bind = {"staff": staff_id, "day": today(), "number": number}
    return [Event(*row) for row in reader.rows(_HISTORY, bind)]
