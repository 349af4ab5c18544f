"""Readers of lists: many payments or readings in one text, each line good or wrong for itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from conversations import reading
from conversations.prompts import Unclear
from core.fold import fold
from core.ids import LONGEST, SHORTEST, read_number
from core.lists import Item
from core.reading_lists import Row
from core.text import Text, say

MOST_ITEMS = 30
_BREAK = re.compile(r"[;\n\r]+|,(?=\s|$)|,(?=\d{5})")
"""Between the lines of a list; the commas within 1,23,456 are none."""
_RUNNING = re.compile(r"\s*#\s*([0-9]{1,9})\s+")

Entry = TypeVar("Entry", Item, Row)


@dataclass(frozen=True, slots=True)
class Listed(Generic[Entry]):
    """A list in one text; `running` is its sender's own number for it, `body` tells two lists apart."""

    running: int | None
    items: list[Entry]
    body: str


def payment_list(raw: str) -> Listed[Item]:
    """Lines of connection and rupees, one after the other, with `#12` before them or not."""
    return _list(raw, _item, "unclear.list")


def reading_list(raw: str) -> Listed[Row]:
    """Lines of connection and kWh; the running numbers are those of all lists of its sender."""
    given = _list(raw, _row, "unclear.reading_list")
    return replace(given, body=f"READ {given.body}")


def _list(raw: str, read: Callable[[str], Entry], unclear: str) -> Listed[Entry]:
    numbered = _RUNNING.match(raw)
    pieces = [fold(piece) for piece in _BREAK.split(raw[numbered.end() :] if numbered else raw)]
    items = [read(piece) for piece in pieces if piece]
    if not items or all(item.wrong is not None for item in items):
        raise Unclear(say(unclear))
    if len(items) > MOST_ITEMS:
        raise Unclear(say("unclear.long_list", most=MOST_ITEMS))
    return Listed(
        int(numbered[1]) if numbered else None, items, "; ".join(piece for piece in pieces if piece)
    )


def _item(piece: str) -> Item:
    """One payment of a list, or what is wrong with it."""
    number, _, rupees = piece.partition(" ")
    try:
        return Item(reading.connection_number(number), reading.cash(rupees))
    except Unclear:
        return Item(wrong=_mistyped(number) or say("batch.bad", typed=piece[:20]))


def _row(piece: str) -> Row:
    """One reading of a list, or what is wrong with it."""
    number, _, shown = piece.partition(" ")
    try:
        return Row(reading.connection_number(number), reading.kwh(shown))
    except Unclear:
        return Row(wrong=_mistyped(number) or say("readlist.bad", typed=piece[:20]))


def _mistyped(number: str) -> Text | None:
    """What to say of a connection number with a wrong digit in it; None where it is no number at all."""
    looks = number.isascii() and number.isdigit() and SHORTEST <= len(number) <= LONGEST
    return say("batch.unknown", number=number) if looks and read_number(number) is None else None


def is_list(raw: str) -> bool:
    """Whether what follows PAY or READ is a list rather than one line."""
    return len([piece for piece in _BREAK.split(raw) if piece.strip()]) > 1
