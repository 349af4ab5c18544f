"""Who is on the line: customers' phones, staff and their scope."""

from __future__ import annotations

import msgspec
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.db import Reader
from core.text import Named

_CALLER = """
SELECT phone.language,
    (SELECT row_to_json(s) FROM (
        SELECT staff.id, staff.role, staff.name, staff.name_local, staff.cash_limit_paise
        FROM staff WHERE staff.phone = %(phone)s AND staff.active) AS s),
    (SELECT json_agg(l ORDER BY l.position, l.number) FROM (
        SELECT connection.id, connection.number, customer.name, customer.name_local,
               link.role, connection.plant_id, link.position
        FROM connection_phone AS link
        JOIN connection ON connection.id = link.connection_id
        JOIN customer ON customer.id = connection.customer_id
        WHERE link.e164 = %(phone)s) AS l),
    EXISTS (SELECT FROM staff WHERE staff.phone = %(phone)s AND staff.blocked_phone = staff.phone)
FROM (SELECT %(phone)s::text AS e164) AS asked LEFT JOIN phone USING (e164)
"""


class Line(Named, msgspec.Struct, frozen=True, array_like=True):
    """A connection that a phone speaks for, and as what (holder, payer, viewer)."""

    id: int
    number: str
    name: str
    name_local: str | None
    role: str
    plant_id: int


class StaffMember(msgspec.Struct, frozen=True, array_like=True):
    """A member of staff as conversations need them; what they may do is checked again in each act."""

    id: int
    role: str
    name: str
    name_local: str | None
    cash_limit_paise: int


class Caller(msgspec.Struct, frozen=True, array_like=True):
    """The person behind a phone number: customer, staff, both, or nobody we know."""

    phone: str
    language: str | None
    lines: tuple[Line, ...]
    staff: StaffMember | None
    blocked: bool = False
    """A phone of our staff that was reported lost (core/blocking.py)."""

    @property
    def member(self) -> StaffMember:
        """The member of staff; LookupError for anybody else, whom the catalogue must not let in."""
        if self.staff is None:
            raise LookupError("not staff")
        return self.staff

    @property
    def known(self) -> bool:
        return bool(self.lines) or self.staff is not None


def find_caller(reader: Reader, phone: str) -> Caller:
    """Everything we know of a phone, in one round trip."""
    language, staff, lines, blocked = reader.rows(_CALLER, {"phone": phone})[0]
    return Caller(
        phone,
        language,
        tuple(
            Line(row["id"], row["number"], row["name"], row["name_local"], row["role"], row["plant_id"])
            for row in lines or ()
        ),
        StaffMember(*(staff[field] for field in StaffMember.__struct_fields__)) if staff else None,
        blocked,
    )


def set_language(session: Session, phone: str, language: str) -> None:
    """Keep the language a person chose; it holds for every message to this phone."""
    session.execute(
        text(
            "INSERT INTO phone (e164, language) VALUES (:phone, :language) "
            "ON CONFLICT (e164) DO UPDATE SET language = excluded.language"
        ),
        {"phone": phone, "language": language},
    )


def link_phone(session: Session, phone: str, connection_id: int) -> None:
    """Let a phone speak for a connection as payer, after its one-time code was proven.

    A viewer becomes a payer; a holder stays one. The newcomer comes after the two phones that
    the operator's spreadsheet may name, so that one-time codes go to the phone on record as before.
    """
    session.execute(text("INSERT INTO phone (e164) VALUES (:phone) ON CONFLICT DO NOTHING"), {"phone": phone})
    session.execute(
        text(
            "INSERT INTO connection_phone (connection_id, e164, role, position) "
            "SELECT :connection, :phone, 'payer', greatest(max(position), 2) + 1 "
            "FROM connection_phone WHERE connection_id = :connection "
            "ON CONFLICT (connection_id, e164) DO UPDATE "
            "SET role = CASE connection_phone.role WHEN 'viewer' THEN 'payer' ELSE connection_phone.role END"
        ),
        {"connection": connection_id, "phone": phone},
    )
