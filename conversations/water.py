"""Water that a plant sells: a sale, taking it back, and what a month comes to."""

from __future__ import annotations

from datetime import date
from functools import partial

from conversations import scope, waterline
from conversations.prompts import Conversation, confirm, look, said
from conversations.waterline import day_of, figure, place_of, told
from core import floats
from core.collecting import Last
from core.doing import Doing
from core.energy import units
from core.money import Money
from core.people import Caller
from core.plants import Place
from core.text import Param, Text, say
from core.water import months as by_month
from core.water import selling
from core.water.litres import litres, per_cent
from core.water.months import Month, PlantWater
from core.water.selling import Day, Usual, per_litre


def sell(caller: Caller) -> Conversation:
    """Note litres that were sold for cash: `WATER 400 800`, `WATER 400 800 19/11`; what is odd is asked."""
    me = caller.member
    line = yield from told(caller, say("water.line"))
    on = yield from day_of(line.day)
    amount = yield from figure(line.figure(0), say("water.litres"), waterline.litres)
    question = say("water.rupees", litres=litres(amount))
    paise = yield from figure(line.figure(1), question, waterline.cash_or_none)
    if not amount and not paise:
        return say("water.nothing")
    place = yield from place_of(caller, line.place)
    query = partial(selling.usual, plant_id=place.id)
    usual: Usual = yield from look(f"usual-{place.code}", query, Usual)
    how = "large" if paise > me.cash_limit_paise else usual.unlikely(amount, paise)
    sold: dict[str, Param] = {"litres": litres(amount), "amount": Money(paise), "plant": _then(place, on)}
    prices: dict[str, Param] = {"price": _price(per_litre(paise, amount)), "usual": _price(usual.price)}
    question = say(f"water.confirm_{how}" if how else "water.confirm", **sold, **(prices if how else {}))
    if not (yield from confirm(question, undoable=not how and on is None)):
        return say("water.not_noted")

    def note(doing: Doing) -> Text:
        day = selling.sell(doing, place.id, amount, paise, on)
        words = say("water.sold" if on is None else "water.sold_late", **sold, **_of(day))
        return say("nav.lines", lines=(words, *floats.warning(doing, me.id)))

    return note


def _then(place: Place, on: date | None) -> Param:
    """A plant, and the day where it was not today."""
    return place.label if on is None else say("water.then", plant=place.label, day=on)


def undo(last: Last, sold: int) -> Conversation:
    """Take the last sale back, which UNDO found to be the newest that its collector entered."""
    what: dict[str, Param] = {"litres": litres(sold), "amount": Money(last.amount_paise), "plant": last.label}
    if not (yield from confirm(say("water.undo", **what), undoable=True)):
        return say("undo.kept")
    sale_id = last.id

    def take_back(doing: Doing) -> Text:
        return say("water.undone", **what, **_of(selling.undo(doing, sale_id)))

    return take_back


def _of(day: Day) -> dict[str, Param]:
    return {"today": litres(day.litres), "sum": Money(day.paise), "held": Money(day.held_paise)}


def _price(paise: int | None) -> Param:
    return "-" if paise is None else Money(paise)


def months(caller: Caller) -> Conversation:
    """A month of each plant's water beside the month before: `WATERS`, `WATERS 2026-10`, `WATERS RAMPUR`."""
    asked = yield from said(say("waters.which"), scope.plant_and_month, whole=True)
    plant, month = asked or (None, None)
    query = partial(by_month.months, staff_id=caller.member.id, month=month, plant=plant)
    found: list[PlantWater] = yield from look("waters", query, list[PlantWater], fresh=True)
    if not found:
        return say("waters.none_then" if asked else "waters.none")
    return say("nav.lines", lines=tuple(line for one in found for line in _plant(one)))


def _plant(one: PlantWater) -> list[Text]:
    """A plant in a few lines; each has the month before in brackets, and none is there without a figure."""
    now, before = one.month, one.before
    lines = [say("waters.plant", plant=one.label, month=f"{now.first:%m/%Y}")]
    if now.made is not None and now.read_on is not None:
        lines.append(say("waters.made", litres=litres(now.made), day=now.read_on, before=_made(before)))
    elif before.made is not None:
        lines.append(say("waters.not_read", before=_made(before)))
    figures: dict[str, Param] = {"before": litres(before.sold), "amount_before": Money(before.paise)}
    lines.append(say("waters.sold", litres=litres(now.sold), amount=Money(now.paise), **figures))
    if now.price is not None:
        lines.append(say("waters.price", price=Money(now.price), before=_price(before.price)))
    if now.lost is not None:
        lines.append(say("waters.lost", share=_lost(now), before=_lost(before)))
    if now.wh is not None:
        each, each_before = _each(now), _each(before)
        power: dict[str, Param] = {"each": each, "each_before": each_before}
        kwh_before = "-" if before.wh is None else units(_rounded(before.wh))
        lines.append(say("waters.power", kwh=units(_rounded(now.wh)), before=kwh_before, **power))
    return lines


def _made(month: Month) -> str:
    return "-" if month.made is None else litres(month.made)


def _lost(month: Month) -> Param:
    """The share that was made and not sold, in words where it is below nothing."""
    if month.lost is None:
        return "-"
    share = per_cent(abs(month.lost))
    return say("waters.over", share=share) if month.lost < 0 else share


def _each(month: Month) -> str:
    """kWh for a thousand litres."""
    return "-" if month.wh_per_kilolitre is None else units(_rounded(month.wh_per_kilolitre))


def _rounded(wh: int) -> int:
    """To a tenth of a kWh: a month needs no more."""
    return (wh + 50) // 100 * 100
