"""The walk by SMS: every role and kind of caller, three languages; and what all walks together say."""

from __future__ import annotations

import re

import pytest

from core import text as words
from tests.conftest import Servers
from tests.talks.unsaid import OUTBOUND, UNSAID
from tests.talks.walking import (
    CALLERS,
    STRANGERS,
    choose_a_language,
    walk_all,
    walk_in_every_language,
    walking,
)

pytestmark = pytest.mark.long

CHANNEL = "sms"

ENOUGH = (
    ("one connection", "ussd"),
    ("two connections", "sms"),
    ("technician with a connection", "ussd"),
    ("in-charge", "sms"),
    ("technician", "sms"),
    ("technician with a connection", "sms"),
    ("technician of an empty plant", "ussd"),
    ("unknown", "sms"),
)
"""Walks that together say all there is to say."""


@pytest.fixture(scope="module")
def heard() -> dict[str, set[str]]:
    """What the English walks by SMS have said so far, by the kind of caller."""
    return {}


@pytest.mark.parametrize("kind", CALLERS)
def test_every_option_in_every_language(
    servers: Servers, stage: str, kind: str, heard: dict[str, set[str]]
) -> None:
    heard[kind] = walk_in_every_language(servers, stage, CHANNEL, kind)["en"]


@pytest.mark.parametrize("kind", STRANGERS)
def test_a_caller_without_a_language_chooses_one_and_goes_on_in_it(
    servers: Servers, stage: str, kind: str
) -> None:
    choose_a_language(servers, stage, CHANNEL, kind)


def test_every_key_is_said_somewhere(servers: Servers, stage: str, heard: dict[str, set[str]]) -> None:
    """Words that nothing says are no longer kept right by anybody."""
    said = set(UNSAID)
    for kind, channel in ENOUGH:
        with walking(servers, stage, channel, kind, "en") as walk:
            if walk.caller.lines:
                walk.stops("status")
            if walk.caller.staff:
                walk.stops("totals")
                walk.stops("waters")  # before any is sold
                walk.stops("check")  # before READ of the same day takes them off the lists
                walk.stops("toread")
            if channel != CHANNEL or kind not in heard:  # else the test above has walked just this
                walk_all(walk)
        said |= walk.watch.keys | (heard.get(kind, set()) if channel == CHANNEL else set())
    kept = {
        key
        for key in words.all_keys("en")
        # A balance is due, clear or ahead: test_budgets.py renders all three.
        if not key.startswith((*OUTBOUND, "commands.", "brand.", "request.", "card.status_"))
        and not key.endswith("_words")
    }
    missing = {_standing(key) for key in kept} - {_standing(key) for key in said}
    assert not missing, ", ".join(sorted(missing))


def _standing(key: str) -> str:
    return re.sub(r"([._])(due|clear|ahead)$", r"\1standing", key)
