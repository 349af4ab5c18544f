"""Books of one plant to try the ledger on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count

from sqlalchemy import text
from sqlalchemy.orm import Session

from core import ledger

AT = datetime(2026, 11, 21, 6, 30, tzinfo=UTC)
_names = count(1)


@dataclass(frozen=True)
class Books:
    """One plant with two connections and two collectors."""

    plant: int
    connections: tuple[int, int]
    staff: tuple[int, int]


def open_books(session: Session) -> Books:
    """A plant of its own, so that many may live in one database."""
    tag = f"t{next(_names)}"

    def add(table: str, **values: object) -> int:
        columns, marks = ", ".join(values), ", ".join(f":{name}" for name in values)
        statement = text(f"INSERT INTO {table} ({columns}) VALUES ({marks}) RETURNING id")
        return int(session.execute(statement, values).scalar_one())

    organisation = add("organisation", code=tag, name=tag)
    state = add("state", organisation_id=organisation, code=tag, name=tag)
    cluster = add("cluster", state_id=state, code=tag, name=tag)
    plant = add("plant", cluster_id=cluster, code=tag, name=tag)
    sold = {"load_watts": 100, "hours": "24", "prepaid": False, "metered": False}
    package = add("package", organisation_id=organisation, code=tag, name=tag, **sold)

    def connection(name: str) -> int:
        customer = add("customer", reference=name, name=name)
        owned = {"customer_id": customer, "plant_id": plant, "package_id": package}
        return add("connection", reference=name, number=name, **owned)

    def staff(name: str) -> int:
        return add("staff", code=name, name=name, role="technician")

    return Books(plant, (connection(tag + "a"), connection(tag + "b")), (staff(tag + "x"), staff(tag + "y")))


def pay(session: Session, books: Books, source: str, paise: int, who: int = 0, to: int = 0) -> int:
    """A collector takes cash for a connection."""
    cash = ledger.account_id(session, "cash", staff_id=books.staff[to])
    dues = ledger.account_id(session, "dues", connection_id=books.connections[who])
    moves = [(cash, paise), (dues, -paise)]
    return ledger.post(session, source=source, kind="payment", plant_id=books.plant, at=AT, moves=moves)
