"""The demo's simulated meter service (ops/meters.py), spoken to like any other: by HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from channels.message import Later, Never
from channels.meters.driver import Done, Outcome
from channels.meters.http import NOT_JSON, Answer, Service
from core.meters.watch import Shown

OUT_OF_REACH = 409
IN_ONE_REQUEST = 100


class _Meter(msgspec.Struct):
    id: str
    wh: int
    on: bool
    at: datetime


class _Meters(msgspec.Struct):
    meters: list[_Meter]


class SimulatedDriver:
    """The meters of the demo."""

    name = "simulated"

    def __init__(self, url: str) -> None:
        self._service = Service(url, {})

    def read(self, meters: Sequence[str]) -> list[Shown]:
        shown: list[Shown] = []
        for first in range(0, len(meters), IN_ONE_REQUEST):
            query = urlencode([("id", meter) for meter in meters[first : first + IN_ONE_REQUEST]])
            found = self._service.get(f"/meters?{query}", _Meters)
            shown += [Shown(one.id, one.wh, one.at, one.on) for one in found.meters]
        return shown

    def switch(self, meter: str, *, on: bool) -> Outcome:
        return self._put(f"/meters/{quote(meter, safe='')}", {"on": on})

    def set_tariff(self, meter: str, *, tariff: str) -> Outcome:
        return self._put(f"/meters/{quote(meter, safe='')}", {"tariff": tariff})

    def credit(self, meter: str, *, paise: int, key: str) -> Outcome:
        path = f"/meters/{quote(meter, safe='')}/credits/{quote(key, safe='')}"
        return self._put(path, {"paise": paise})

    def poll(self, reference: str) -> Outcome | None:
        got = self._service.ask("GET", f"/credits/{quote(reference, safe='')}")
        if not isinstance(got, Answer):
            return got
        return None if got.status == 404 else Done(reference)

    def _put(self, path: str, body: dict[str, Any]) -> Outcome:
        got = self._service.ask("PUT", path, body)
        if not isinstance(got, Answer):
            return got
        if got.status == OUT_OF_REACH:
            return Later("out of reach")
        if got.read(dict[str, Any]) is None:
            return NOT_JSON
        return Done() if got.status == 200 else Never(f"HTTP {got.status}")
