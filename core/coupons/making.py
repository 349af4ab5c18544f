"""Coupons are made: for one customer by staff, or for all who may have one by order of an in-charge."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from core.billing.telling import sensible
from core.clock import local, now
from core.db import Database, Reader
from core.doing import Doing
from core.errors import Refusal
from core.ids import with_check_digit
from core.money import Money
from core.outbox import Message, post_many
from core.plants import Place
from core.text import Name, Named, Text, say

MAKERS = ("operator", "technician", "csa", "cluster_in_charge", "state_in_charge")
"""Whom the seed's table of key users lets make one for a customer."""
ORDERERS = ("cluster_in_charge", "state_in_charge")
BATCH = 500
FROM_HOUR, TO_HOUR = 10, 20
"""An offer is promotional (TCCCPR 2018): it goes out between 10 and 20 o'clock in India."""
DIGITS = 9

# Who may have a coupon of a scheme: place, package, what is owed, and how many there are already.
_MAY = """
    FROM connection
    JOIN plant ON plant.id = connection.plant_id
    JOIN cluster ON cluster.id = plant.cluster_id JOIN state ON state.id = cluster.state_id
    JOIN coupon_scheme AS scheme ON scheme.organisation_id = state.organisation_id
    LEFT JOIN account ON account.kind = 'dues' AND account.connection_id = connection.id
    WHERE scheme.id = :scheme AND connection.status = 'active'
    AND CAST(:day AS date) BETWEEN scheme.first AND scheme.last
    AND (NOT EXISTS (SELECT FROM coupon_place WHERE scheme_id = scheme.id)
         OR EXISTS (SELECT FROM coupon_place WHERE scheme_id = scheme.id AND plant_id = connection.plant_id))
    AND (NOT EXISTS (SELECT FROM coupon_package WHERE scheme_id = scheme.id)
         OR EXISTS (SELECT FROM coupon_package
                    WHERE scheme_id = scheme.id AND package_id = connection.package_id))
    AND NOT (scheme.clear_only AND coalesce(account.balance_paise, 0) > 0)
    AND (SELECT count(*) FROM coupon WHERE coupon.scheme_id = scheme.id
         AND coupon.connection_id = connection.id) < scheme.per_connection
"""
_ONE = text(f"SELECT connection.id {_MAY} AND connection.id = :connection")
_NEXT = text(f"""
    SELECT connection.id {_MAY} AND connection.plant_id = :plant AND connection.id > :after
    ORDER BY connection.id LIMIT :batch
""")
_COUNT = text(f"SELECT count(*) {_MAY} AND connection.plant_id = :plant")
# The scheme's row is held, so that its total is never passed by two who make coupons at once.
_SCHEME = text("""
    SELECT scheme.*, (SELECT count(*) FROM coupon WHERE coupon.scheme_id = scheme.id) AS made
    FROM coupon_scheme AS scheme WHERE scheme.id = :scheme FOR NO KEY UPDATE
""")
_MAKE = text("""
    INSERT INTO coupon (scheme_id, connection_id, code, made_at, made_by, expires_on, source)
    SELECT :scheme, one.connection, one.code, :at, :staff, :expires, CAST(:source AS text)
    FROM unnest(CAST(:connections AS bigint[]), CAST(:codes AS text[])) AS one (connection, code)
    RETURNING id, connection_id, code
""")
_BEFORE = text("SELECT code FROM coupon WHERE source = :source")
_PHONES = text("""
    SELECT link.connection_id, link.e164, connection.number FROM connection_phone AS link
    JOIN connection ON connection.id = link.connection_id
    WHERE link.connection_id = ANY(:connections) AND link.role IN ('holder', 'payer')
    ORDER BY link.connection_id, link.position
""")
_MINE = text("""
    SELECT 1 FROM staff_plant JOIN staff ON staff.id = staff_plant.staff_id
    WHERE staff.id = :staff AND staff.active AND staff.role = ANY(:roles)
    AND staff_plant.plant_id = (SELECT plant_id FROM connection WHERE id = :connection)
""")
_PLANT = text("""
    SELECT 1 FROM staff_plant JOIN staff ON staff.id = staff_plant.staff_id
    WHERE staff.id = :staff AND staff.active AND staff.role = ANY(:roles) AND plant_id = :plant
""")
_ORDER = text("""
    INSERT INTO coupon_order (source, scheme_id, plant_id, staff_id, at)
    VALUES (:source, :scheme, :plant, :staff, :at)
""")
_OPEN = text("""
    SELECT * FROM coupon_order WHERE state = 'making' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
""")
_REACHED = text("""
    UPDATE coupon_order SET reached = :reached, made = made + :made, state = :state WHERE id = :order
""")
_SCHEMES = """
SELECT scheme.id, scheme.code, scheme.name, scheme.name_local, scheme.value_paise, scheme.percent,
    scheme.most_paise
FROM coupon_scheme AS scheme
WHERE %(day)s BETWEEN scheme.first AND scheme.last AND scheme.organisation_id IN (
    SELECT state.organisation_id FROM staff_plant JOIN plant ON plant.id = staff_plant.plant_id
    JOIN cluster ON cluster.id = plant.cluster_id JOIN state ON state.id = cluster.state_id
    WHERE staff_plant.staff_id = %(staff)s)
ORDER BY scheme.last, scheme.code LIMIT %(limit)s
"""
_PLACES = """
SELECT plant.id, plant.code, plant.name, plant.name_local FROM staff_plant
JOIN plant ON plant.id = staff_plant.plant_id WHERE staff_plant.staff_id = %(staff)s
ORDER BY plant.name LIMIT %(limit)s
"""


class Scheme(Named, msgspec.Struct, frozen=True, array_like=True):
    """A scheme that runs today: paise, or per cent of what is owed up to `most_paise`."""

    id: int
    code: str
    name: str
    name_local: str | None
    value_paise: int | None
    percent: int | None
    most_paise: int | None

    @property
    def worth_paise(self) -> int:
        """The most that one coupon can cost."""
        return self.value_paise or self.most_paise or 0


def schemes(reader: Reader, staff_id: int, limit: int) -> list[Scheme]:
    """The schemes that run today in one's organisation, those that end first before the others."""
    bind = {"staff": staff_id, "day": local(now()).date(), "limit": limit}
    return [Scheme(*row) for row in reader.rows(_SCHEMES, bind)]


def places(reader: Reader, staff_id: int, limit: int) -> list[Place]:
    """One's plants by name."""
    return [Place(*row) for row in reader.rows(_PLACES, {"staff": staff_id, "limit": limit})]


def make_one(doing: Doing, scheme_id: int, connection_id: int) -> str:
    """Make a coupon for a customer of one's plants and send it; gives the code. Refusal says why not."""
    staff = doing.caller.staff
    bind = {"staff": staff.id if staff else None, "roles": list(MAKERS), "connection": connection_id}
    if doing.session.execute(_MINE, bind).first() is None:
        raise Refusal(say("coupon.not_you"))
    scheme = doing.session.execute(_SCHEME, {"scheme": scheme_id}).one()
    before = doing.session.execute(_BEFORE, {"source": doing.key}).scalar_one_or_none()
    if before is not None:
        return str(before)
    ask = {"scheme": scheme_id, "connection": connection_id, "day": local(doing.at).date()}
    if doing.session.execute(_ONE, ask).first() is None or _left(scheme) < 1:
        raise Refusal(say("coupon.not_eligible"))
    made = _make(doing.session, scheme, [connection_id], doing.at, staff.id if staff else None, doing.key)
    _tell(doing.session, scheme, made, doing.at, doing.settings.service_name, doing.settings.default_language)
    doing.audit("coupon.make", f"connection:{connection_id}", scheme=scheme.code)
    return str(made[0].code)


def how_many(session: Session, scheme_id: int, plant_id: int, at: datetime) -> int:
    """How many of a plant may have a coupon of this scheme now, within what is left of it."""
    scheme = session.execute(_SCHEME, {"scheme": scheme_id}).one()
    bind = {"scheme": scheme_id, "plant": plant_id, "day": local(at).date()}
    return min(int(session.execute(_COUNT, bind).scalar_one()), _left(scheme))


def order(doing: Doing, scheme_id: int, plant_id: int) -> int:
    """Have coupons made for all of a plant who may have one; a job makes and sends them. Gives how many."""
    staff = doing.caller.staff
    bind = {"staff": staff.id if staff else None, "roles": list(ORDERERS), "plant": plant_id}
    if staff is None or doing.session.execute(_PLANT, bind).first() is None:
        raise Refusal(say("coupon.not_you"))
    count = how_many(doing.session, scheme_id, plant_id, doing.at)
    if not count:
        raise Refusal(say("coupon.nobody"))
    doing.session.execute(
        _ORDER,
        {
            "source": f"coupons:{doing.key}",
            "scheme": scheme_id,
            "plant": plant_id,
            "staff": staff.id,
            "at": doing.at,
        },
    )
    doing.audit("coupon.order", f"plant:{plant_id}", scheme=scheme_id, people=count)
    return count


def carry_out(database: Database, service: str, default_language: str) -> int:
    """Make what was ordered, a batch a transaction, until no order is open; gives how many coupons."""
    made = 0
    while True:
        with database.begin() as session:
            found = session.execute(_OPEN).one_or_none()
            if found is None:
                return made
            made += _batch(session, found, now(), service, default_language)


def _batch(session: Session, found: Row[Any], at: datetime, service: str, default_language: str) -> int:
    scheme = session.execute(_SCHEME, {"scheme": found.scheme_id}).one()
    most = min(BATCH, _left(scheme))
    bind = {"scheme": scheme.id, "plant": found.plant_id, "after": found.reached, "batch": most}
    ids = list(session.scalars(_NEXT, bind | {"day": local(at).date()}))
    made = _make(session, scheme, ids, at, found.staff_id)
    _tell(session, scheme, made, at, service, default_language)
    state = "making" if len(ids) == BATCH else "made"
    session.execute(
        _REACHED,
        {"order": found.id, "reached": ids[-1] if ids else found.reached, "made": len(ids), "state": state},
    )
    return len(ids)


def _left(scheme: Row[Any]) -> int:
    """How many coupons of a scheme may still be made."""
    return 10**9 if scheme.total is None else max(scheme.total - scheme.made, 0)


def _make(
    session: Session,
    scheme: Row[Any],
    connection_ids: list[int],
    at: datetime,
    staff_id: int | None,
    source: str | None = None,
) -> list[Row[Any]]:
    """Write coupons; nine digits by chance and one that checks them, so that none can be guessed."""
    if not connection_ids:
        return []
    first = 10 ** (DIGITS - 1)
    bind = {
        "scheme": scheme.id,
        "connections": connection_ids,
        "codes": [with_check_digit(first + secrets.randbelow(9 * first)) for _ in connection_ids],
        "at": at,
        "staff": staff_id,
        "source": source,
        "expires": min(local(at).date() + timedelta(days=scheme.days), scheme.last),
    }
    return list(session.execute(_MAKE, bind).all())


def _tell(
    session: Session,
    scheme: Row[Any],
    made: list[Row[Any]],
    at: datetime,
    service: str,
    default_language: str,
) -> None:
    codes = {row.connection_id: row for row in made}
    phones = session.execute(_PHONES, {"connections": list(codes)}).all()
    messages = [
        Message(
            f"coupon:{codes[phone.connection_id].id}:{phone.e164}",
            phone.e164,
            "coupon",
            say(
                "coupon.told",
                name=Name(scheme.name, scheme.name_local),
                worth=worth(scheme.value_paise, scheme.percent, scheme.most_paise),
                number=phone.number,
                code=codes[phone.connection_id].code,
                day=min(local(at).date() + timedelta(days=scheme.days), scheme.last),
                service=service,
            ),
            phone.connection_id,
            at=sensible(at, FROM_HOUR, TO_HOUR),
        )
        for phone in phones
    ]
    post_many(session, messages, default_language=default_language)


def worth(value_paise: int | None, percent: int | None, most_paise: int | None) -> Text:
    """What a coupon is worth, in words."""
    if value_paise is not None:
        return say("coupon.value", amount=Money(value_paise))
    return say("coupon.percent", percent=percent or 0, most=Money(most_paise or 0))
