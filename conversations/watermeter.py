"""Reading a water unit's two counters, and what a counter that shows less than before means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial

from conversations import reading, waterline
from conversations.prompts import Conversation, Talk, choose, confirm, look
from conversations.waterline import figure, place_of, told
from core.doing import Doing
from core.energy import round_of, units
from core.people import Caller
from core.plants import Place
from core.text import Param, Text, say
from core.water import units as counters
from core.water.litres import litres
from core.water.units import KEPT, Last, Shown, Unit, turn_of


@dataclass(frozen=True, slots=True)
class Counter:
    """One counter (`litres` or `wh`): what it showed last, what had counted before it began, and what now."""

    what: str
    last: int
    day: date
    days: int
    began: int
    now: int

    def written(self, amount: int) -> str:
        return litres(amount) if self.what == "litres" else units(amount)

    @property
    def turn(self) -> int:
        """One whole round of it."""
        return turn_of(self.last) if self.what == "litres" else round_of(self.last)


@dataclass(frozen=True, slots=True)
class Judged:
    """What somebody said of a counter: what counted before it `began`; None: a figure is wrong."""

    began: int | None
    last_wrong: bool = False
    asked: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """What the counters show, against which reading; `asked`: something about it was asked and answered."""

    shown: Shown
    last: Last | None
    asked: bool


def counted(caller: Caller) -> Conversation:
    """Note what the counters show: `WATERMETER 123456 789`, litres and kWh; kWh may be left out."""
    line = yield from told(caller, say("watermeter.line"))
    amount = yield from figure(line.figure(0), say("watermeter.litres"), waterline.litres)
    wh: int | None = None
    if not line.figures or len(line.figures) > 1:
        read_wh = reading.kwh if line.figures else waterline.kwh_or_none
        wh = yield from figure(line.figure(1), say("watermeter.kwh"), read_wh)
    place = yield from place_of(caller, line.place)
    query = partial(counters.unit, plant_id=place.id)
    unit: Unit = yield from look(f"unit-{place.code}", query, Unit)
    placed = yield from _placed(unit, place, amount, wh)
    if placed is None:
        return say("watermeter.not_noted")
    shown = placed.shown
    question = say("watermeter.confirm", plant=place.label, shown=_face(shown))
    if not placed.asked and not (yield from confirm(question, undoable=True)):
        return say("watermeter.not_noted")

    def note(doing: Doing) -> Text:
        if not counters.note(doing, shown):
            return say("watermeter.same", plant=place.label, shown=_face(shown))
        return say("nav.lines", lines=tuple(_noted(shown, placed.last, place)))

    return note


def _placed(unit: Unit, place: Place, amount: int, wh: int | None) -> Talk[Placed | None]:
    """Against the newest reading that is right; None: what was typed is a slip of the hand."""
    wrong: list[int] = []
    for last in unit.last:
        may_be_wrong = len(wrong) < KEPT - 1
        one = Counter("litres", last.litres, last.day, last.days, last.before_litres, amount)
        made = yield from _judged(unit, one, may_be_wrong)
        if made.began is None and not made.last_wrong:
            return None
        power = Judged(last.before_wh)
        if wh is not None and last.wh is not None and last.power_day is not None and not made.last_wrong:
            other = Counter("wh", last.wh, last.power_day, last.power_days, last.before_wh, wh)
            power = yield from _judged(unit, other, may_be_wrong)
        if made.last_wrong or power.last_wrong:
            wrong.append(last.id)
            continue
        if made.began is None or power.began is None:
            return None
        shown = Shown(place.id, last.id, amount, made.began, wh, power.began, tuple(wrong))
        return Placed(shown, last, bool(wrong) or made.asked or power.asked)
    return Placed(Shown(place.id, None, amount, 0, wh, 0, tuple(wrong)), None, bool(wrong))


def _judged(unit: Unit, one: Counter, may_be_wrong: bool) -> Talk[Judged]:
    """What a counter's figure means: asked where it is far above the last one or below it."""
    figures: dict[str, Param] = {
        "now": one.written(one.now),
        "last": one.written(one.last),
        "day": one.day,
    }
    used = one.now - one.last
    if used >= 0:
        if not unit.unlikely(one.what, used, one.days):
            return Judged(one.began)
        question = say(f"watermeter.jump_{one.what}", used=one.written(used), **figures)
        right = yield from confirm(question)
        return Judged(one.began if right else None, asked=True)
    options = [
        ("new", say("watermeter.new")),
        ("turned", say("watermeter.turned")),
        *([("wrong", say("watermeter.wrong"))] if may_be_wrong else []),
        ("typed", say("watermeter.typed")),
    ]
    how = yield from choose(say(f"watermeter.less_{one.what}", **figures), options)
    began = {"new": one.began + one.last, "turned": one.began + one.turn}
    return Judged(began.get(how), last_wrong=how == "wrong", asked=True)


def _noted(shown: Shown, last: Last | None, place: Place) -> list[Text]:
    """What was kept, what was made and used since the last reading, and how to correct it."""
    lines = [say("watermeter.noted", plant=place.label, shown=_face(shown))]
    if last is None:
        lines.append(say("watermeter.first"))
    else:
        made = shown.before_litres + shown.litres - last.before_litres - last.litres
        lines.append(say("watermeter.made", day=last.day, litres=litres(made)))
        if shown.wh is not None and last.wh is not None and last.power_day is not None:
            used = shown.before_wh + shown.wh - last.before_wh - last.wh
            lines.append(_used(used, made, last.power_day, same_day=last.power_day == last.day))
    return [*lines, say("watermeter.again")]


def _used(wh: int, made: int, day: date, *, same_day: bool) -> Text:
    if not same_day or not made:
        return say("watermeter.used", day=day, kwh=units(wh))
    return say("watermeter.used_each", day=day, kwh=units(wh), each=units(round(wh / made * 10) * 100))


def _face(shown: Shown) -> Text:
    """Both counters, or the one that was read."""
    if shown.wh is None:
        return say("watermeter.face", litres=litres(shown.litres))
    return say("watermeter.faces", litres=litres(shown.litres), kwh=units(shown.wh))
