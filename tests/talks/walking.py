"""Every role and kind of caller on the walk: how it begins, and what must hold in all languages.

Each channel has a file of its own, so that they are walked side by side.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager

import msgspec

from conversations.catalogue import COMMANDS, may_use
from core.people import find_caller
from core.settings import LANGUAGES
from tests.conftest import Servers, demo_settings, fresh_database
from tests.play import Play
from tests.talks.answers import RECEIPT
from tests.talks.stage import just_now
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

STRANGERS = ("one connection", "unknown")
"""Who is walked without a language, too."""

AGAIN = ("cash", "later", "write", "tasks", "review", "hist")
"""Talks that say what the others have done: by SMS they are walked once more after all of those."""

CODE = re.compile(r"(?<![0-9])[0-9]{6}(?![0-9])")

DEVANAGARI = re.compile("[\u0900-\u097f]")

Walked = dict[tuple[str, ...], Stop]


@contextmanager
def walking(servers: Servers, stage: str, channel: str, kind: str, language: str | None) -> Iterator[Walk]:
    """A walk of one kind of caller, as if he had chosen this language (None: not yet)."""
    with fresh_database(servers, stage) as url, closing(Play(demo_settings(servers, url))) as play:
        play.services.redis.flushall()
        just_now(play.services.database)
        yield make_walk(play, channel, CALLERS[kind], language)


def make_walk(play: Play, channel: str, phone: str, language: str | None) -> Walk:
    caller = msgspec.structs.replace(find_caller(play.services.database.reader, phone), language=language)

    def code() -> str:
        sent = str(play.scalar("SELECT body FROM outbox WHERE kind = 'code' ORDER BY id DESC LIMIT 1"))
        return str(CODE.findall(sent)[0])

    def receipt_code() -> str:
        return str(play.scalar(f"SELECT code FROM receipt WHERE number = '{RECEIPT}'"))

    return Walk(play.services, channel, caller, language or "hi-Latn", code, receipt_code)


def walk_all(walk: Walk) -> Walked:
    """All stops of a caller's menu, and in writing of every command he may send.

    In writing there are two ways into a talk. It is walked to its end from its word by SMS, from the menu
    on WhatsApp, where people tap; the other way to its first question, as it is the same talk from there.
    """
    starts = {"menu": walk.channel != "sms"}
    if walk.channel != "ussd":
        sent = [one for one in COMMANDS if may_use(walk.caller, one) and one.name != "menu"]
        starts |= {one.name: walk.channel == "sms" or one.menu is None for one in sent}
    found = [(start, stop) for start, whole in starts.items() for stop in walk.stops(start, whole=whole)]
    if walk.channel == "sms":
        found += [(f"{name} again", stop) for name in AGAIN if name in starts for stop in walk.stops(name)]
    return {(start, *stop.path): stop for start, stop in found}


def walk_in_every_language(servers: Servers, stage: str, channel: str, kind: str) -> dict[str, set[str]]:
    """Walk every option in each language and hold them side by side; gives the keys of what was said."""
    walked: dict[str, Walked] = {}
    keys: dict[str, set[str]] = {}
    for language in LANGUAGES:
        with walking(servers, stage, channel, kind, language) as walk:
            walked[language] = walk_all(walk)
        keys[language] = walk.watch.keys
    check_languages(walked)
    return keys


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


def choose_a_language(servers: Servers, stage: str, channel: str, kind: str) -> None:
    """A caller without a language chooses one and goes on in it."""
    with walking(servers, stage, channel, kind, None) as walk:
        stops = {stop.path: stop for stop in walk.stops("menu")}
    for key, language in zip("123", LANGUAGES, strict=True):
        assert stops[(key,)].place.language == language
        assert bool(DEVANAGARI.search(stops[(key,)].words)) == (language == "hi")
