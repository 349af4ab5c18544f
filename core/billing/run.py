"""A billing run: one plant, one month; dry first, then posted in batches, taken back as a whole.

Every batch is one transaction that holds the run's row; two are under way at a time. Killed at any
line, a run is gone on with: what is billed already has its bill and is passed over.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from core import clock, ledger
from core.billing import runs, statements, telling, undoing, unserved
from core.billing.period import Period, Progress
from core.billing.runs import Run
from core.db import Database
from core.errors import BillingError
from core.upi import BillLink

BATCH = 5_000
"""Connections of one transaction: a payment waits for a quarter of a second or so."""
LANES = 2
"""Batches at a time: PostgreSQL fills the one while it waits for the other's disk or lock."""
ADVANCE_DAYS = 31
"""A month may be billed in advance so many days before it begins."""


@dataclass(frozen=True, slots=True)
class Totals:
    """What a run comes to: bills, paise, estimated ones, meters running backwards, paid in advance."""

    bills: int = 0
    paise: int = 0
    estimated: int = 0
    backwards: int = 0
    prepaid: int = 0

    def __add__(self, other: Totals) -> Totals:
        return Totals(
            self.bills + other.bills,
            self.paise + other.paise,
            self.estimated + other.estimated,
            self.backwards + other.backwards,
            self.prepaid + other.prepaid,
        )


def plant_of(database: Database, code: str) -> int:
    """The plant with this code, in any case; BillingError when there is none."""
    with database.begin() as session:
        found = session.execute(
            text("SELECT id FROM plant WHERE upper(code) = upper(:code)"), {"code": code}
        ).scalar_one_or_none()
    if found is None:
        raise BillingError(f"there is no plant {code}")
    return int(found)


def plant_of_run(database: Database, run_id: int) -> int:
    """The plant that a run billed; BillingError when there is no such run."""
    return runs.load(database, run_id).plant_id


def dry_run(
    database: Database, plant_id: int, period: Period, progress: Progress, issued_on: date | None = None
) -> Totals:
    """What posting would come to, changing nothing."""
    bind = _bind(plant_id, period, _issued(period, issued_on))
    totals = Totals()
    with database.engine.connect() as connection:
        ranges = _ranges(connection, plant_id)
        for done, (after, upto) in enumerate(ranges):
            progress("adding up", done, len(ranges))
            connection.execute(statements.MAKE_DRAFT)
            connection.execute(statements.FILL_DRAFT, bind | {"after": after, "upto": upto})
            connection.execute(unserved.GIVE_BACK, bind | {"after": after, "upto": upto})
            totals += Totals(*map(int, connection.execute(statements.DRAFT_TOTALS).one()))
            connection.rollback()
    return totals


def post(
    database: Database,
    plant_id: int,
    period: Period,
    progress: Progress,
    *,
    default_language: str,
    service: str,
    issued_on: date | None = None,
    bill_link: BillLink | None = None,
) -> tuple[Run, Totals]:
    """Bill whoever of a plant has no bill for the month yet, and write the messages."""
    run_id = runs.open_run(database, plant_id, period, _issued(period, issued_on))
    return finish(
        database, run_id, progress, default_language=default_language, service=service, bill_link=bill_link
    )


def finish(
    database: Database,
    run_id: int,
    progress: Progress,
    *,
    default_language: str,
    service: str,
    bill_link: BillLink | None = None,
) -> tuple[Run, Totals]:
    """Go on with a run wherever it stands, to its end; a finished one is left as it is."""
    run = runs.load(database, run_id)
    if run.state == "posting":
        _post_batches(database, run, progress)
    if runs.load(database, run_id).state == "telling":
        telling.tell(
            database,
            run_id,
            progress,
            default_language=default_language,
            service=service,
            bill_link=bill_link,
        )
    if run.state == "reversing":
        _reverse_batches(database, run, progress, service)
    with database.begin() as session:
        totals = session.execute(statements.RUN_TOTALS, {"run": run_id}).one()
    return runs.load(database, run_id), Totals(*map(int, totals))


def reverse(database: Database, run_id: int, progress: Progress, *, service: str) -> int:
    """Take a whole run back: no bill of it counts; gives the bills.

    Messages not yet sent stay unsent; whoever was told of a bill is told that it does not count.

    BillingError when a later run has billed on top of it, for that one must be taken back first, and
    while another run of the plant is not finished.
    """
    with database.begin() as session:
        run = runs.locked(session, run_id)
        if run.state != "reversed":
            # First, for from here on no other run of the plant begins.
            runs.reopen(session, run)
        later = session.execute(_LATER, {"run": run_id, "plant": run.plant_id}).scalar_one_or_none()
        if later is not None:
            raise BillingError(f"run {later} has billed on top of run {run_id}: take that one back first")
    return _reverse_batches(database, run, progress, service)


_LATER = text("""
    SELECT later.run_id FROM bill JOIN bill AS later ON later.connection_id = bill.connection_id
    WHERE bill.run_id = :run AND later.run_id <> :run AND bill.reversed_at IS NULL
    AND later.reversed_at IS NULL AND later.period_from > bill.period_from
    ORDER BY later.run_id DESC LIMIT 1
""")


def _post_batches(database: Database, run: Run, progress: Progress) -> None:
    with database.engine.connect() as connection:
        ranges = _ranges(connection, run.plant_id)
    with ThreadPoolExecutor(LANES) as pool:
        batches = pool.map(lambda ends: _post_batch(database, run, *ends), ranges)
        for done, _ in enumerate(batches):
            progress("billing", done, len(ranges))
    with database.begin() as session:
        if runs.locked(session, run.id).state == "posting":
            runs.set_state(session, run, "telling")
    progress("billing", len(ranges), len(ranges))


def _post_batch(database: Database, run: Run, after: int, upto: int) -> None:
    with database.begin() as session:
        if runs.held(session, run.id).state == "posting":
            post_range(session, run, after, upto)


def post_range(session: Session, run: Run, after: int, upto: int) -> None:
    """Bill the connections of a range that have no bill yet: a handful of statements, however many."""
    bind = _bind(run.plant_id, run.period, run.issued_on)
    bind |= {"after": after, "upto": upto, "run": run.id, "due": run.due_on}
    bind |= {"income": ledger.account_id(session, "income", plant_id=run.plant_id), "at": clock.now()}
    for statement in (
        statements.USE_INDEXES,
        statements.OPEN_ACCOUNTS,
        statements.LOCK_ACCOUNTS,
        statements.MAKE_DRAFT,
        statements.FILL_DRAFT,
        unserved.GIVE_BACK,
    ):
        session.execute(statement, bind)
    bind["entry"] = session.execute(statements.POST_ENTRY, bind).scalar_one_or_none()
    session.execute(statements.POST_BILLS, bind)
    session.execute(statements.TAKE_INSTALMENTS, bind)
    if bind["entry"] is not None:
        # Last, because from here on every other batch waits for the plant's income account.
        session.execute(statements.POST_SIDES, bind)


def _reverse_batches(database: Database, run: Run, progress: Progress, service: str) -> int:
    done = 0
    while True:
        with database.begin() as session:
            if runs.locked(session, run.id).state != "reversing":
                return done
            bind = {"run": run.id, "plant": run.plant_id, "batch": BATCH, "at": clock.now()}
            taken = list(session.scalars(undoing.REVERSE, bind))
            telling.tell_taken_back(session, taken, service)
            if not taken:
                runs.set_state(session, run, "reversed")
        done += len(taken)
        progress("taking back", done, done + 1)


def _ranges(connection: Connection, plant_id: int) -> list[tuple[int, int]]:
    found = connection.execute(statements.RANGES, {"plant": plant_id, "batch": BATCH})
    return [(after, upto) for after, upto in found]


def _bind(plant_id: int, period: Period, issued_on: date) -> dict[str, object]:
    return {
        "plant": plant_id,
        "first": period.first,
        "last": period.last,
        "month_days": period.days,
        "issued": issued_on,
    }


def _issued(period: Period, issued_on: date | None) -> date:
    """Today, unless given; BillingError for a month that is too far away."""
    day = issued_on or clock.today()
    if period.first > day + timedelta(days=ADVANCE_DAYS):
        raise BillingError(f"{period.first:%Y-%m} is too far away to be billed")
    return day
