"""Whose phone it may be: the demo's staff and its first customers, and somebody whom nobody knows."""

from __future__ import annotations

from typing import LiteralString

import msgspec

from core.db import Reader

STRANGER = "+919800000009"
CUSTOMERS = 12
"""As many are offered by name; any other number can be typed."""

_STAFF: LiteralString = "SELECT phone, name, role FROM staff WHERE active AND phone IS NOT NULL ORDER BY id"
_CUSTOMERS: LiteralString = """
SELECT held.e164, customer.name, string_agg(connection.number, ', ' ORDER BY connection.id)
FROM connection
JOIN connection_phone AS held ON held.connection_id = connection.id
JOIN customer ON customer.id = connection.customer_id
GROUP BY held.e164, customer.name ORDER BY min(connection.id), held.e164 LIMIT %(most)s
"""

_WORLD: LiteralString = """
SELECT system_identifier || '.' || (SELECT oid FROM pg_database WHERE datname = current_database())
FROM pg_control_system()
"""


class Person(msgspec.Struct, frozen=True):
    """A phone and whose it is."""

    phone: str
    name: str
    role: str
    known: bool = True


def people(reader: Reader) -> list[Person]:
    """Customers, then staff, then a stranger."""
    customers = [
        Person(phone, name, f"customer {numbers}")
        for phone, name, numbers in reader.rows(_CUSTOMERS, {"most": CUSTOMERS})
    ]
    staff = [Person(phone, name, role.replace("_", " ")) for phone, name, role in reader.rows(_STAFF, {})]
    return [*customers, *staff, Person(STRANGER, "A stranger", "unknown to us", known=False)]


def first_two(found: list[Person]) -> list[str]:
    """Whose phones stand there at first: a customer's and her collector's."""
    customer = [person.phone for person in found if person.role.startswith("customer")][:1]
    collector = [person.phone for person in found if person.role == "technician"][:1]
    return customer + collector or [STRANGER]


def world_of(reader: Reader) -> str:
    """Which database this is: in another one the same row numbers are other messages."""
    [(world,)] = reader.rows(_WORLD, {})
    return str(world)
