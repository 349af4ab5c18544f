"""Readers of water: what a line says, two figures and perhaps a plant, and asking for what is missing."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, partial
from typing import TypeVar

from conversations import reading
from conversations.prompts import Talk, Unclear, ask, choose, look, said, seek
from core.fold import fold, keyword
from core.people import Caller
from core.plants import Place
from core.text import Text, say, words_in_all
from core.water import places, selling
from core.water.litres import UNITS, read_litres
from core.water.selling import LATE, Sold

V = TypeVar("V")

CHOSEN_FROM = 8
"""From more plants than these one is named by its code, not chosen."""
_DAY = re.compile(r"([0-9]{1,2})(?:/|-)([0-9]{1,2})(?:(?:/|-)([0-9]{2}|[0-9]{4}))?")
_DOTTED = re.compile(r"[0-9]{1,2}\.[0-9]{1,2}")
"""A day where two figures stand before it, `400 800 19.11`; else it is rupees and paise."""
_FIGURE = re.compile(r"(rs\.?|रु\.?)?[-+.]?[0-9]", re.I)


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a line: figures as they were typed, a plant's code or name, and an earlier day."""

    figures: tuple[str, ...]
    plant: str | None
    day: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """The figures that a line said, as they were typed, the plant that it named, and the day."""

    figures: tuple[str, ...]
    place: Place | None
    day: str | None = None

    def figure(self, nth: int) -> str | None:
        return self.figures[nth] if nth < len(self.figures) else None


def read_words(raw: str) -> Words:
    """`400 800`, `400 l Rs 800`, `RAMPUR 400 800 19/11`: two figures, a plant, a day, in any order."""
    words = [word for word in fold(raw).split() if keyword(word) not in UNITS]
    days = [word for word in words if _is_day(word)]
    words = [word for word in words if not _is_day(word)]
    if not days and len(words) > 2 and len([word for word in words if _FIGURE.match(word)]) == 3:
        days = [word for word in words[2:] if _DOTTED.fullmatch(word)][-1:]
        words = [word for word in words if word not in days]
        days = [day.replace(".", "/") for day in days]
    if len(days) > 1:
        raise Unclear(say("water.too_much"))
    figures = tuple(word for word in words if _FIGURE.match(word))
    if len(figures) > 2:
        raise Unclear(say("water.too_much"))
    named = " ".join(word for word in words if not _FIGURE.match(word)) or None
    return Words(figures, named, days[0] if days else None)


def _is_day(word: str) -> bool:
    return bool(_DAY.fullmatch(word)) or keyword(word) in _yesterday()


@lru_cache(maxsize=1)
def _yesterday() -> frozenset[str]:
    return frozenset(map(keyword, words_in_all("water.yesterday_words")))


def sold_day(raw: str) -> Sold | None:
    """A day as people write it, `19/11` or `19-11-2026`; None for yesterday, in a word."""
    typed = fold(raw).strip()
    if keyword(typed) in _yesterday():
        return None
    found = _DAY.fullmatch(typed)
    if found is None:
        raise Unclear(say("water.which_day"))
    year = int(found[3]) if found[3] else None
    return Sold(int(found[1]), int(found[2]), year + 2000 if year and year < 100 else year)


def day_of(typed: str | None) -> Talk[date | None]:
    """The earlier day that a line named; one that can't be is asked for again. None: today."""
    if typed is None:
        return None

    def search(raw: str) -> Talk[date | None]:
        query = partial(selling.meant, said=sold_day(raw))
        return look(f"day-{raw}", query, date | None)

    unknown = say("water.not_then", most=LATE.days)
    return (yield from seek(typed, search, lambda _: unknown, _day_typed))


def _day_typed(raw: str) -> str:
    sold_day(raw)
    return raw


def plant(raw: str) -> str:
    """A plant's code, or its name in either script."""
    named = fold(raw)
    if not re.search(r"[^\W\d_]", named):
        raise Unclear(say("water.unknown", typed=reading.quoted(raw)))
    return named


def litres(raw: str) -> int:
    """Whole litres; none is `000` on a keypad, where `0` goes back."""
    found = read_litres(raw)
    if found is None:
        raise Unclear(say("unclear.litres", typed=reading.quoted(raw)))
    return found


def cash_or_none(raw: str) -> int:
    """Rupees that were taken in cash, in paise; `000` where nothing was."""
    return 0 if re.fullmatch(r"0+(\.0*)?", fold(raw)) else reading.cash(raw)


def kwh_or_none(raw: str) -> int | None:
    """What a kWh counter shows, in Wh, or 1 where nobody looked at it."""
    return None if fold(raw) == "1" else reading.kwh(raw)


def told(caller: Caller, question: Text) -> Talk[Line]:
    """What the line says already; a plant that it names is looked for at once."""
    words = yield from said(question, read_words, whole=True)
    if words is None:
        return Line((), None)
    place = None if words.plant is None else (yield from _named(caller, words.plant))
    return Line(words.figures, place, words.day)


def figure(typed: str | None, question: Text, read: Callable[[str], V]) -> Talk[V]:
    """A figure of the line, or the answer to its question; one that can't be read is asked for again."""
    if typed is None:
        return (yield from ask(question, read))

    def search(raw: str) -> Talk[V | None]:
        yield from ()
        return None if _wrong(raw, read) else read(raw)

    return (yield from seek(typed, search, lambda raw: _wrong(raw, read) or question, fold))


def _wrong(raw: str, read: Callable[[str], object]) -> Text | None:
    try:
        read(raw)
    except Unclear as unclear:
        return unclear.text
    return None


def place_of(caller: Caller, named: Place | None) -> Talk[Place]:
    """The plant that the line named, else the only one of the caller's, else the one that is chosen."""
    if named is not None:
        return named
    query = partial(places.places, staff_id=caller.member.id, limit=CHOSEN_FROM + 1)
    mine: list[Place] = yield from look("places", query, list[Place])
    if len(mine) == 1:
        return mine[0]
    if len(mine) > CHOSEN_FROM:
        return (yield from _named(caller, (yield from ask(say("water.which_code"), plant))))
    chosen = yield from choose(
        say("water.which"), [(one.code, say("water.place", plant=one.label)) for one in mine]
    )
    return next(one for one in mine if one.code == chosen)


def _named(caller: Caller, term: str) -> Talk[Place]:
    """Look for a plant by its code or name until it is one of the caller's."""

    def search(term: str) -> Talk[Place | None]:
        query = partial(places.named, staff_id=caller.member.id, term=term)
        return look(f"place-{term}", query, Place | None)

    def unknown(term: str) -> Text:
        return say("water.unknown", typed=reading.quoted(term))

    return (yield from seek(term, search, unknown, plant))
