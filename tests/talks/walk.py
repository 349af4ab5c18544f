"""The walk: every option of every conversation, in one language on one channel, for one caller.

A talk is walked as a tree. Each question is answered with every choice it has, or with the good and
bad answers that ANSWERS holds for it; the tree ends where talks end. On the way every screen is
measured and leafed through, and back and home are tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count

import msgspec

from channels.places import Place
from channels.services import Services
from channels.turn import Pager, Turn
from channels.ussd import screen
from channels.whatsapp.widgets import read_tap, widgets_of
from channels.written import MOST_CHARACTERS, MOST_PARTS, PAGERS
from conversations.prompts import Ask, Confirm, Prompt, options_of
from conversations.replay import Memory
from core.fold import keyword
from core.gsm import fits_screen, parts
from core.people import Caller
from core.text import Text
from tests.talks.answers import ANSWERS, CODE, RECEIPT_CODE

DEEPEST = 10
"""Answers of the longest talk there is, and some; whatever goes on longer does not end."""

LEAD = {False: "CON ", True: "END "}


@dataclass
class Watch:
    """The channel's own pager, and what was asked of it last."""

    pager: Pager
    prompt: Prompt | None = None
    note: Text | None = None
    keys: set[str] = field(default_factory=set)

    def pages_of_prompt(self, prompt: Prompt, note: Text | None, language: str, deep: bool) -> list[str]:
        self.prompt, self.note = prompt, note
        for text in (prompt.text, *(option.label for option in options_of(prompt)), note):
            self.keys |= keys_of(text)
        return self.pager.pages_of_prompt(prompt, note, language, deep)

    def pages_of_words(self, text: Text, language: str) -> list[str]:
        self.prompt, self.note = None, None
        self.keys |= keys_of(text)
        return self.pager.pages_of_words(text, language)


def keys_of(text: object) -> set[str]:
    """The keys of a text and of all texts in it."""
    if isinstance(text, tuple):
        return {key for each in text for key in keys_of(each)}
    if not isinstance(text, Text):
        return set()
    return {text.key}.union(*(keys_of(value) for _, value in text.params))


@dataclass(frozen=True)
class Stop:
    """Where the walk stands: the answers that led here, the place, the question asked (None: over)."""

    path: tuple[str, ...]
    place: Place
    prompt: Prompt | None
    unclear: bool

    @property
    def words(self) -> str:
        return "\n".join(self.place.pages)


@dataclass
class Walk:
    """One caller on one channel; `code` gives the one-time code that was sent last.

    `receipt_code` gives the code on the receipt RECEIPT.
    """

    services: Services
    channel: str
    caller: Caller
    language: str
    code: Callable[[], str]
    receipt_code: Callable[[], str]
    watch: Watch = field(init=False)
    _talks: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        self.watch = Watch(screen if self.channel == "ussd" else PAGERS[self.channel])

    def stops(self, command: str, *, whole: bool = True) -> list[Stop]:
        """Walk a command from its start; gives every stop, each of them checked.

        Not `whole`: through menus only, and of the talks they lead to the first question.
        """
        start = self._start(command)
        self._check(start, None)
        return [start, *self._after(start, whole)]

    def _after(self, stop: Stop, whole: bool) -> list[Stop]:
        """All that can follow; one branch to its end before the next begins, as acts change what is true."""
        if stop.prompt is None or stop.unclear or not (whole or stop.prompt.text.key.startswith("menu.")):
            return []
        assert len(stop.path) < DEEPEST, f"does not end: {stop.path}"
        found: list[Stop] = []
        for raw in answers_to(stop.prompt):
            after = self._answer(stop, raw)
            self._check(after, stop)
            found.append(after)
            # Asked the same again, a person answers as before: nothing new is to be seen there.
            if after.prompt is None or after.prompt.text.key != stop.prompt.text.key:
                found += self._after(after, whole)
        return found

    def _check(self, stop: Stop, before: Stop | None) -> None:
        self._check_pages(stop)
        self._check_moves(stop, before)

    def _start(self, command: str) -> Stop:
        place = Place(self._talk(), command, self.caller, Memory(), self.language)
        return self._take((), place, None)

    def _answer(self, stop: Stop, raw: str) -> Stop:
        """Give one answer; an answer must be understood exactly when ANSWERS calls it good."""
        after = self._take((*stop.path, raw), self._fork(stop.place), raw)
        bad = isinstance(stop.prompt, Ask) and raw in ANSWERS[stop.prompt.text.key][1]
        expected = bad or (not isinstance(stop.prompt, Ask) and raw == WRONG_KEY)
        assert after.unclear is expected, f"{after.path}: {after.words}"
        return after

    def _take(self, path: tuple[str, ...], place: Place, raw: str | None) -> Stop:
        turn = Turn(self.services, self.channel, self.watch, place)
        turn.take(self._typed(raw))
        return Stop(path, place, None if place.over else self.watch.prompt, turn.unclear)

    def _typed(self, raw: str | None) -> str | None:
        if raw == CODE:
            return self.code()
        return self.receipt_code() if raw == RECEIPT_CODE else raw

    def _fork(self, place: Place) -> Place:
        """The same moment in a talk of its own, so that acts of one branch are not another's."""
        copy = msgspec.msgpack.decode(msgspec.msgpack.encode(place), type=Place)
        copy.talk = self._talk()
        return copy

    def _talk(self) -> str:
        return f"walk-{self.channel}-{self.language}-{self.caller.phone}-{id(self)}-{next(self._talks)}"

    def _check_pages(self, stop: Stop) -> None:
        """Every page fits; 98 leads through all of them in order, 0 back."""
        pages = stop.place.pages
        assert pages, stop.path
        assert all(page.strip() for page in pages), stop.path
        for number, page in enumerate(pages, 1):
            ends = stop.place.over and number == len(pages)
            if self.channel == "ussd":
                assert fits_screen(LEAD[ends] + page), f"too long for the screen: {stop.path}\n{page}"
            elif self.channel == "whatsapp":
                assert len(page) <= MOST_CHARACTERS, f"too long for one message: {stop.path}\n{page}"
                self._check_widgets(stop)
            else:
                assert parts(page) <= MOST_PARTS, f"too many parts: {stop.path}\n{page}"
        if len(pages) > 1:
            place = self._fork(stop.place)
            ways = ["98", *(["9"] if place.options < 9 else [])]
            shown = [pages[0]] + [self._page(place, ways[i % len(ways)]) for i in range(1, len(pages))]
            assert shown == pages, stop.path
            assert self._page(place, "0") == pages[-2], stop.path

    def _check_widgets(self, stop: Stop) -> None:
        """Whatever can be chosen can be tapped, within WhatsApp's limits; each tap is its own choice."""
        prompt, place = stop.prompt, stop.place
        if prompt is None or not options_of(prompt):
            return
        widgets = widgets_of(prompt, self.watch.note, place.language, place.talk, len(place.pages))
        assert widgets, f"nothing to tap: {stop.path}\n{stop.words}"
        numbers: list[int] = []
        for widget in widgets:
            titles = [choice.title for choice in widget.options]
            buttons = widget.type == "buttons"
            assert len(titles) == len({keyword(title) for title in titles}) <= (3 if buttons else 10), (
                stop.path
            )
            assert all(0 < len(title) <= (20 if buttons else 24) for title in titles), (
                f"{stop.path}: {titles}"
            )
            assert all(len(choice.description or "") <= 72 for choice in widget.options), stop.path
            assert 0 < len(widget.body) <= MOST_CHARACTERS, stop.path
            assert buttons or 0 < len(widget.button or "") <= 20, stop.path
            taps = [read_tap(choice.id) for choice in widget.options]
            assert all(tap and tap.belongs_to(place.talk, place.memory.shown) for tap in taps), stop.path
            numbers += [tap.number for tap in taps if tap and not tap.page]
        assert numbers == list(range(1, len(options_of(prompt)) + 1)), stop.path

    def _page(self, place: Place, key: str) -> str:
        self._take((), place, key)
        return place.pages[place.page]

    def _check_moves(self, stop: Stop, before: Stop | None) -> None:
        """00 leads to the menu, 0 to the question before, or to the menu where no way leads back."""
        if stop.prompt is None:
            return
        home = self._take((), self._fork(stop.place), "00")
        menu = Place(self._talk(), "menu", home.place.caller, Memory(), home.place.language)
        assert home.words == self._take((), menu, None).words, f"00 after {stop.path}"
        back = self._take((), self._fork(stop.place), "0")
        wanted = {home.words} | ({before.words} if before else set())
        if stop.unclear and before:
            wanted |= {self._take((), self._fork(before.place), "0").words}
        assert back.words in wanted, f"0 after {stop.path}: {back.words}"


WRONG_KEY = "77"
"""A key that no menu has."""


def answers_to(prompt: Prompt) -> list[str]:
    """What the walk says to a question: what can't be taken first, a no before a yes."""
    if isinstance(prompt, Ask):
        assert prompt.text.key in ANSWERS, f"teach tests/talks/answers.py how to answer {prompt.text.key}"
        good, bad = ANSWERS[prompt.text.key]
        return [*bad, *good]
    return [WRONG_KEY, *_keys(prompt)]


def _keys(prompt: Prompt) -> list[str]:
    keys = [str(number) for number in range(1, len(options_of(prompt)) + 1)]
    return keys[::-1] if isinstance(prompt, Confirm) else keys
