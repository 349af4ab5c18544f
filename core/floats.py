"""The float: how much cash a collector may hold before it is handed over."""

from __future__ import annotations

from sqlalchemy import text

from core.alerts import tell_staff
from core.clock import local
from core.doing import Doing
from core.errors import Refusal
from core.money import Money
from core.people import StaffMember
from core.text import Name, Text, say

LIMIT = """
coalesce(staff.float_limit_paise, (
    SELECT min(organisation.float_limit_paise)
    FROM staff_plant JOIN plant ON plant.id = staff_plant.plant_id
    JOIN cluster ON cluster.id = plant.cluster_id JOIN state ON state.id = cluster.state_id
    JOIN organisation ON organisation.id = state.organisation_id
    WHERE staff_plant.staff_id = staff.id))
"""
"""The limit of a row of staff: his own, else his organisation's; NULL: none."""
_FLOAT = text(f"""
    SELECT {LIMIT} AS limit_paise, coalesce((
        SELECT balance_paise FROM account WHERE kind = 'cash' AND account.staff_id = staff.id
    ), 0) AS held FROM staff WHERE staff.id = :staff
""")  # noqa: S608 (our own words)
_IN_CHARGE = text("""
    SELECT DISTINCT staff.phone FROM staff JOIN staff_plant ON staff_plant.staff_id = staff.id
    WHERE staff.active AND staff.phone IS NOT NULL AND staff.role = 'cluster_in_charge'
      AND staff_plant.plant_id = :plant AND staff.id <> :staff ORDER BY staff.phone
""")


def check(doing: Doing, staff_id: int) -> None:
    """Refuse more cash to somebody who holds above twice the limit: it must be handed over first."""
    row = doing.session.execute(_FLOAT, {"staff": staff_id}).one()
    if row.limit_paise is not None and row.held > 2 * row.limit_paise:
        raise Refusal(say("cash.full", held=Money(row.held), limit=Money(row.limit_paise)))


def warning(doing: Doing, staff_id: int) -> tuple[Text, ...]:
    """What a collector above the limit is told below the answer; nothing for all others."""
    row = doing.session.execute(_FLOAT, {"staff": staff_id}).one()
    if row.limit_paise is None or row.held <= row.limit_paise:
        return ()
    return (say("cash.hand_over", held=Money(row.held), limit=Money(row.limit_paise)),)


def tell(doing: Doing, staff: StaffMember, plant_id: int) -> None:
    """Tell the plant's in-charges of a collector above the limit, once a day."""
    row = doing.session.execute(_FLOAT, {"staff": staff.id}).one()
    if row.limit_paise is None or row.held <= row.limit_paise:
        return
    phones = doing.session.execute(_IN_CHARGE, {"plant": plant_id, "staff": staff.id}).scalars().all()
    words = say(
        "alerts.float",
        name=Name(staff.name, staff.name_local),
        held=Money(row.held),
        limit=Money(row.limit_paise),
    )
    cause = f"float:{staff.id}:{local(doing.at).date().isoformat()}"
    tell_staff(doing.session, phones, cause, words, doing.settings.default_language)
