"""SparkMeter ThunderCloud, API v0: customers with one meter each, switched by their operating mode.

A meter is named by its customer's id (a UUID), for that is what the API changes and credits. Times carry
no zone and are UTC; `last_energy` is what the meter itself has counted, in kWh.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import quote

import msgspec

from channels.message import Never, Unsure
from channels.meters.driver import Done, Outcome, Waiting
from channels.meters.http import NOT_JSON, Answer, Service
from core.energy import MOST_WH
from core.meters.watch import Shown
from core.settings import SparkMeter

ALREADY_THERE = 423
"""What ThunderCloud says to an `external_id` it has seen."""


class _Said(msgspec.Struct):
    error: str | bool | None = None
    transaction_id: str | None = None


class _Transaction(msgspec.Struct):
    id: str
    status: str
    error: str | None = None


class _TransactionAnswer(msgspec.Struct):
    transaction: _Transaction


class _Meter(msgspec.Struct):
    last_energy: float | None = None
    last_energy_datetime: datetime | None = None


class _Customer(msgspec.Struct):
    id: str
    meters: list[_Meter] = []


class _Customers(msgspec.Struct):
    customers: list[_Customer]


class SparkMeterDriver:
    """One ThunderCloud site."""

    name = "sparkmeter"

    def __init__(self, settings: SparkMeter) -> None:
        self._on_mode = settings.on_mode
        self._service = Service(
            f"{settings.url.rstrip('/')}/api/v0", {"Authentication-Token": settings.token}
        )

    def read(self, meters: Sequence[str]) -> list[Shown]:
        """All customers of the site in one request; it is the only way to their meters."""
        found = self._service.get("/customers?reading_details=false", _Customers)
        wanted = set(meters)
        shown = []
        for customer in found.customers:
            for meter in customer.meters[:1]:
                at, kwh = meter.last_energy_datetime, meter.last_energy
                if (
                    customer.id in wanted
                    and at is not None
                    and kwh is not None
                    and 0 <= kwh * 1000 <= MOST_WH
                ):
                    moment = at if at.tzinfo else at.replace(tzinfo=UTC)
                    shown.append(Shown(customer.id, round(kwh * 1000), moment))
        return shown

    def switch(self, meter: str, *, on: bool) -> Outcome:
        """The operating mode: off, or what the operator calls on (`auto`: by ThunderCloud's own balance)."""
        return self._change(meter, {"operating_mode": self._on_mode if on else "off"})

    def set_tariff(self, meter: str, *, tariff: str) -> Outcome:
        return self._change(meter, {"meter_tariff_name": tariff})

    def credit(self, meter: str, *, paise: int, key: str) -> Outcome:
        """A transaction under our key; one that is there already is asked after."""
        amount = f"{paise // 100}.{paise % 100:02d}"
        wanted = {"customer_id": meter, "amount": amount, "source": "cash", "external_id": key}
        got = self._service.ask("POST", "/transaction/", wanted)
        if not isinstance(got, Answer):
            return got
        if got.status == ALREADY_THERE:
            return Waiting(key)
        said = got.read(_Said)
        if said is None:
            return NOT_JSON
        if got.status not in (200, 201) or said.error or not said.transaction_id:
            return _refused(got.status, said)
        return Waiting(said.transaction_id)

    def poll(self, reference: str) -> Outcome | None:
        """A transaction's status; `pending` and `not-processed` mean that the meter has not got it yet."""
        got = self._service.ask("GET", f"/transaction/{quote(reference, safe='')}")
        if not isinstance(got, Answer):
            return got
        if got.status == 404:
            return None
        answer = got.read(_TransactionAnswer)
        if answer is None:
            return NOT_JSON
        match answer.transaction.status:
            case "processed":
                return Done(answer.transaction.id)
            case "pending" | "not-processed":
                return Waiting(answer.transaction.id)
            case "error" | "reversed" as status:
                return Never(f"{status}: {answer.transaction.error or ''}"[:80])
            case _:
                return Unsure("unknown status")

    def _change(self, meter: str, fields: dict[str, str]) -> Outcome:
        """Change a customer; the same change twice is the same."""
        got = self._service.ask("PUT", f"/customers/{quote(meter, safe='')}", fields)
        if not isinstance(got, Answer):
            return got
        said = got.read(_Said)
        if said is None:
            return NOT_JSON
        return Done() if got.status == 200 and not said.error else _refused(got.status, said)


def _refused(status: int, said: _Said) -> Never:
    return Never(f"HTTP {status}: {said.error or 'refused'}"[:80])
