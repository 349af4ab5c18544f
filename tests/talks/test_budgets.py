"""What messages cost: each rendered with its longest real values, in each language."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from channels.ussd import screen
from channels.written import MOST_PARTS, SMS
from conversations.catalogue import COMMANDS
from conversations.prompts import Confirm
from core import dlt
from core.alerts import Trouble
from core.coupons import making
from core.flags.telling import NAMED
from core.gsm import fits_screen, is_gsm, parts
from core.inbox import SHOWN
from core.money import Money
from core.outbox import KINDS
from core.photo_pages import SUBJECTS
from core.settings import LANGUAGES
from core.stuck import CAUSES
from core.tables.supply import METER_ACTIONS
from core.text import Name, Param, Text, all_keys, render, say
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


STAGES_REACHED = [say(f"work.reached_{stage}") for stage in STAGES]


ABOUT_MONEY = (Kind.PACKAGE, *sorted(INSIDE))
"""Kinds whose approval is about an amount."""


def told_of_steps() -> set[str]:
    """What steps say to customers; of a connection off or on, one for each way."""
    return {
        f"{key}{way}"
        for (kind, _), key in telling.CUSTOMER.items()
        for way in (("_active", "_inactive") if kind is Kind.STATUS else ("",))
    }


def _what(kind: Kind) -> Text:
    return telling.what(kind, "danger")


LONGEST: dict[str, list[Text]] = {
    "code": [
        say("code.message", code="123456", service=SERVICE),
        *(
            say(
                "code.act",
                code="123456",
                act=say(f"work.to_{how}", request=REQUEST, what=_what(kind)),
                service=SERVICE,
            )
            for how in ("approve", "reject")
            for kind in Kind
        ),
        *(
            say(
                "code.act",
                code="123456",
                act=say(f"work.to_{how}_amount", request=REQUEST, what=_what(kind), amount=AMOUNT),
                service=SERVICE,
            )
            for how in ("approve", "reject")
            for kind in ABOUT_MONEY
        ),
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
            say(f"work.told_{key}", request=REQUEST, name=NAME, stage=stage, number=NUMBER, service=SERVICE)
            for key in sorted({*told_of_steps(), "asked", "connected", "joined", "noted", "reported"})
            for stage in STAGES_REACHED
        ),
    ],
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
            say(f"work.{key}", request=REQUEST, what=_what(kind), number=NUMBER, note=telling.noted("x" * 40))
            for key in ("yours", "yours_new", "yours_alone", "back", "back_alone", "waits")
            for kind in Kind
        ),
        *(say("work.goes_up", request=REQUEST, what=_what(kind), since=MOMENT) for kind in Kind),
        *(say(f"progress.{how}", request=REQUEST, name=NAME, village=NAME) for how in ("asked", "unplaced")),
        *(
            say("work.waits_second", request=REQUEST, what=_what(kind), amount=AMOUNT, name=NAME)
            for kind in ABOUT_MONEY
        ),
        say("work.pay_out", request=REQUEST, amount=AMOUNT, number=NUMBER),
        *(say("work.withdrawn", request=REQUEST, what=_what(kind)) for kind in Kind),
        *(say("work.moved", request=REQUEST, name=NAME, what=_what(kind)) for kind in Kind),
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
"""Every text that leaves by itself, by its kind. Replies are measured below."""

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
    say("readlist.lower", shown=KWH, last=KWH, number=NUMBER),
    say("unclear.reading_list"),
]
STAFF_ANSWERS = [
    *READING_ANSWERS,
    *(say(f"pay.taken_{how}", amount=AMOUNT, receipt=RECEIPT, balance=BALANCE, **_TO) for how in STANDINGS),
    *(say(f"undo.done_{how}", amount=AMOUNT, balance=BALANCE, **_TO) for how in STANDINGS),
    *(say(f"pay.amount_{how}", dues=BALANCE, **_TO) for how in STANDINGS),
    *(say(f"join.{how}", number=NUMBER, name=NAME, deposit=AMOUNT) for how in ("done", "done_deposit")),
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
    *(say(f"withdraw.{how}", request=REQUEST, what=_what(Kind.FAULT)) for how in ("sure", "kept", "done")),
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


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", LONGEST)
def test_an_outbound_message_keeps_its_budget(kind: str, language: str) -> None:
    for text in LONGEST[kind]:
        words = render(text, language)
        assert parts(words) <= KINDS[kind].budget[language], words
        assert is_gsm(words) == (language != "hi"), words


def test_every_outbound_text_is_measured() -> None:
    assert set(KINDS) - set(LONGEST) == {"reply"}
    measured = {text.key for texts in LONGEST.values() for text in texts}
    begins = (
        "alerts.",
        "bill.told_",
        "call.",
        "carry.offer",
        "code.",
        "receipt.",
        "refund.",
        "remind.",
        "reversal.",
        "scheme.told_",
        "selfread.told_",
        "supply.",
        "work.told_",
        "paylink.message",
        "paylink.failed",
        "payupi.message",
        "photo.link_",
    )
    said_back = {"receipt.sent", "receipt.none"}
    outbound = {
        key for key in all_keys("en") if key.startswith(begins) and ".trouble." not in key
    } - said_back
    assert outbound <= measured


@pytest.mark.parametrize("language", LANGUAGES)
def test_staff_get_their_answer_in_one_sms(language: str) -> None:
    most = 2 if language == "hi" else 1
    for text in STAFF_ANSWERS:
        assert parts(render(text, language)) <= most, render(text, language)
    for text in QUESTIONS:
        [page] = SMS.pages_of_prompt(Confirm(text), None, language, deep=True)
        assert parts(page) <= most, page


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_question_about_an_odd_reading_is_two_sms_at_most(language: str) -> None:
    """It holds every figure that can be wrong: a second part is cheaper than a wrong bill."""
    odd = [say(f"read.{how}", **_READ, **_TO) for how in ("turned", "jump")]
    odd.append(say("meter.confirm", closing=KWH, opening=KWH, meter="X" * 20, **_TO))
    for text in odd:
        [page] = SMS.pages_of_prompt(Confirm(text), None, language, deep=True)
        assert parts(page) <= (3 if language == "hi" else 2), page


@pytest.mark.parametrize("language", LANGUAGES)
def test_customers_get_their_answer_in_two_sms(language: str) -> None:
    for text in CUSTOMER_ANSWERS:
        words = render(text, language)
        assert parts(words) <= (3 if text.key == "nav.lines" and language == "hi" else 2), words


@pytest.mark.parametrize("language", LANGUAGES)
def test_long_lists_are_cut_into_messages_of_three_parts(language: str) -> None:
    rows = tuple(say("dues.row", number=NUMBER, name=NAME, amount=BALANCE) for _ in range(30))
    pages = SMS.pages_of_words(say("nav.lines", lines=rows), language)
    assert all(parts(page) <= MOST_PARTS <= KINDS["reply"].budget[language] for page in pages)
    assert sum(page.count(NUMBER) for page in pages) == 30


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_year_and_the_totals_are_cut_between_lines(language: str) -> None:
    months = [
        say(f"year.row_{how}", month="11/2026", billed=AMOUNT, paid=AMOUNT, balance=BALANCE)
        for how in STANDINGS * 4
    ]
    totals = [
        say("totals.plant", plant=NAME),
        say(
            "totals.row",
            what=say("mode.link"),
            today=999,
            today_sum=BALANCE,
            month=99999,
            month_sum=BALANCE,
        ),
    ] * 6
    for lines in (months, totals):
        pages = SMS.pages_of_words(say("nav.lines", lines=tuple(lines)), language)
        assert all(parts(page) <= MOST_PARTS for page in pages)
        assert len(pages) <= (6 if language == "hi" else 3), pages
        assert all(
            fits_screen("CON " + page)
            for page in screen.pages_of_words(say("nav.lines", lines=tuple(lines)), language)
        )


@pytest.mark.parametrize("language", LANGUAGES)
def test_on_the_screen_the_longest_words_take_few_pages(language: str) -> None:
    for text in (*STAFF_ANSWERS, *CUSTOMER_ANSWERS):
        pages = screen.pages_of_words(text, language)
        assert all(fits_screen("END " + page) for page in pages)
        assert len(pages) <= (4 if language == "hi" else 2), pages


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_yes_or_no_with_a_usual_name_is_one_screen(language: str) -> None:
    """Whoever says yes must see what to; only the longest names and sums take a second page."""
    usual: dict[str, Param] = {
        "name": Name("Asha Devi", "आशा देवी"),
        "number": "120457",
        "amount": Money(300_00),
        "days": 7,
        "shown": "1234.5",
    }
    for question in QUESTIONS:
        assert (
            len(screen.pages_of_prompt(Confirm(say(question.key, **usual)), None, language, deep=True)) == 1
        )
