"""A handset: it dials, texts and receives through the real webhooks of the running service."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import urlencode

import urllib3

from channels.phone import contracts

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
RULE = "-" * 30
Message: TypeAlias = dict[str, Any]
"""What the service tells of a message: id, kind, language, text, and when in ISO form (at)."""


class NoService(Exception):
    """The service does not answer as it should. Its message is one line."""


@dataclass
class Handset:
    """One phone number at one running service."""

    number: str
    base: str
    secret: str
    code: str
    show: Callable[[str], None]
    pool: urllib3.PoolManager = field(
        default_factory=lambda: urllib3.PoolManager(retries=False, timeout=30.0)
    )

    def dial(self, keys: Sequence[str], dialled: str = "") -> Dialling:
        """Dial the service code (or `dialled`), press the keys one after another, show every screen."""
        talk = Dialling(self, dialled or self.code)
        talk.open()
        for number, key in enumerate(keys):
            if talk.over:
                self.show(f"(not pressed any more: {' '.join(keys[number:])})")
                break
            talk.press(key)
        return talk

    def text(self, words: str) -> None:
        """Send one SMS to the service."""
        form = contracts.sms(secrets.token_hex(12), self.number, words)
        self.post(f"/sms/africastalking/{self.secret}", form)
        self.show(f"you: {words}")

    def inbox(self) -> list[Message]:
        """Every message that reached this number, newest last."""
        messages: list[Message] = json.loads(self._ask("GET", f"/phone/{self.number}/inbox"))
        return messages

    def post(self, path: str, form: Mapping[str, str]) -> str:
        return self._ask("POST", path, form)

    def _ask(self, method: str, path: str, form: Mapping[str, str] | None = None) -> str:
        try:
            answer = self.pool.request(
                method,
                self.base + path,
                body=urlencode(form) if form else None,
                headers=FORM if form else None,
            )
        except urllib3.exceptions.HTTPError:
            raise NoService(
                f"no service answers at {self.base}: is it running? Start it with 'make demo'"
            ) from None
        if answer.status >= 300:
            place = path.replace(self.secret, "…")
            raise NoService(f"the service answered {answer.status} to {method} {place}")
        return answer.data.decode("utf-8")


@dataclass
class Dialling:
    """One USSD talk, as the network carries it: every request repeats all keys so far."""

    handset: Handset
    dialled: str
    over: bool = False
    session: str = field(default_factory=lambda: "ATUid_" + secrets.token_hex(16))
    keys: list[str] = field(default_factory=list)
    last: str = ""
    hops: int = 0

    def open(self) -> None:
        """Dial; what follows the service code in `*384*77*1#` counts as keys already pressed."""
        base = self.handset.code.rstrip("#")
        suffix = self.dialled.rstrip("#").removeprefix(base).strip("*")
        self.keys = suffix.split("*") if suffix else []
        self._hop()

    def press(self, key: str) -> None:
        """Type a key or free text and send it."""
        self.handset.show(f"> {key}")
        self.keys.append(key)
        self._hop()

    def hang_up(self) -> None:
        """End a talk from our side."""
        if not self.over:
            self._end("Incomplete")

    def _hop(self) -> None:
        self.last = self.handset.post(self._path(), self._step())
        self.hops += 1
        kind, _, screen = self.last.partition(" ")
        if kind not in ("CON", "END"):
            self._end("Failed")
            raise NoService(f"neither CON nor END came, but: {self.last[:60]!r}")
        self.handset.show(f"{RULE}\n{screen}\n{RULE}")
        if kind == "END":
            self._end("Success")

    def _end(self, status: str) -> None:
        """Tell the service that the network closed the talk."""
        self.over = True
        notice = contracts.ussd_end(self._step(), status, self.hops, self.last)
        self.handset.post(f"{self._path()}/ended", notice)

    def _path(self) -> str:
        return f"/ussd/africastalking/{self.handset.secret}"

    def _step(self) -> dict[str, str]:
        handset = self.handset
        return contracts.ussd_step(self.session, handset.number, handset.code, self.keys)
