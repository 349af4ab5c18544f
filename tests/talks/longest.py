"""The longest that each message which leaves by itself can be, and what they are made of."""

from __future__ import annotations

from datetime import UTC, date, datetime

from conversations.catalogue import COMMANDS
from core import dlt
from core.alerts import Trouble
from core.coupons import making
from core.flags.telling import NAMED
from core.inbox import SHOWN
from core.money import Money
from core.photo_pages import SUBJECTS
from core.stuck import CAUSES
from core.tables.supply import METER_ACTIONS
from core.text import Name, Param, Text, say
from core.work import telling
from core.work.rules import INSIDE, STAGES, Kind

SERVICE = "Bijli Line 1"

NUMBER = "1204573"

RECEIPT = "9992600001"
"""Plant, year, serial: the 999th plant of an operator."""

RECEIPT_CODE = "48213"

REQUEST = "1000006"

PHONE = "+919800000001"

AMOUNT = Money(1_99_999_50)

BALANCE = Money(10_00_000_50)

NAME = Name("Bhuvaneshwari Kumari Dev", "भुवनेश्वरी कुमारी देवी ज")

DAY = date(2026, 11, 21)

MOMENT = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)

SITE = "https://sms.bijliline.example.org/pay"

PHOTOS = "https://sms.bijliline.example.org/f"

URL = "https://rzp.io/rzp/AbCdEf1234"

HELPLINE = "+919800000001"

STANDINGS = ("due", "clear", "ahead")

TROUBLES: tuple[Trouble, ...] = ("balance", "sender", "login", "silent")

_PAID: dict[str, Param] = {
    "amount": AMOUNT,
    "number": NUMBER,
    "balance": BALANCE,
    "receipt": RECEIPT,
    "code": RECEIPT_CODE,
    "service": SERVICE,
    "held": BALANCE,
}


def _paused(trouble: Trouble) -> Text:
    return say("alerts.gateway_paused", gateway="africastalking", reason=say(f"alerts.trouble.{trouble}"))


TOLD_BESIDE = ("asked", "connected", "joined", "noted", "reported")
"""What customers are told that is no step of a machine's table."""
STAGES_REACHED = [say(f"work.reached_{stage}") for stage in STAGES]

ABOUT_MONEY = (Kind.PACKAGE, *sorted(INSIDE))
"""Kinds whose approval is about an amount."""


def told_of_steps() -> set[str]:
    """What steps say to customers; of a connection off or on, one for each way."""
    return {
        f"{key}{way}"
        for key in telling.CUSTOMER.values()
        for way in (("_active", "_inactive") if key in telling.BY_TOPIC else ("",))
    }


def thing(kind: Kind) -> Text:
    return telling.what(kind, "danger")


LONGEST: dict[str, list[Text]] = {
    "code": [
        say("code.message", code="123456", service=SERVICE),
        *(
            say(
                "code.act",
                code="123456",
                act=say(f"work.to_{how}", request=REQUEST, what=thing(kind)),
                service=SERVICE,
            )
            for how in ("approve", "reject")
            for kind in Kind
        ),
        *(
            say(
                "code.act",
                code="123456",
                act=say(f"work.to_{how}_amount", request=REQUEST, what=thing(kind), amount=AMOUNT),
                service=SERVICE,
            )
            for how in ("approve", "reject")
            for kind in ABOUT_MONEY
        ),
        say("code.act", code="123456", act=say("leave.act", name=NAME, days=60), service=SERVICE),
        say("code.act", code="123456", act=say("work.to_connect", request=REQUEST), service=SERVICE),
        *(
            say(
                "code.act",
                code="123456",
                act=say(f"scheme.{act}", code="X" * 12, number=NUMBER),
                service=SERVICE,
            )
            for act in ("act", "act_off")
        ),
        say("code.act", code="123456", act=say("off.act", what="X" * 12, hours=72), service=SERVICE),
        say("code.act", code="123456", act=say("broadcast.act", what="X" * 12, phones=9999), service=SERVICE),
        say("code.act", code="123456", act=say("off.act_on", what="X" * 12), service=SERVICE),
        say("code.act", code="123456", act=say("waive.act", amount=AMOUNT, number=NUMBER), service=SERVICE),
        say("code.act", code="123456", act=say("got.act", amount=AMOUNT, name=NAME), service=SERVICE),
        *(
            say(
                "code.act",
                code="123456",
                act=say(f"settle.act_{outcome}", amount=AMOUNT, receipt=RECEIPT),
                service=SERVICE,
            )
            for outcome in ("keep", "undo")
        ),
        say(
            "code.act",
            code="123456",
            act=say("deposit.act_setoff", amount=AMOUNT, number=NUMBER),
            service=SERVICE,
        ),
        say(
            "code.act",
            code="123456",
            act=say("scheme.act_cancel", code="X" * 12, number=NUMBER, amount=AMOUNT),
            service=SERVICE,
        ),
        say("code.scheme", code="123456", name=NAME, number=NUMBER, price=AMOUNT, bills=60, service=SERVICE),
    ],
    "coupon": [
        *(
            say(
                "coupon.told",
                name=NAME,
                worth=worth,
                number=NUMBER,
                code="1234567897",
                day=DAY,
                service=SERVICE,
            )
            for worth in (making.worth(AMOUNT.paise, None, None), making.worth(None, 100, AMOUNT.paise))
        ),
        say("coupon.ends", code="1234567897", number=NUMBER, day=DAY, service=SERVICE),
    ],
    "notice": [
        *(
            say(
                f"redeem.told_{how}_{standing}",
                amount=AMOUNT,
                number=NUMBER,
                balance=BALANCE,
                service=SERVICE,
            )
            for how in ("redeemed", "taken_back")
            for standing in STANDINGS
        ),
        say("outage.back", request=REQUEST, service=SERVICE),
        say("selfread.told_right", number=NUMBER, shown="999999.999", service=SERVICE),
        say("selfread.told_wrong", number=NUMBER, shown="999999.999", yours="999999.999", service=SERVICE),
        *(
            say(
                "scheme.told_begun",
                name=NAME,
                number=NUMBER,
                price=AMOUNT,
                terms=say(f"scheme.terms_{how}", down=AMOUNT, each=AMOUNT, final=AMOUNT, bills=60),
                service=SERVICE,
            )
            for how in ("even", "even_down", "rest", "rest_down")
        ),
        say("scheme.told_cancelled", name=NAME, number=NUMBER, service=SERVICE),
        *(
            say(
                f"scheme.told_paid_off_{standing}",
                name=NAME,
                number=NUMBER,
                amount=AMOUNT,
                balance=BALANCE,
                service=SERVICE,
            )
            for standing in STANDINGS
        ),
        *(
            say(
                f"work.told_{key}",
                request=REQUEST,
                name=NAME,
                stage=stage,
                number=NUMBER,
                stars=say("work.stars"),
                service=SERVICE,
            )
            for key in sorted({*told_of_steps(), *TOLD_BESIDE} - {"mended"})
            for stage in STAGES_REACHED
        ),
    ],
    "mended": [say("work.told_mended", request=REQUEST, name=NAME, code="123456", service=SERVICE)],
    "note": [
        say("note.came", note="1000006", name=NAME, number=NUMBER, words="x" * SHOWN),
        say("note.answer", note="1000006", name=NAME, service=SERVICE, words="x" * SHOWN),
    ],
    "receipt": [
        *(say(f"receipt.{how}", **_PAID) for how in ("deposit", "refunded", "setoff_clear", "setoff_due")),
        say("receipt.again_deposit", **_PAID, day=DAY),
        *(say(f"receipt.{how}", **_PAID) for how in STANDINGS),
        say("receipt.again", receipt=RECEIPT, code=RECEIPT_CODE, amount=AMOUNT, day=DAY, service=SERVICE),
    ],
    "bill": [
        say("bill.taken_back", number=NUMBER, first=DAY, last=DAY, service=SERVICE),
        *(
            say(
                f"bill.told_{how}",
                number=NUMBER,
                amount=AMOUNT,
                first=DAY,
                last=DAY,
                part=say("bill.part", days=28),
                note=note,
                balance=BALANCE,
                due=DAY,
                service=SERVICE,
            )
            for how in STANDINGS
            for note in (
                say("bill.note_estimated"),
                say("bill.note_self"),
                *(say(f"bill.note_instalment_{how}", amount=AMOUNT) for how in ("read", "estimated", "self")),
            )
        ),
    ],
    "reminder": [
        say("remind.bill", number=NUMBER, first=DAY, last=DAY, amount=BALANCE, due=DAY, service=SERVICE),
        say("remind.promise", number=NUMBER, day=DAY, amount=BALANCE, service=SERVICE),
    ],
    "late_fee": [
        say("latefee.notice", number=NUMBER, amount=BALANCE, due=DAY, day=DAY, fee=AMOUNT, service=SERVICE),
    ],
    "supply": [
        say("supply.work_off", what=NAME, until=MOMENT, helpline=HELPLINE, service=SERVICE),
        say("supply.work_on", what=NAME, helpline=HELPLINE, service=SERVICE),
        say("supply.notice", number=NUMBER, amount=BALANCE, day=DAY, helpline=HELPLINE, service=SERVICE),
        *(say(f"supply.{how}", number=NUMBER, helpline=HELPLINE, service=SERVICE) for how in ("off", "on")),
    ],
    "link": [
        say("paylink.message", amount=AMOUNT, number=NUMBER, url=URL, day=DAY, service=SERVICE),
        say("paylink.failed", number=NUMBER, service=SERVICE),
        say("payupi.message", number=NUMBER, site=SITE, token="x" * 28, service=SERVICE),
        *(
            say(f"photo.link_{what}", number=NUMBER, photos=PHOTOS, token="x" * 24, service=SERVICE)
            for what in SUBJECTS
        ),
    ],
    "reversal": [
        *(say(f"refund.{how}", **_PAID) for how in STANDINGS),
        *(say(f"reversal.{how}", **_PAID) for how in STANDINGS),
        say("reversal.kept", **_PAID),
        *(
            say(
                f"latefee.{how}",
                number=NUMBER,
                amount=AMOUNT,
                first=DAY,
                last=DAY,
                balance=BALANCE,
                service=SERVICE,
            )
            for how in ("let_off", *(f"told_{standing}" for standing in STANDINGS))
        ),
    ],
    "carry": [
        say("carry.offer", what=command.label, service=SERVICE) for command in COMMANDS if command.menu
    ],
    "call": [
        *(
            say(f"call.{how}", number=NUMBER, amount=AMOUNT, service=SERVICE)
            for how in ("due", "clear", "ahead")
        ),
        *(
            say(f"call.many_{how}", homes=99, amount=AMOUNT, service=SERVICE)
            for how in ("due", "clear", "ahead")
        ),
        say("call.staff", amount=AMOUNT, service=SERVICE),
        say("call.stranger", service=SERVICE),
    ],
    "broadcast": [say("broadcast.told", what=NAME, words="x" * SHOWN, service=SERVICE)],
    "staff_alert": [
        say("broadcast.over", what="X" * 12, phones=99999),
        say("alerts.pin_locked_mine"),
        say("alerts.pin_locked", name=NAME, code="X" * 12),
        say("alerts.pin_open", name=NAME),
        *(say(f"alerts.{how}_mine", by=NAME) for how in ("blocked", "unblocked")),
        *(say(f"alerts.{how}", name=NAME, by=NAME, code="X" * 12) for how in ("blocked", "unblocked")),
        *(_paused(trouble) for trouble in TROUBLES),
        *(
            say("alerts.meters_paused", gateway="meters-sparkmeter", reason=say(f"alerts.trouble.{trouble}"))
            for trouble in TROUBLES
        ),
        *(
            say("alerts.meter_failed", number=NUMBER, what=say(f"meters.action.{action}"))
            for action in METER_ACTIONS
        ),
        say(
            "alerts.flagged",
            plant=NAME,
            people=99999,
            rows=(say("flags.short", number=NUMBER, amount=BALANCE),) * NAMED,
        ),
        say("alerts.unmatched", payments=99999, amount=BALANCE),
        *(say("alerts.stuck", what=say(f"stuck.what.{cause}"), waiting=9999, at=MOMENT) for cause in CAUSES),
        say("alerts.float", name=NAME, held=BALANCE, limit=AMOUNT),
        *(say("alerts.not_registered", words=key, language="hi-Latn") for key in dlt.outbound()),
        say("alerts.number_blocked", last="0001", connection=NUMBER),
        *(
            say(f"alerts.hand_{how}", name=NAME, amount=BALANCE)
            for how in ("offered", "taken", "refused", "withdrawn", "expired")
        ),
        say("alerts.close_even", name=NAME, counted=BALANCE),
        *(
            say(f"alerts.close_{how}", name=NAME, counted=BALANCE, difference=BALANCE, reason="x" * 40)
            for how in ("short", "over")
        ),
        say("alerts.promises_broken", ended=999, numbers=", ".join([NUMBER] * 8)),
        say("alerts.disputed", name=NAME, number=NUMBER, receipt=RECEIPT, amount=AMOUNT),
        *(say(f"alerts.settled_{how}", receipt=RECEIPT, amount=AMOUNT) for how in ("keep", "undo")),
        *(
            say(f"work.{key}", request=REQUEST, what=thing(kind), number=NUMBER, note=telling.noted("x" * 40))
            for key in ("yours", "yours_new", "yours_alone", "back", "back_alone", "waits")
            for kind in Kind
        ),
        *(say("work.goes_up", request=REQUEST, what=thing(kind), since=MOMENT) for kind in Kind),
        *(say(f"progress.{how}", request=REQUEST, name=NAME, village=NAME) for how in ("asked", "unplaced")),
        *(
            say("work.waits_second", request=REQUEST, what=thing(kind), amount=AMOUNT, name=NAME)
            for kind in ABOUT_MONEY
        ),
        say("work.pay_out", request=REQUEST, amount=AMOUNT, number=NUMBER),
        *(say("work.withdrawn", request=REQUEST, what=thing(kind)) for kind in Kind),
        *(say("work.moved", request=REQUEST, name=NAME, what=thing(kind)) for kind in Kind),
        *(say(f"leave.{how}", name=NAME, until=DAY) for how in ("yours", "yours_decides")),
        say("outage.goes_up", plant=NAME, since=MOMENT),
        say("note.goes_up", note="1000006", since=MOMENT),
        say("outage.alarm", plant=NAME, since=MOMENT, homes=999),
        say("off.alarm", what="X" * 12, until=MOMENT, note="x" * 40, homes=999, hand=999, request=REQUEST),
        say("off.back_alarm", what="X" * 12, homes=999, hand=999, request=REQUEST),
        say("off.still", what="X" * 12, since=MOMENT, request=REQUEST),
        say("work.raised", request=REQUEST, state=say("request.in_process"), note=telling.noted("x" * 40)),
        say("fault.alarm", plant=NAME, request=REQUEST, number=NUMBER, phone=PHONE, service=SERVICE),
    ],
}
"""Every text that leaves by itself, by its kind. Replies are in longest_answers.py."""
