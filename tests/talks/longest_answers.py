"""The longest answers of talks, staff's and customers'."""

from __future__ import annotations

from core.text import Param, say
from core.work.rules import Kind
from tests.talks.longest import (
    AMOUNT,
    BALANCE,
    DAY,
    HELPLINE,
    MOMENT,
    NAME,
    NUMBER,
    PHONE,
    RECEIPT,
    RECEIPT_CODE,
    REQUEST,
    SITE,
    STANDINGS,
    thing,
)

_SHOWN: dict[str, Param] = {
    "receipt": RECEIPT,
    "amount": AMOUNT,
    "number": NUMBER,
    "code": RECEIPT_CODE,
}

_TO: dict[str, Param] = {"name": NAME, "number": NUMBER}

KWH = "999999.999"

_READ: dict[str, Param] = {"shown": KWH, "last": KWH, "used": KWH, "day": DAY}

READING_ANSWERS = [
    *(say(f"read.{how}", **_READ, **_TO) for how in ("taken", "still", "first", "same")),
    *(say(f"read.{how}", number=NUMBER) for how in ("not_noted", "lower", "higher", "billed", "future")),
    say("read.number"),
    say("read.unknown", number=NUMBER),
    say("read.elsewhere", number=NUMBER, plant="Bhuvaneshwari Kumari Dev"),
    say("read.no_meter", number=NUMBER),
    say("read.kwh", last=KWH, day=DAY, **_TO),
    say("read.kwh_first", **_TO),
    *(say(f"unread.{how}", shown=KWH, **_TO) for how in ("nothing", "kept", "done", "too_late")),
    say("meter.closing", number=NUMBER),
    say("meter.new_number"),
    say("meter.opening", meter="X" * 20),
    say("meter.done", meter="X" * 20, **_TO),
    say("meter.not_changed"),
    say("readings.none", number=NUMBER),
    say("toread.none"),
    say("readlist.what"),
    say("readlist.jump", shown=KWH, last=KWH, number=NUMBER),
    say("readlist.much", shown=KWH, number=NUMBER),
    say("readlist.lower", shown=KWH, last=KWH, number=NUMBER),
    say("unclear.reading_list"),
]

_WATER: dict[str, Param] = {"plant": NAME, "litres": "99,999", "amount": AMOUNT}
_COUNTED: dict[str, Param] = {
    "plant": NAME,
    "shown": say("watermeter.faces", litres="99,99,999", kwh="99999.9"),
}

COUNTED = say(
    "nav.lines",
    lines=(
        say("watermeter.noted", **_COUNTED),
        say("watermeter.made", day=DAY, litres="99,999"),
        say("watermeter.used_each", kwh="999.9", each="999.9"),
        say("watermeter.again"),
    ),
)

WATER_ANSWERS = [
    say("water.sold", today="99,999", sum=AMOUNT, held=AMOUNT, **_WATER),
    say("water.undone", today="99,999", sum=AMOUNT, held=AMOUNT, **_WATER),
    *(say(f"water.{how}") for how in ("line", "litres", "nothing", "which_code", "not_noted", "not_yours")),
    *(say(f"water.{how}") for how in ("too_late", "too_much", "which_day")),
    say("water.not_then", most=7),
    say("water.rupees", litres="99,99,999"),
    say("water.unknown", typed="Bhuvaneshwa."),
    say("unclear.litres", typed="Bhuvaneshwa."),
    *(say(f"watermeter.{how}") for how in ("line", "litres", "kwh", "not_noted", "moved")),
    say("watermeter.same", **_COUNTED),
    say("waters.none"),
    say("waters.none_then"),
    say("cash.water", litres="99,99,999", amount=AMOUNT),
]

STAFF_ANSWERS = [
    *WATER_ANSWERS,
    *READING_ANSWERS,
    *(say(f"pay.taken_{how}", amount=AMOUNT, receipt=RECEIPT, balance=BALANCE, **_TO) for how in STANDINGS),
    *(say(f"undo.done_{how}", amount=AMOUNT, balance=BALANCE, **_TO) for how in STANDINGS),
    *(say(f"pay.amount_{how}", dues=BALANCE, **_TO) for how in STANDINGS),
    *(say(f"join.{how}", number=NUMBER, name=NAME, deposit=AMOUNT) for how in ("done", "done_deposit")),
    *(say(f"leave.noted_{how}", days=60, name=NAME) for how in ("all", "some", "none", "nothing")),
    *(
        say(f"work.did_done_{how}", request=REQUEST, what=say("fault.kind.danger"))
        for how in ("asked", "unasked")
    ),
    *(say(f"closing.{how}", request=REQUEST) for how in ("code", "wrong", "dead", "right", "none")),
    *(say(f"work.{how}", request=REQUEST) for how in ("not_alone", "code_not_yours")),
    say("join.meter"),
    say("join.by_sheet", request=REQUEST),
    say("new.phone"),
    say("new.for_name"),
    say("new.written", request=REQUEST, name=NAME),
    say("new.known_for", request=REQUEST),
    *(say(f"progress.{how}", request=REQUEST) for how in ("placed", "placed_already", "none")),
    *(
        say("work.health_rated", faults=999, mended=999, hours="999.9", stars="4.5"),
        say(
            "work.report_row_rated", plant=NAME, open=999, overdue=999, done=9999, hours="999.9", stars="4.5"
        ),
    ),
    *(say(f"fault.{how}", request=REQUEST, number=NUMBER) for how in ("for", "for_known")),
    say("note.which"),
    say("note.unknown", note="1000006"),
    say("note.sent", note="1000006", name=NAME),
    say("note.answered", note="1000006", name=NAME),
    say("note.ended", note="1000006"),
    say("note.over", note="1000006", phone=PHONE),
    say("note.unreachable", phone=PHONE),
    say("pay.number"),
    say("pay.unknown", number=NUMBER),
    say("pay.elsewhere", number=NUMBER, plant="Bhuvaneshwari Kumari Dev"),
    say("pay.not_yours", number=NUMBER),
    say("pay.too_large", most=AMOUNT),
    say("pay.not_taken"),
    say("undo.nothing"),
    say("undo.too_late"),
    say("undo.kept"),
    say("cash.held", held=BALANCE, payments=999, today=BALANCE),
    say("find.none", term="Bhuvaneshwa."),
    say("totals.none"),
    say("excuse.number"),
    say("excuse.days"),
    say("excuse.not_done"),
    *(say(f"waive.{how}", number=NUMBER) for how in ("not_you", "none", "which")),
    *(say(f"waive.{how}", amount=AMOUNT, **_TO) for how in ("why", "done")),
    say("excuse.done", number=NUMBER, until=MOMENT),
    say("excuse.none", number=NUMBER),
    say("excuse.not_you"),
    say("meters.none"),
    say("flags.none"),
    *(say(f"sendlink.{how}", amount=AMOUNT, last="001", **_TO) for how in ("coming", "sent_today")),
    say("sendlink.no_phone"),
    say("sendlink.closed"),
]

QUESTIONS = [
    say("pay.confirm", amount=AMOUNT, **_TO),
    say("pay.confirm_large", amount=AMOUNT, **_TO),
    say("pay.confirm_closed", amount=AMOUNT, **_TO),
    say("undo.confirm", amount=AMOUNT, **_TO),
    say("excuse.confirm", days=60, **_TO),
    say("read.confirm", shown=KWH, **_TO),
    say("unread.confirm", shown=KWH, **_TO),
    say("water.confirm", **_WATER),
    say("water.undo", **_WATER),
    say("watermeter.confirm", **_COUNTED),
]

CUSTOMER_ANSWERS = [
    *(
        say(
            "nav.lines",
            lines=(
                say(f"owed.{how}", number=NUMBER, amount=BALANCE),
                say("owed.bill", amount=AMOUNT, day=DAY, due=DAY),
                say("owed.paid", amount=AMOUNT, day=DAY),
            ),
        )
        for how in STANDINGS
    ),
    say("bill.none", number=NUMBER),
    say("later.days", number=NUMBER, amount=BALANCE, most=10),
    say("later.confirm", number=NUMBER, amount=BALANCE, day=DAY),
    say("later.noted", number=NUMBER, amount=BALANCE, day=DAY),
    say("later.twice", number=NUMBER, helpline=HELPLINE),
    say("later.not_yours", number=NUMBER),
    *(
        say("nav.lines", lines=(say(f"note.{hint}"), say("note.passed", note="1000006")))
        for hint in ("danger", "no_power")
    ),
    *(say(f"note.{how}", note="1000006") for how in ("added", "had", "thanked")),
    *(say(f"note.{how}", helpline=HELPLINE) for how in ("enough", "nobody")),
    say("withdraw.none"),
    *(say(f"withdraw.{how}", request=REQUEST, what=thing(Kind.FAULT)) for how in ("sure", "kept", "done")),
    say("fault.opened", request=REQUEST),
    say("fault.known", request=REQUEST),
    say("fault.danger", request=REQUEST),
    say("new.noted", request=REQUEST),
    say("receipt.sent", receipt=RECEIPT),
    *(say(f"proof.{how}", mode=say("mode.link"), day=MOMENT, **_SHOWN) for how in ("shown", "cancelled")),
    *(say(f"verify.{how}", day=DAY, **_SHOWN) for how in ("genuine", "cancelled")),
    say("verify.wrong", receipt=RECEIPT, code=RECEIPT_CODE, helpline=HELPLINE),
    say("verify.too_many", helpline=HELPLINE),
    *(
        say(
            "nav.lines",
            lines=(
                say("where.paid", mode=say("mode.link"), receipt=RECEIPT, amount=AMOUNT, number=NUMBER),
                say("where.came", at=MOMENT),
                say("where.credited", at=MOMENT),
                *[say(f"where.{how}", last="001", at=MOMENT, until=MOMENT)] * 2,
            ),
        )
        for how in ("told", "sent", "waits", "failed")
    ),
    say("where.none", reference=RECEIPT),
    *(
        say(
            f"where.{how}", amount=AMOUNT, number=NUMBER, at=MOMENT, until=MOMENT, reference="pay_" + "x" * 14
        )
        for how in ("link_asked", "link_open", "link_over", "kept", "refunded", "arrived")
    ),
    say("proof.none", receipt=RECEIPT),
    say("year.none", number=NUMBER),
    say("receipt.none", number=NUMBER),
    say("link.done", number=NUMBER),
    say("payupi.by_hand", number=NUMBER, vpa="x" * 40 + "@bank"),
    say("payupi.page", number=NUMBER, site=SITE, token="x" * 28),
    say("payupi.coming", number=NUMBER),
    say("link.no_phone", number=NUMBER),
]
