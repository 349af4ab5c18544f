"""The walk itself: seven kinds of caller, three languages, two channels."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime

import i18n
import msgspec
import pytest
from sqlalchemy import text

from channels.app import create_app
from channels.ussd import screen
from conversations.catalogue import COMMANDS, may_use
from core import billing
from core import text as words
from core.billing import Period
from core.clock import now
from core.doing import Doing
from core.dunning import charging, late_fees
from core.errors import SettingError
from core.ids import with_check_digit
from core.people import find_caller
from core.schemes import plans, view
from core.settings import LANGUAGES
from core.statements import DEPOSIT_KINDS, KINDS
from core.stuck import CAUSES
from core.work.rules import STAGES
from tests.conftest import Servers, demo_settings, fresh_database
from tests.play import Play
from tests.talks.walk import RECEIPT, Stop, Walk

CALLERS = {
    "one connection": "+919800000001",
    "two connections": "+919800000004",
    "technician": "+919800000002",
    "in-charge": "+919800000003",
    "technician with a connection": "+919800000062",
    "technician of an empty plant": "+919800000070",
    "unknown": "+919800000009",
}
CHANNELS = ("ussd", "sms", "whatsapp")
CODE = re.compile(r"(?<![0-9])[0-9]{6}(?![0-9])")
DEVANAGARI = re.compile("[\u0900-\u097f]")

Walked = dict[tuple[str, ...], Stop]


@pytest.fixture(scope="module")
def stage(servers: Servers, world_template: str) -> Iterator[str]:
    """A database with payments to show and to take back; every walk gets its own copy."""
    with fresh_database(servers, world_template) as url:
        play = Play(demo_settings(servers, url))
        for amount in range(1, 9):
            play.text("+919800000002", f"PAY 120457 {amount}")
        for phone in ("+919800000003", "+919800000062"):
            play.text(phone, "PAY 120457 9")
        sell(play, "FAN", "120457", "120473")
        bill_two_months(play)
        leave_unpaid(play)
        sell(play, "TV", "120473", "200002")
        play.text("+919800000001", "READ 140")
        flag_and_meter(play)
        play.text("+919800000002", "PAY 120465 7")
        play.text("+919800000002", "HAND M1 5")
        for words in ("NO", "1"):
            play.text("+919800000001", words)
        work_on_some(play)
        play.text("+919800000004", "when will the new lines reach our lane")
        play.close()
        yield url.split("?")[0].rsplit("/", 1)[1]


def sell(play: Play, scheme: str, *numbers: str) -> None:
    """An appliance on instalments for some connections, as if their codes had come."""
    database = play.services.database
    csa = find_caller(database.reader, "+919800000032")
    for number in numbers:
        line = int(str(play.scalar(f"SELECT id FROM connection WHERE number = '{number}'")))
        offer = next(one for one in view.offers(database.reader, line, 9) if one.code == scheme)
        with database.begin() as session:
            doing = Doing(session, csa, "sms", f"stage/{scheme}/{number}", now(), play.settings)
            plans.begin(doing, line, offer)


def flag_and_meter(play: Play) -> None:
    """A flag and a smart meter in every state that a list can show."""
    with play.services.database.begin() as session:
        session.execute(
            text(
                "UPDATE connection SET meter_driver = 'simulated', meter_id = number "
                "WHERE number IN ('120465', '200002', '200019', '200027')"
            )
        )
        session.execute(
            text(
                "INSERT INTO meter_state (connection_id, seen_at, wh, is_on) "
                "SELECT id, now() - age, 123456, is_on FROM connection JOIN (VALUES "
                "('120457', interval '0', true), ('120465', '1 hour', false), ('120473', '1 day', true), "
                "('120481', '0', true), ('200002', '0', false), ('200019', '0', NULL)) "
                "AS seen (number, age, is_on) USING (number)"
            )
        )
        session.execute(
            text(
                "INSERT INTO meter_command (source, connection_id, action, next_at) "
                "SELECT number, id, action, 'infinity' FROM connection JOIN (VALUES "
                "('120481', 'switch_off'), ('200002', 'switch_on')) AS wish (number, action) USING (number)"
            )
        )
        session.execute(
            text(
                "INSERT INTO connection_flag (connection_id, since, arrears_paise, limit_paise, state, "
                "act_after, off_at, excused_until) "
                "SELECT id, now(), 60000, 50000, state, now() + days, now(), '2027-01-01' "
                "FROM connection JOIN (VALUES ('120457', 'switched_off', interval '1 day'), "
                "('120473', 'flagged', '1 day'), ('120481', 'flagged', '-1 day'), "
                "('200002', 'excused', '1 day')) AS flag (number, state, days) USING (number)"
            )
        )


def work_on_some(play: Play) -> None:
    """Faults in every state: one taken and one of danger, two said to be mended, two closed."""
    for line in ("FAULT 2 dark", "FAULT 3 dim", "FAULT 4 stuck", "FAULT 5 bill", "FAULT 6 bent"):
        play.text("+919800000001", line)
    play.text("+919800000004", "FAULT 120465 1")
    numbers = [str(with_check_digit(serial)) for serial in range(1000, 1006)]
    play.text("+919800000002", f"TAKE {numbers[0]}")
    play.text("+919800000001", "FAULT 1 sparks")
    for number in [*numbers[1:5], str(with_check_digit(1006))]:
        play.text("+919800000002", f"DONE {number}")
    for number in numbers[3:5]:
        play.text("+919800000003", f"OK {number}")
    for phone, plant in (("9800000055", "RAMPUR"), ("9800000056", "RAMPUR"), ("9800000057", "RAMPUR")):
        play.text("+919800000032", f"NAYALIYE {phone} Ram Prasad {plant}")
    for line in ("STAGE {} 1", "DONE {}"):
        play.text("+919800000002", line.format(with_check_digit(1008)))
    play.text("+919800000002", f"STAGE {with_check_digit(1009)} 2")
    for line in ("NAYA Hari Om", "Kahin", "5"):
        play.text("+919800000058", line)


def bill_two_months(play: Play) -> None:
    """A house read in November and not in December, and one in advance: every line a bill can have."""
    database = play.services.database
    with database.begin() as session:
        session.execute(
            text(
                "INSERT INTO reading (connection_id, taken_on, wh, source) "
                "SELECT id, day, wh, 'test' FROM connection, "
                "(VALUES ('2026-10-31'::date, 100000), ('2026-11-30', 108500)) AS shown(day, wh) "
                "WHERE number = '120473'"
            )
        )
    plant = billing.plant_of(database, "RAMPUR")
    for month, issued_on in (("2026-11", date(2026, 12, 1)), ("2026-12", date(2027, 1, 1))):
        billing.post(
            database,
            plant,
            Period.read(month),
            lambda label, done, total: None,
            default_language="en",
            service="Bijli Line",
            issued_on=issued_on,
        )


def leave_unpaid(play: Play) -> None:
    """A late fee that is charged, and one that is only announced."""
    database = play.services.database
    with database.begin() as session:
        session.execute(text("UPDATE organisation SET late_fee_paise = 2000"))
    for day in (datetime(2026, 12, 19, 6, 30, tzinfo=UTC), datetime(2027, 1, 19, 6, 30, tzinfo=UTC)):
        late_fees.announce(database, day, default_language="en", service="Bijli Line")
        with database.begin() as session:
            session.execute(
                text("UPDATE outbox SET state = 'delivered', sent_at = :at WHERE kind = 'late_fee'"),
                {"at": day},
            )
        charging.charge(database, day)


@contextmanager
def walking(servers: Servers, stage: str, channel: str, phone: str, language: str | None) -> Iterator[Walk]:
    """A walk of one caller, as if he had chosen this language (None: not yet)."""
    with fresh_database(servers, stage) as url, closing(Play(demo_settings(servers, url))) as play:
        play.services.redis.flushall()
        yield make_walk(play, channel, phone, language)


def make_walk(play: Play, channel: str, phone: str, language: str | None) -> Walk:
    caller = msgspec.structs.replace(find_caller(play.services.database.reader, phone), language=language)

    def code() -> str:
        sent = str(play.scalar("SELECT body FROM outbox WHERE kind = 'code' ORDER BY id DESC LIMIT 1"))
        return str(CODE.findall(sent)[0])

    def receipt_code() -> str:
        return str(play.scalar(f"SELECT code FROM receipt WHERE number = '{RECEIPT}'"))

    return Walk(play.services, channel, caller, language or "hi-Latn", code, receipt_code)


def walk_all(walk: Walk) -> Walked:
    """All stops of a caller's menu, and by SMS of every command he may text."""
    starts = ["menu"]
    if walk.channel != "ussd":
        starts += [one.name for one in COMMANDS if may_use(walk.caller, one) and one.name != "menu"]
    return {(start, *stop.path): stop for start in starts for stop in walk.stops(start)}


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("kind", CALLERS)
def test_every_option_in_every_language(servers: Servers, stage: str, kind: str, channel: str) -> None:
    walked: dict[str, Walked] = {}
    for language in LANGUAGES:
        with walking(servers, stage, channel, CALLERS[kind], language) as walk:
            walked[language] = walk_all(walk)
    check_languages(walked)


def check_languages(walked: dict[str, Walked]) -> None:
    """The same talk in three languages: the same questions, other words, Devanagari only in Hindi."""
    paths = {language: set(stops) for language, stops in walked.items()}
    assert paths["en"] == paths["hi"] == paths["hi-Latn"]
    for path in paths["en"]:
        stops = {language: walked[language][path] for language in LANGUAGES}
        # Where a language is chosen, its choices and what comes after look alike for everybody.
        if len({stop.place.language for stop in stops.values()}) < len(LANGUAGES) or _asks_language(stops):
            continue
        if DEVANAGARI.search("".join(path)):
            continue  # what was typed is shown back as it was
        assert len({stop.prompt and stop.prompt.text.key for stop in stops.values()}) == 1, path
        assert len({stop.words for stop in stops.values()}) == len(LANGUAGES), f"the same words: {path}"
        for language, stop in stops.items():
            assert bool(DEVANAGARI.search(stop.words)) == (language == "hi"), (
                f"{language} {path}: {stop.words}"
            )


def _asks_language(stops: dict[str, Stop]) -> bool:
    return any(stop.prompt and stop.prompt.text.key == "language.which" for stop in stops.values())


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("kind", ["one connection", "unknown"])
def test_a_caller_without_a_language_chooses_one_and_goes_on_in_it(
    servers: Servers, stage: str, kind: str, channel: str
) -> None:
    with walking(servers, stage, channel, CALLERS[kind], None) as walk:
        stops = {stop.path: stop for stop in walk.stops("menu")}
    for key, language in zip("123", LANGUAGES, strict=True):
        assert stops[(key,)].place.language == language
        assert bool(DEVANAGARI.search(stops[(key,)].words)) == (language == "hi")


SAID_BY_DOORS = {
    "nav.again",
    "nav.busy",
    "nav.customer_only",
    "nav.empty",
    "nav.not_understood",
    "nav.not_understood_staff",
    "nav.not_understood_stranger",
    "nav.staff_only",
    "nav.too_long",
    "nav.choose",
    "nav.more_button",
    "nav.old_button",
    "unclear.tap",
}
"""What the channels say where no talk begins; the transcripts and the bad inputs show them."""
IN_DOCS = {"menu.menu", "menu.resume", "menu.stop", "menu.thanks"}
TO_MOVE = {"nav.more", "nav.more_sms", "nav.back", "nav.changed"}
OUTBOUND = (
    "alerts.", "bill.told_", "call.", "carry.", "bill.taken_back", "bill.note", "bill.part", "latefee.",
    "code.", "receipt.", "reversal.", "fault.alarm", "page.", "sheet.", "photo.", "mode.",
    "remind.", "work.told_", "work.yours", "work.back", "work.raised", "work.waits", "work.with",
    "work.our_people",
    "off.act", "off.alarm", "off.back_alarm", "off.still",
    "work.reached_", "progress.asked", "progress.unplaced",
    "supply.", "meters.action.", "flags.short", "note.came", "note.answer", "note.goes_up",
    "supply.", "meters.action.", "flags.short", "scheme.told_",
    "selfread.told_",
    "work.kind_", "work.role_", "work.to_", "work.pay_out",
)  # fmt: skip
"""Messages to somebody else, and papers; test_budgets.py and test_receipts.py render each."""
NEVER_BILLED = {"bill.none", "year.none"}
"""Every connection of the stage has a bill; tests/core ask for one that has none."""
REFUSED_LATE = {
    "pay.staff_only",
    "pay.not_yours",
    "undo.too_late",
    "close.moved",
    "deny.known",
    "got.gone",
    "got.over",
    "hand.open",
    *(f"note.{how}" for how in ("answered", "enough", "nobody", "over", "unreachable")),
    "later.changed",
    "later.not_yours",
    "later.twice",
    "prove.too_many",
    "undo.paid_back",
    "work.above",
    "work.amount_changed",
    "work.first_yours",
    "work.held",
    "work.second_by",
    "work.none",
    "work.none_yours",
    "work.not_theirs",
    "work.own",
    "work.too_late",
}
"""Refusals of the core that a talk meets only when something changes between two of its steps."""
OF_OTHER_RECEIPTS = {"proof.cancelled", "proof.link", "verify.cancelled", "verify.too_many"}
"""What the stage has no receipt or setting for; tests/core/test_receipts.py says them."""


OF_OTHER_WAYS = {
    *(f"where.{how}" for how in ("cancelled", "failed", "sent", "told", "untold")),
    *(
        f"where.{how}"
        for how in ("arrived", "link_asked", "link_open", "link_over", "kept", "list", "refunded")
    ),
}
"""The stage's messages all wait; tests/core/test_whereabouts.py says what else becomes of them."""

OF_OTHER_PROMISES = {"card.promised", "later.nothing"}
"""Everybody on the stage owes something, and staff look before anybody promises; transcripts show these."""
PAID_ONLINE = {
    *(f"paylink.{how}" for how in ("coming", "failed", "how_much", "message", "not_yours", "small")),
    *(f"paylink.{how}" for how in ("thanks", "too_many")),
    *(f"refund.{how}" for how in ("due", "clear", "ahead")),
    *(f"sendlink.{how}" for how in ("coming", "no_phone", "sent_today")),
    *(
        f"payupi.{how}"
        for how in ("after", "by_hand", "coming", "gone", "head", "message", "nothing", "open")
    ),
    *(f"payupi.{how}" for how in ("page", "scan", "thanks", "to")),
    "slip.known",
    *(f"unmatched.{how}" for how in ("head", "row", "guess", "confirm", "done", "not_you")),
}
"""The stage has no Razorpay and no UPI; tests/channels plays with both."""

ON_WHATSAPP = {"place.none", "stop.by_sms", "stop.leave_whatsapp", "work.past_photo"} | {
    f"work.photos_{way}" for way in ("gone", "here", "sent", "there")
}
"""What the stage gives no reason for; stop.txt, place.txt and tests/channels/whatsapp show these."""
OF_DEPOSITS = {
    *(
        f"deposit.{how}"
        for how in ("amount_more", "no_cash", "nothing", "owes", "owes_less", "refunded", "used")
    ),
    *(f"deposit.{how}" for how in ("kept", "setoff_clear", "setoff_due", "taken", "too_much")),
    *(f"cash.{how}" for how in ("full", "hand_over", "limit")),
    *(f"statement.kind.{kind}" for kind in (*KINDS, *DEPOSIT_KINDS)),
    *(f"statement.{how}" for how in ("none", "row_ahead", "row_clear", "undone")),
    *(f"totals.{how}" for how in ("month", "none_then", "row_month", "which")),
    *(f"receivable.{how}" for how in ("none", "which")),
    "deposit.act",
    "deposit.act_setoff",
    "proof.deposit",
    "unclear.plant",
    # The refunds of the walk use up the in-charge's codes of the hour; work.txt rejects with one.
    "work.did_reject",
    "work.past_reject",
}
"""Said to a line that says more, or of what the stage's deposits don't come to: transcripts show these."""
STUCK = {"stuck.head", "stuck.none", "stuck.row", *(f"stuck.what.{cause}" for cause in CAUSES)}
"""Whether the stage is five minutes old is left to the machine; tests/channels/test_stuck.py says these."""
OF_LATE_FEES = {"owed.fee", "waive.act", "waive.done"}
"""The stage's newest fee is only announced, and the refunds use up the codes: late_fees.txt shows these."""
ENDED_EARLIER = {
    "got.act",
    "got.taken",
    *(f"settle.{how}" for how in ("act_keep", "act_undo", "done_keep", "done_undo")),
}
"""The walk says no first, and keeps first: a transcript and tests/core/test_cash.py show these."""


OF_SWITCHED = {
    *(f"bill.unserved{how}" for how in ("", "_rest", "_left")),
    "batch.closed",
    "pay.confirm_closed",
}
"""Nobody of the stage is off or closed: tests/core/billing/test_unserved.py, tests/core/test_closed.py."""


OF_LISTS = {f"readlist.{how}" for how in ("first", "same", "taken", "twice")}
"""Lists of readings that are taken; readings_list.txt shows them."""
OF_COUPONS = {
    "unclear.coupon_digits",
    *(f"coupon.{how}" for how in ("ending", "ends", "how", "mine", "nobody", "none_ending", "not_eligible")),
    *(f"coupon.{how}" for how in ("percent", "result", "told", "value", "no_scheme", "not_you", "not_made")),
    *(f"redeem.{how}" for how in ("not_used", "nothing_owed", "over", "taken_back", "too_late", "too_many")),
    *(f"redeem.told_{how}_standing" for how in ("redeemed", "taken_back")),
    "redeem.done_standing",
    "redeem.used",
    "redeem.told_redeemed_due",
}
"""Coupons of the stage are never redeemed; coupons.txt and tests/core/coupons show these."""


OF_OTHER_SCHEMES = {
    *(f"scheme.{how}" for how in ("cancelled_before", "no_phone", "none", "not_sold", "remains", "row_paid")),
    *(f"scheme.{how}" for how in ("behind", "nobody", "terms_even", "terms_rest_down")),
    *(f"scheme.{how}" for how in ("cancelled", "sure_cancel")),
    # The refunds of the walk use up the in-charge's codes of the hour.
    *(f"scheme.{how}" for how in ("act", "act_off", "begun", "begun_down", "code", "wrong_code")),
}
"""What changes between two steps, and what the stage does not come to: schemes.txt and tests/core/schemes."""


OF_OTHER_READERS = {
    *(f"selfread.{how}" for how in ("gone", "not_yours", "noted_bill", "read_today")),
    "bill.self_read",
    "readings.by_self",
}
"""What is met when somebody else was faster, and what comes later: tests/core/test_selfreading.py."""


OF_OTHER_REQUESTS = {
    *(
        f"work.past_{step}"
        for step in ("approve", "assign", "reopen", "restore", "sendback", "stage", "withdraw")
    ),
    *(f"work.did_{step}" for step in ("approve", "sendback", "stage")),
    *(f"work.stage_{stage}" for stage in STAGES),
    "mended.back",
    "withdraw.none",
    "work.health_rated",
    "work.report_row_rated",
    "work.report_none",
    "work.step_approve",
    "work.step_stage",
    "work.switched_off",
    "work.unknown",
    "work.which_stage",
    "change.gone",
    *(f"change.waits_{what}" for what in ("bill", "meter")),
    *(f"work.{how}" for how in ("card_next", "past_by_hand", "past_metered", "the_meter")),
    "change.none",
    "status.already_inactive",
    "work.goes_up",
    "outage.goes_up",
    *(f"work.{how}" for how in ("by_itself", "card_up", "moved", "past_quiet", "past_up", "row_up")),
    *(f"work.waited_{how}" for how in ("days", "hours")),
    *(f"work.{how}" for how in ("card_first", "did_first", "did_pay", "event_amount", "row_first")),
    "fault.planned",
    "off.not_off",
    *(f"outage.{how}" for how in ("alarm", "back", "not_you", "option", "over", "restored", "take", "taken")),
    *(f"outage.{how}" for how in ("told", "what", "which")),
}
"""What the requests of the stage don't come to; transcripts (work, outage, requests) and tests show them."""


OF_NOTES = {"note.ours", "note.row_answered", "note.thanked"}
"""Nobody has answered the stage's notes; notes.txt shows these."""

OF_NEW_CONNECTIONS = {
    # The refunds of the walk use up the in-charge's codes of the hour; progress.txt connects with one.
    *(f"join.{how}" for how in ("by_sheet", "done", "done_deposit")),
    *(f"progress.{how}" for how in ("at_begun", "at_completed", "at_rejected", "denied_row", "none")),
}
"""What the wishes of the stage don't come to; progress.txt shows these."""

SAID_OF_METERS = {
    "meter.done",
    "read.billed",
    "read.first",
    "read.future",
    "read.higher",
    "read.kwh_first",
    "read.lower",
    "read.same",
    "read.still",
    "readings.by_staff",
    "unread.too_late",
}
"""What the transcripts show, or what the stage's meters give no reason for; tests/core reads them."""


OF_BROADCASTS = {
    *(f"broadcast.{how}" for how in ("act", "begun", "nobody", "over", "stopped", "told")),
    *(f"broadcast.row_{state}" for state in ("sending", "sent", "stopped")),
}
"""The refunds of the walk use up the in-charge's codes of the hour; broadcast.txt sends one."""

OF_PINS = {
    *(f"pin.{how}" for how in ("act", "act_unlock", "unlocked")),
    *(f"prove.{how}" for how in ("locked", "no_sms", "pin", "wrong_pin")),
}
"""Said in a code's SMS, or to who has a PIN: ussd/pin.txt and tests/core/test_pins.py show these."""


def test_every_key_is_said_somewhere(servers: Servers, stage: str) -> None:
    """Words that nothing says are no longer kept right by anybody."""
    said = (
        SAID_BY_DOORS
        | IN_DOCS
        | TO_MOVE
        | NEVER_BILLED
        | REFUSED_LATE
        | OF_OTHER_RECEIPTS
        | OF_OTHER_WAYS
        | STUCK
        | OF_OTHER_REQUESTS
        | OF_COUPONS
        | OF_SWITCHED
        | OF_LISTS
        | OF_OTHER_PROMISES
        | OF_OTHER_SCHEMES
        | OF_OTHER_READERS
        | ENDED_EARLIER
        | OF_DEPOSITS
        | OF_LATE_FEES
        | PAID_ONLINE
        | OF_NOTES
        | OF_NEW_CONNECTIONS
        | ON_WHATSAPP
        | OF_PINS
        | OF_BROADCASTS
    )
    for kind, channel in (
        ("one connection", "ussd"),
        ("two connections", "sms"),
        ("technician with a connection", "ussd"),
        ("in-charge", "sms"),
        ("technician", "sms"),
        ("technician with a connection", "sms"),
        ("technician of an empty plant", "ussd"),
        ("unknown", "sms"),
    ):
        with walking(servers, stage, channel, CALLERS[kind], "en") as walk:
            if walk.caller.lines:
                walk.stops("status")
            if walk.caller.staff:
                walk.stops("totals")
                walk.stops("check")  # before READ of the same day takes them off the list
            walk_all(walk)
        said |= walk.watch.keys
    said |= SAID_OF_METERS
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


@contextmanager
def changed_words(key: str, language: str, new: str | None) -> Iterator[None]:
    """The words of a key as they are not: other ones, or none."""
    words.load()
    container = i18n.translations.container[language]
    before = container[key]
    container.pop(key) if new is None else container.update({key: new})
    _forget_rendered()
    try:
        yield
    finally:
        container[key] = before
        _forget_rendered()


def _forget_rendered() -> None:
    for cache in (words._plain, words._write, screen._menu_pages):
        cache.cache_clear()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("kind", "key"),
    [("one connection", "menu.owed"), ("one connection", "fault.opened"), ("technician", "pay.taken_due"),
     ("unknown", "unclear.number")],
)  # fmt: skip
def test_the_walk_fails_when_a_translation_is_removed(
    servers: Servers, stage: str, kind: str, key: str, language: str
) -> None:
    with (
        walking(servers, stage, "ussd", CALLERS[kind], language) as walk,
        changed_words(key, language, None),
        pytest.raises(words.MissingWords, match=key),
    ):
        walk_all(walk)


def test_the_walk_fails_when_a_gap_has_another_name(servers: Servers, stage: str) -> None:
    with (
        walking(servers, stage, "ussd", CALLERS["one connection"], "hi") as walk,
        changed_words("owed.due", "hi", "%{number}: %{rashi}"),
        pytest.raises(KeyError, match="rashi"),
    ):
        walk_all(walk)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_service_does_not_start_without_any_one_of_its_words(
    servers: Servers, stage: str, language: str
) -> None:
    settings = demo_settings(servers, servers.database_url(stage))
    for key in words.all_keys(language):
        with changed_words(key, language, None), pytest.raises(SettingError, match=re.escape(key)):
            create_app(settings)
    with (
        changed_words("owed.due", language, "%{number}"),
        pytest.raises(SettingError, match="different gaps"),
    ):
        create_app(settings)
