"""A new connection is right: its customer, its number and its phone come to be, and the applicant is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Row, text

from core import outbox
from core.clock import local
from core.db import Reader
from core.doing import Doing
from core.errors import Refusal
from core.ids import with_check_digit
from core.text import Named, Text, say
from core.work import verdict
from core.work.machine import take_step
from core.work.rules import Step

_PACKAGES = """
SELECT package.code, package.name, package.name_local, package.load_watts, package.metered,
    package.deposit_paise
FROM package JOIN package_plant ON package_plant.package_id = package.id
WHERE package_plant.plant_id = %(plant)s ORDER BY package.load_watts, package.code LIMIT %(limit)s
"""
_PACKAGE = text("""
    SELECT package.id FROM package JOIN package_plant ON package_plant.package_id = package.id
    WHERE package.code = :code AND package_plant.plant_id = :plant
""")
_NEXT = text("SELECT nextval('connection_number_seq')")
_TAKEN = text("SELECT 1 FROM connection WHERE number = :number")
_MAKE = text("""
    WITH person AS (
        INSERT INTO customer (reference, name, village) VALUES (:reference, :name, :village) RETURNING id
    ), phoned AS (
        INSERT INTO phone (e164) VALUES (:phone) ON CONFLICT DO NOTHING
    )
    INSERT INTO connection (reference, number, customer_id, plant_id, package_id, status, meter_number,
        connected_on)
    SELECT :reference, :number, id, :plant, :package, 'active', :meter, :day FROM person RETURNING id
""")
_LINK = text("""
    INSERT INTO connection_phone (connection_id, e164, role) VALUES (:connection, :phone, 'holder')
""")
_KEEP = text("UPDATE request SET connection_id = :connection WHERE id = :request")


class Sold(Named, msgspec.Struct, frozen=True, array_like=True):
    """A package that the plant offers to a new customer; watts and paise."""

    code: str
    name: str
    name_local: str | None
    load_watts: int
    metered: bool
    deposit_paise: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the new connection is to be: its package's code, its meter's number where it has one."""

    package: str
    meter: str | None


def packages(reader: Reader, plant_id: int, limit: int) -> list[Sold]:
    """What a plant offers, smallest load first."""
    return [Sold(*row) for row in reader.rows(_PACKAGES, {"plant": plant_id, "limit": limit})]


def finish(doing: Doing, request: str, wanted: Wanted | None) -> str | None:
    """Say that a new connection is right; gives its number.

    None for `wanted`: the operator loads the connection from a sheet, and nothing is made here.
    """
    made: list[str] = []

    def bring_about(doing: Doing, row: Row[Any]) -> None:
        words = say("work.told_connected", request=row.number, service=doing.settings.service_name)
        connection_id = None
        if wanted is not None:
            connection_id, number = _connect(doing, row, wanted)
            made.append(number)
            words = say(
                "work.told_joined",
                number=number,
                stars=verdict.how(verdict.asks(row, Step.OK)),
                service=doing.settings.service_name,
            )
        if row.phone:
            _tell(doing, row, words, connection_id)

    take_step(doing, request, Step.OK, effect=bring_about)
    return made[0] if made else None


def _connect(doing: Doing, request: Row[Any], wanted: Wanted) -> tuple[int, str]:
    plant = {"plant": request.plant_id}
    package = doing.session.execute(_PACKAGE, {"code": wanted.package, **plant}).scalar_one_or_none()
    if package is None:
        raise Refusal(say("change.gone"))
    number = _free_number(doing)
    bind = {
        "reference": f"NEW-{request.number}",
        "number": number,
        "name": request.details["name"],
        "village": request.details.get("village"),
        "phone": request.phone,
        "package": package,
        "meter": wanted.meter,
        "day": local(doing.at).date(),
        **plant,
    }
    connection_id = int(doing.session.execute(_MAKE, bind).scalar_one())
    doing.session.execute(_LINK, {"connection": connection_id, "phone": request.phone})
    doing.session.execute(_KEEP, {"connection": connection_id, "request": request.id})
    doing.audit("connection.new", f"connection:{connection_id}", request=request.number)
    return connection_id, number


def _free_number(doing: Doing) -> str:
    """The next number; those that a sheet brought along are passed over."""
    while True:
        number = with_check_digit(int(doing.session.execute(_NEXT).scalar_one()))
        if doing.session.execute(_TAKEN, {"number": number}).first() is None:
            return number


def _tell(doing: Doing, request: Row[Any], words: Text, connection_id: int | None) -> None:
    outbox.post(
        doing.session,
        source=f"joined:{request.id}",
        recipient=request.phone,
        kind="notice",
        text=words,
        connection_id=connection_id,
        default_language=doing.settings.default_language,
    )
