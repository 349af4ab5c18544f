"""New connections (3.5.5): the wish and the plant it belongs to, how many stand where, what was denied."""

from __future__ import annotations

from datetime import date

import msgspec
from sqlalchemy import text

from core import outbox
from core.alerts import tell_staff
from core.clock import today
from core.db import Reader
from core.doing import Doing
from core.errors import Refusal
from core.text import Name, Named, Text, say
from core.work.lists import Task, tasks_of
from core.work.raising import raise_request
from core.work.rules import CHARGE, CSA, RAISERS, RULES, Kind, Step
from core.work.telling import roles

PLACERS = CHARGE | {CSA}
"""Who says to which plant a wish belongs that names none."""

# A village that customers of a plant live in, or the name of the plant or its cluster.
_PLACES = """
WITH home AS (
    SELECT connection.plant_id FROM customer JOIN connection ON connection.customer_id = customer.id
    WHERE lower(customer.village) = lower(%(village)s) GROUP BY connection.plant_id
), found AS (
    SELECT plant.code, plant.name, plant.name_local, home.plant_id IS NOT NULL
        OR lower(%(village)s) IN (lower(plant.name), lower(plant.code), lower(cluster.name), plant.name_local)
        AS near
    FROM plant JOIN cluster ON cluster.id = plant.cluster_id JOIN state ON state.id = cluster.state_id
    JOIN organisation ON organisation.id = state.organisation_id
    LEFT JOIN home ON home.plant_id = plant.id
    WHERE coalesce((organisation.features ->> 'progress')::boolean, true)
)
SELECT code, name, name_local FROM found WHERE near OR NOT EXISTS (SELECT FROM found WHERE near)
ORDER BY name, code LIMIT %(limit)s
"""
_MINE = """
SELECT plant.code, plant.name, plant.name_local FROM plant
JOIN staff_plant ON staff_plant.plant_id = plant.id WHERE staff_plant.staff_id = %(staff)s
ORDER BY plant.name, plant.code LIMIT %(limit)s
"""
_PLANT = text("""
    SELECT plant.id, coalesce((organisation.features ->> 'progress')::boolean, true) AS works_with,
        EXISTS (SELECT FROM staff_plant JOIN staff ON staff.id = staff_plant.staff_id AND staff.active
            WHERE staff_plant.plant_id = plant.id AND staff.id = :staff AND staff.role = ANY(:roles)) AS mine
    FROM plant JOIN cluster ON cluster.id = plant.cluster_id JOIN state ON state.id = cluster.state_id
    JOIN organisation ON organisation.id = state.organisation_id WHERE plant.code = :code
""")
# One wish of a phone after the other: two at once would both find none.
_TURN = text("SELECT pg_advisory_xact_lock(hashtext('new'), hashtext(:phone))")
_OPEN = text("""
    SELECT number FROM request WHERE kind = 'new_connection' AND phone = :phone AND closed_at IS NULL
    ORDER BY id DESC LIMIT 1
""")
_TO_TELL = text("""
    SELECT DISTINCT staff.phone FROM staff LEFT JOIN staff_plant ON staff_plant.staff_id = staff.id
    WHERE staff.active AND staff.phone IS NOT NULL AND staff.id IS DISTINCT FROM :but
    AND CASE WHEN CAST(:plant AS bigint) IS NULL THEN staff.role = 'state_in_charge'
        ELSE staff_plant.plant_id = :plant AND staff.role = ANY(:roles) END
""")
_PLACE = text("""
    WITH placed AS (
        UPDATE request SET plant_id = :plant WHERE number = :number AND kind = 'new_connection'
        AND plant_id IS NULL AND closed_at IS NULL RETURNING id, state, details
    ), noted AS (
        INSERT INTO request_event (request_id, at, state, step, staff_id)
        SELECT id, :at, state, 'place', :staff FROM placed
    )
    SELECT details ->> 'name' AS name, details ->> 'village' AS village FROM placed
""")
# What is open by its partial index, what was closed this month by (plant, closed_at) of this kind alone.
# A wish that was taken back is none that was denied.
_COUNTS = """
WITH mine AS (
    SELECT plant_id FROM staff_plant WHERE staff_id = %(staff)s
), counted AS (
    SELECT plant_id, CASE WHEN state = 'in_process' THEN coalesce(details ->> 'stage', 'begun') ELSE state END
        AS at_what, count(*) AS homes
    FROM request JOIN mine USING (plant_id) WHERE kind = 'new_connection' AND closed_at IS NULL GROUP BY 1, 2
    UNION ALL
    SELECT plant_id, state, count(*) FROM request JOIN mine USING (plant_id)
    WHERE kind = 'new_connection' AND closed_at IS NOT NULL
    AND closed_at >= (%(since)s::date)::timestamp AT TIME ZONE 'Asia/Kolkata'
    AND (state = 'completed' OR EXISTS (
        SELECT FROM request_event WHERE request_id = request.id AND step = 'reject')) GROUP BY 1, 2
)
SELECT plant.name, plant.name_local, json_object_agg(at_what, homes)
FROM counted JOIN plant ON plant.id = counted.plant_id GROUP BY plant.id ORDER BY plant.name
"""
_DENIED = """
SELECT request.number, coalesce(request.details ->> 'name', '-'),
    coalesce(request.details ->> 'village', '-'),
    (request.closed_at AT TIME ZONE 'Asia/Kolkata')::date, coalesce(denial.note, '-')
FROM request JOIN staff_plant ON staff_plant.plant_id = request.plant_id
    AND staff_plant.staff_id = %(staff)s
JOIN request_event AS denial ON denial.request_id = request.id AND denial.step = 'reject'
WHERE kind = 'new_connection' AND request.state = 'rejected' AND closed_at IS NOT NULL
ORDER BY request.closed_at DESC LIMIT %(limit)s
"""
_UNPLACED = """
SELECT number, coalesce(details ->> 'name', '-'), coalesce(details ->> 'village', '-') FROM request
WHERE kind = 'new_connection' AND plant_id IS NULL AND closed_at IS NULL
AND EXISTS (SELECT FROM staff WHERE id = %(staff)s AND active AND role = ANY(%(roles)s))
ORDER BY created_at LIMIT %(limit)s
"""


class Place(Named, msgspec.Struct, frozen=True, array_like=True):
    """A plant that a new connection could belong to."""

    code: str
    name: str
    name_local: str | None


class PlantProgress(msgspec.Struct, frozen=True, array_like=True):
    """A plant's new connections: how many stand where, how many ended this month."""

    plant: str
    plant_local: str | None
    homes: dict[str, int]

    @property
    def label(self) -> Name:
        return Name(self.plant, self.plant_local)


class Denied(msgspec.Struct, frozen=True, array_like=True):
    """A wish that was denied, and why."""

    number: str
    name: str
    village: str
    on: date
    reason: str


class Unplaced(msgspec.Struct, frozen=True, array_like=True):
    """A wish whose plant nobody knows yet."""

    number: str
    name: str
    village: str


def places(reader: Reader, village: str, limit: int) -> list[Place]:
    """The plants that a village could belong to; all of them where none is known by that name."""
    return [Place(*row) for row in reader.rows(_PLACES, {"village": village, "limit": limit})]


def mine(reader: Reader, staff_id: int, limit: int) -> list[Place]:
    """The plants of a member of staff."""
    return [Place(*row) for row in reader.rows(_MINE, {"staff": staff_id, "limit": limit})]


def ask(
    doing: Doing, name: str, village: str | None, plant: str | None, phone: str | None = None
) -> tuple[str, bool]:
    """Note a wish for a new connection; a second one of the same phone gets the first one's number.

    `plant` is its code, None where nobody knows it; `phone` the applicant's, where staff write it down.
    Refusal where staff may not do so at that plant, or its organisation does not work with it.
    """
    applicant = phone or doing.caller.phone
    doing.session.execute(_TURN, {"phone": applicant})
    known = doing.session.execute(_OPEN, {"phone": applicant}).scalar_one_or_none()
    if known:
        return str(known), False
    plant_id = _plant(doing, plant, RAISERS[Kind.NEW], by_staff=phone is not None) if plant else None
    details = {"name": name} | ({"village": village} if village else {})
    number = raise_request(doing, Kind.NEW, plant_id=plant_id, details=details, phone=phone)
    _tell_staff(doing, number, plant_id, name, village)
    if phone is not None:
        _tell_applicant(doing, number, phone)
    return number, True


def place(doing: Doing, number: str, plant: str) -> None:
    """Say to which of one's plants a wish belongs; Refusal when that is known by now."""
    plant_id = _plant(doing, plant, PLACERS, by_staff=True)
    staff = doing.caller.staff
    bind = {"number": number, "plant": plant_id, "at": doing.at, "staff": staff.id if staff else None}
    placed = doing.session.execute(_PLACE, bind).one_or_none()
    if placed is None:
        raise Refusal(say("progress.placed_already", request=number))
    _tell_staff(doing, number, plant_id, placed.name, placed.village)
    doing.audit("request.place", f"request:{number}", plant=plant)


def counts(reader: Reader, staff_id: int) -> list[PlantProgress]:
    """How many stand where, per plant in scope; what ended counts since the first of this month."""
    bind = {"staff": staff_id, "since": today().replace(day=1)}
    return [PlantProgress(*row) for row in reader.rows(_COUNTS, bind)]


def open_ones(reader: Reader, staff_id: int, limit: int) -> list[Task]:
    """The wishes of one's plants that are open, oldest first."""
    return tasks_of(reader, staff_id, Kind.NEW, limit)


def denied(reader: Reader, staff_id: int, limit: int) -> list[Denied]:
    """The wishes of one's plants that were denied, newest first."""
    return [Denied(*row) for row in reader.rows(_DENIED, {"staff": staff_id, "limit": limit})]


def unplaced(reader: Reader, staff_id: int, limit: int) -> list[Unplaced]:
    """The wishes without a plant, oldest first, for those who may place them."""
    bind = {"staff": staff_id, "roles": sorted(PLACERS), "limit": limit}
    return [Unplaced(*row) for row in reader.rows(_UNPLACED, bind)]


def _plant(doing: Doing, code: str, who: frozenset[str], *, by_staff: bool) -> int:
    staff = doing.caller.staff
    bind = {"code": code, "staff": staff.id if staff else None, "roles": sorted(who)}
    row = doing.session.execute(_PLANT, bind).one_or_none()
    if row is None or (by_staff and not row.mine):
        raise Refusal(say("work.not_you", who=roles(who)))
    if not row.works_with:
        raise Refusal(say("work.switched_off"))
    return int(row.id)


def _tell_staff(doing: Doing, number: str, plant_id: int | None, name: str, village: str | None) -> None:
    """Those who give the work to somebody; of a wish without a plant the state in-charges."""
    staff = doing.caller.staff
    who = {
        "plant": plant_id,
        "roles": sorted(RULES[Kind.NEW][Step.ASSIGN].who),
        "but": staff.id if staff else None,
    }
    phones = doing.session.scalars(_TO_TELL, who).all()
    words: Text = say(
        "progress.asked" if plant_id else "progress.unplaced",
        request=number,
        name=Name(name),
        village=Name(village or "-"),
    )
    tell_staff(doing.session, phones, f"asked:{doing.key}", words, doing.settings.default_language)


def _tell_applicant(doing: Doing, number: str, phone: str) -> None:
    outbox.post(
        doing.session,
        source=f"asked:{doing.key}:{phone}",
        recipient=phone,
        kind="notice",
        text=say("work.told_asked", request=number, service=doing.settings.service_name),
        default_language=doing.settings.default_language,
    )
