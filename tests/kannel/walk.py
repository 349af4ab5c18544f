"""A real Kannel on this machine: bearerbox, smsbox and fakesmsc, which stands in for the operator."""

from __future__ import annotations

import re
import shutil
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from urllib.parse import quote_from_bytes, unquote_to_bytes

from ops.child import Child, start
from tests.service import free_port, listens, until

TEMPLATE = Path(__file__).parents[2] / "ops" / "kannel" / "kannel.conf"
PROGRAMS = {
    "bearerbox": ("bearerbox", "/usr/sbin/bearerbox"),
    "smsbox": ("smsbox", "/usr/sbin/smsbox"),
    "fakesmsc": ("fakesmsc", "/usr/lib/kannel/test/fakesmsc"),
}
SERVICE_NUMBER = "56161"
GOT = re.compile(r"Got message \d+: <\S+ (\S+) (?:udh (\S+) )?(text|data|ucs-2) (.*)>$")
"""A line of fakesmsc's log: phone, header of a part, kind, body."""
FIRST_PART = "%01"
"""How the header of a long message's first part ends."""


def program(name: str) -> str | None:
    """Where a program of Kannel is, if it is."""
    return next((found for each in PROGRAMS[name] if (found := shutil.which(each))), None)


def missing() -> list[str]:
    """The programs of Kannel that this machine lacks."""
    return [name for name in PROGRAMS if program(name) is None]


@dataclass
class Walk:
    """Kannel between the phones of an operator and our webhooks at `url`."""

    folder: Path
    url: str
    secret: str
    children: list[Child] = field(default_factory=list)
    smsc_port: int = field(default_factory=free_port)
    sendsms_port: int = field(default_factory=free_port)
    _phones: Child | None = None

    def start(self) -> None:
        smsbox_port = free_port()
        configuration = self.folder / "kannel.conf"
        configuration.write_text(
            Template(TEMPLATE.read_text()).substitute(
                admin_port=free_port(),
                smsbox_port=smsbox_port,
                smsc_port=self.smsc_port,
                sendsms_port=self.sendsms_port,
                username="bijli",
                password="password",
                folder=self.folder,
                url=self.url,
                secret=self.secret,
            )
        )
        for name, port in (("bearerbox", smsbox_port), ("smsbox", self.sendsms_port)):
            self._run(name, [str(configuration)])
            until(lambda port=port: listens(port), f"{name} on port {port}")  # type: ignore[misc]  # its default

    def stop(self) -> None:
        for child in reversed(self.children):
            child.stop(patience=1.0)

    def _run(self, name: str, arguments: Sequence[str]) -> Child:
        path = program(name)
        assert path is not None
        child = start(name, [path, *arguments], log=self.folder / f"{name}.out", halt=signal.SIGTERM)
        self.children.append(child)
        return child

    def text(self, phone: str, words: str) -> None:
        """A phone sends a text; Devanagari goes as UCS-2. The operator then stays to take what comes back."""
        body = f"text {words}" if words.isascii() else f"ucs2 {quote_from_bytes(words.encode('utf-16-be'))}"
        if self._phones is not None:
            self._phones.stop()  # the fake operator's port takes one caller at a time
        message = f"{phone} {SERVICE_NUMBER} {body}"
        self._phones = self._run(
            "fakesmsc", ["-H", "127.0.0.1", "-r", str(self.smsc_port), "-m", "1", message]
        )

    def arrived(self) -> list[tuple[str, str]]:
        """What arrived at phones so far: number and words, the parts of long messages put together."""
        output = self.folder / "fakesmsc.out"
        if not output.exists():
            return []
        found: list[tuple[str, str]] = []
        for line in output.read_bytes().decode("utf-8", "replace").splitlines():
            match = GOT.search(line)
            if match is None:
                continue
            phone, part, kind, body = match.groups()
            if part and not part.endswith(FIRST_PART):
                found[-1] = (phone, found[-1][1] + _words(kind, body))
            else:
                found.append((phone, _words(kind, body)))
        return found


def _words(kind: str, body: str) -> str:
    """What stands on the phone's screen; in a part of a long message only its bytes show the alphabet."""
    if kind == "text":
        return body
    raw = unquote_to_bytes(body.replace("+", " "))
    return raw.decode("utf-16-be" if kind == "ucs-2" or b"\0" in raw else "utf-8")
