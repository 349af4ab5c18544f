"""The walk itself: every role and kind of caller, three languages, three channels."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager

import i18n
import msgspec
import pytest

from channels.app import create_app
from channels.ussd import screen
from conversations.catalogue import COMMANDS, may_use
from core import text as words
from core.errors import SettingError
from core.people import find_caller
from core.settings import LANGUAGES
from tests.conftest import Servers, demo_settings, fresh_database
from tests.play import Play
from tests.talks.answers import RECEIPT
from tests.talks.stage import (
    bill_two_months,
    flag_and_meter,
    leave_unpaid,
    read_water,
    sell,
    work_on_some,
)
from tests.talks.unsaid import OUTBOUND, UNSAID
from tests.talks.walk import Stop, Walk

CALLERS = {
    "one connection": "+919800000001",
    "two connections": "+919800000004",
    "technician": "+919800000002",
    "in-charge": "+919800000003",
    "state in-charge": "+919800000030",
    "CSA": "+919800000032",
    "operator": "+919800000031",
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
        read_water(play)
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


def test_every_key_is_said_somewhere(servers: Servers, stage: str) -> None:
    """Words that nothing says are no longer kept right by anybody."""
    said = set(UNSAID)
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
                walk.stops("waters")  # before any is sold
                walk.stops("check")  # before READ of the same day takes them off the lists
                walk.stops("toread")
            walk_all(walk)
        said |= walk.watch.keys
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
