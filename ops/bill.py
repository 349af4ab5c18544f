"""`bijli bill`: a plant's bills for a month, first as totals, then for good, or taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from core import billing, upi
from core.billing import BillingError, Period, Totals
from core.clock import now
from core.db import Database
from core.settings import Settings
from core.text import money, name_service
from ops.progress import bar

Say = Callable[[str], None]


def dry_run(settings: Settings, plant: str, period: str, say: Say) -> None:
    """Say what posting would come to."""
    month = Period.read(period)
    with _database(settings) as database, bar() as progress:
        totals = billing.dry_run(database, billing.plant_of(database, plant), month, progress)
    if not totals.bills:
        say(_nobody(plant, period))
        return
    for line in _lines(totals):
        say(line)
    say(f"Nothing was posted. To post: bijli bill {plant} {period} --post")


def post(settings: Settings, plant: str, period: str, say: Say) -> None:
    """Post, or go on with a run that was broken off."""
    month = Period.read(period)
    with _database(settings) as database, bar() as progress:
        run, totals = billing.post(
            database,
            billing.plant_of(database, plant),
            month,
            progress,
            default_language=settings.default_language,
            service=settings.service_name,
            bill_link=upi.bill_link(settings, now()),
        )
    if not totals.bills:
        say(_nobody(plant, period))
        return
    for line in _lines(totals):
        say(line)
    say(f"Run {run.id} is posted, due on {run.due_on:%d/%m/%Y}. Messages leave between 8 and 20 o'clock.")
    say(f"If it was wrong: bijli bill {plant} --reverse {run.id}")


def reverse(settings: Settings, plant: str, run_id: int, say: Say) -> None:
    """Take a run of this plant back; the plant is asked for so that a slip in the number is noticed."""
    with _database(settings) as database, bar() as progress:
        if billing.plant_of_run(database, run_id) != billing.plant_of(database, plant):
            raise BillingError(f"run {run_id} is not of plant {plant}")
        taken = billing.reverse(database, run_id, progress, service=settings.service_name)
    say(f"Run {run_id} is taken back: {taken} bills.")


def _nobody(plant: str, period: str) -> str:
    return (
        f"Nobody of {plant} is left to bill for {period}: all have their bill, "
        "or their package is paid after use and waits for the month's end."
    )


def _lines(totals: Totals) -> Iterator[str]:
    yield f"{totals.bills} bills, {money(totals.paise, 'en')} in all"
    if totals.prepaid:
        yield f"{totals.prepaid} of them in advance (prepaid packages)"
    if totals.estimated:
        yield f"{totals.estimated} of them estimated, because the meter was not read"
    if totals.backwards:
        yield f"{totals.backwards} readings are below the last one and were not believed: please check them"


@contextmanager
def _database(settings: Settings) -> Iterator[Database]:
    name_service(settings.service_name, settings.helpline)
    database = Database(settings.database_url)
    try:
        yield database
    finally:
        database.close()
