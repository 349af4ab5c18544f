"""JSON over HTTP to a service of smart meters, and what its answers mean for a command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
import urllib3

from channels.http import CONNECT_SECONDS, NO_ANSWER, READ_SECONDS, judge_error, judge_status
from channels.message import Later, Never, Paused, Unsure
from channels.meters.driver import MeterTrouble

NOT_JSON = Unsure("no JSON")
"""Some other program answered, a proxy's error page for one."""
LARGEST_ANSWER = 32 * 1024 * 1024
Failed = Later | Unsure | Never | Paused
Shape = TypeVar("Shape")


@dataclass(frozen=True, slots=True)
class Answer:
    """A status that is no server's trouble, with its body."""

    status: int
    body: bytes

    def read(self, shape: type[Shape]) -> Shape | None:
        """The body as this shape; None when it is something else."""
        try:
            return msgspec.json.decode(self.body, type=shape)
        except msgspec.MsgspecError:
            return None


class Service:
    """One provider's API under one address; a request is made once, never repeated by itself."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        self._url = url.rstrip("/")
        self._headers = {"Accept": "application/json", **headers}
        self._http = urllib3.PoolManager(
            retries=False, timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
        )

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Answer | Failed:
        """One request; 2xx and those 4xx that are about this request come back as an Answer."""
        headers = {**self._headers, "Content-Type": "application/json"} if body is not None else self._headers
        data = msgspec.json.encode(body) if body is not None else None
        try:
            got = self._http.request(
                method, self._url + path, body=data, headers=headers, redirect=False, preload_content=False
            )
            try:
                content = got.read(LARGEST_ANSWER)
            finally:
                got.release_conn()
        except urllib3.exceptions.HTTPError as error:
            failed = judge_error(error)
            return failed if isinstance(failed, Later | Unsure) else Unsure(NO_ANSWER)
        if got.status in (401, 403, 429) or got.status >= 500 or 300 <= got.status < 400:
            failed = judge_status(got.status)
            return failed if isinstance(failed, Later | Paused) else Unsure(f"HTTP {got.status}")
        return Answer(got.status, content)

    def get(self, path: str, shape: type[Shape]) -> Shape:
        """Read something for sure; MeterTrouble when that is not to be had now."""
        got = self.ask("GET", path)
        if isinstance(got, Paused):
            raise MeterTrouble("login refused", got.reason)
        if not isinstance(got, Answer):
            silent = got.reason in (NO_ANSWER, "no connection")
            raise MeterTrouble(got.reason, "silent" if silent else None)
        found = got.read(shape) if got.status == 200 else None
        if found is None:
            raise MeterTrouble(f"HTTP {got.status}, not what was asked for")
        return found
