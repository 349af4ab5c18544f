"""Walks through every conversation by USSD: who dials, and what is pressed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.play import Handset, Play

CUSTOMER, TWO_LINES, COLLECTOR, BOTH, STRANGER, OTHER_STRANGER = (
    "+919800000001",  # no language yet, one connection
    "+919800000004",  # English, two connections
    "+919800000002",  # English, collector of the same plant
    "+919800000062",  # a collector with a connection of her own
    "+919800000009",  # unknown
    "+919800000010",
)
PALASI_COLLECTOR = "+919800000040"
CODE = "the code"
"""A key that stands for the one-time code that went to the phone on record."""


@dataclass(frozen=True)
class Walk:
    """One caller's keys; `yes` counts those that say yes to a Confirm."""

    phone: str
    keys: tuple[str, ...]
    yes: int = 0

    def on(self, play: Play, session: str) -> Handset:
        """A handset to do it with, in a session of its own."""
        return Handset(play, self.phone, f"ATUid_{session}")

    @property
    def presses(self) -> tuple[str, ...]:
        """Dialling, which is no key, and the keys."""
        return ("", *self.keys)


WALKS: dict[str, Walk] = {
    "first call, what I owe": Walk(CUSTOMER, ("3", "1")),
    "another language": Walk(CUSTOMER, ("7", "1")),
    "payments": Walk(CUSTOMER, ("2",)),
    "fault with a note": Walk(CUSTOMER, ("3", "2", "since last night")),
    "fault without a note": Walk(CUSTOMER, ("3", "3", "1")),
    "danger": Walk(CUSTOMER, ("3", "1")),
    "faults": Walk(CUSTOMER, ("4",)),
    "package of one of two": Walk(TWO_LINES, ("5", "2")),
    "receipt again": Walk(CUSTOMER, ("6",)),
    "help": Walk(CUSTOMER, ("8", "98")),
    "back, home and unclear": Walk(CUSTOMER, ("3", "0", "77", "3", "00", "1")),
    "pay": Walk(COLLECTOR, ("1", "120457", "300", "1"), yes=1),
    "pay, many slips": Walk(COLLECTOR, ("1", "120458", "120457", "-5", "300", "1"), yes=1),
    "pay, but no": Walk(COLLECTOR, ("1", "120457", "300", "2")),
    "undo": Walk(COLLECTOR, ("2", "1"), yes=1),
    "undo, but no": Walk(COLLECTOR, ("2", "2")),
    "find": Walk(COLLECTOR, ("3", "mohan", "2")),
    "dues in pages": Walk(PALASI_COLLECTOR, ("4", "98", "98", "0", "98")),
    "cash": Walk(COLLECTOR, ("5",)),
    "her own connection": Walk(BOTH, ("6", "1")),
    "link": Walk(STRANGER, ("1", "1", "120457", "000000", CODE)),
    "new connection": Walk(OTHER_STRANGER, ("1", "2", "Ravi Kumar", "Rampur")),
}
"""In this order, one after the other: some need what an earlier one did."""

EFFECTS = (
    "SELECT kind, count(*) FROM entry GROUP BY kind",
    "SELECT kind, topic, count(*) FROM request GROUP BY kind, topic",
    "SELECT kind, recipient, count(*) FROM outbox GROUP BY kind, recipient",
    "SELECT count(*), sum(attempts) FROM one_time_code",
    "SELECT action, count(*) FROM audit GROUP BY action",
    "SELECT e164, language FROM phone",
    "SELECT connection_id, e164 FROM connection_phone",
    "SELECT kind, connection_id, staff_id, balance_paise FROM account",
    "SELECT number FROM receipt",
)


def effects(play: Play) -> list[list[str]]:
    """All that a talk can change, in a form that can be compared."""
    reader = play.services.database.reader
    return [sorted(map(repr, reader.rows(each, {}))) for each in EFFECTS]


def press(play: Play, handset: Handset, key: str) -> str:
    """Press a key, or dial when there is none yet; gives the whole answer with CON or END."""
    if key == CODE:
        key = sent_code(play)
    screen = handset.press(key) if key else handset.send()
    return ("END " if handset.ended else "CON ") + screen


def again(handset: Handset) -> str:
    """The gateway repeats its last request."""
    screen = handset.send()
    return ("END " if handset.ended else "CON ") + screen


def sent_code(play: Play) -> str:
    """The code in the newest message that carries one."""
    body = play.scalar("SELECT body FROM outbox WHERE kind = 'code' ORDER BY id DESC LIMIT 1")
    found = re.search(r"\d{6}", str(body))
    assert found, body
    return found[0]
