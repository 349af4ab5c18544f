"""One turn of a talk, whatever the channel: input in, pages out, effects exactly once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Protocol

import msgspec
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from channels.once import claim, keep_question, keep_result, result_of, step_key
from channels.places import Place
from channels.services import Services
from conversations.catalogue import BY_NAME
from conversations.labels import option_named
from conversations.prompts import Ask, Confirm, Do, Look, Prompt, options_of
from conversations.replay import Acting, Effects, Memory, Replay, Said, Show, back, done
from core.clock import now
from core.doing import Doing
from core.errors import Refusal
from core.fold import keyword
from core.picture import Picture
from core.text import Text, words_in_all


class Pager(Protocol):
    """How a channel cuts words into pages."""

    def pages_of_prompt(self, prompt: Prompt, note: Text | None, language: str, deep: bool) -> list[str]: ...

    def pages_of_words(self, text: Text, language: str) -> list[str]: ...


class Finish(Protocol):
    """What else is written in the transaction that ends a talk: its pages, and what is shown beside."""

    def __call__(self, session: Session, pages: list[str], picture: Picture | None) -> None: ...


Before = Callable[[Session], Callable[[], None]]
Close = Callable[[Session, list[str]], None]


@dataclass
class Turn:
    """One turn. `finish` runs in the transaction of the act that ends the talk, with its words;
    `before`, in that of a change in mid-talk, ahead of it; what it gives is called when both have happened.

    `rebuilt`: the person may not have seen the question that this input meets, so a yes is asked
    again. `confirming`: a yes or no is what is asked now. `shown`: the question that this turn has come to.
    `picture`: what is shown beside the words that end the talk.
    """

    services: Services
    channel: str
    pager: Pager
    place: Place
    rebuilt: bool = False
    finish: Finish | None = None
    before: Before | None = None
    unclear: bool = False
    in_vain: bool = False
    moved: bool = False
    confirming: bool = False
    shown: Show | None = None
    picture: Picture | None = None

    def take(self, given: str | None) -> None:
        """Move about, or answer; the place then holds what is to be shown."""
        if given is not None:
            self.place.turn += 1
            if self.place.secret:
                self.place.secrets.append(self.place.turn - 1 + self.place.shift)
            self.moved = self._moved(given)
            if self.moved:
                return
        if self.place.over:
            return
        self._run(given)

    def repeat(self, pages: list[str]) -> None:
        """Show the words of an act that has happened."""
        self._end(pages)

    def keep_question(self) -> None:
        """Write down which yes or no is asked now; only the database can, while Redis is away."""
        with self.services.database.begin() as session:
            keep_question(session, self.place)

    def say(self, said: Text) -> None:
        """Words instead of a talk."""
        self._end(self.pager.pages_of_words(said, self.place.language))

    def _moved(self, given: str) -> bool:
        """Keys and words that move about; those that are choices of the question are not for us."""
        place, key = self.place, keyword(given)
        more = place.page + 1 < len(place.pages)
        if more and (key == "98" or (key == "9" and place.options < 9) or key in _words("nav.more_words")):
            place.page += 1
        elif key == "00":
            self._home()
        elif key == "0" or (key in _words("nav.back_words") and not place.whole):
            self._back()
        else:
            return False
        return True

    def _back(self) -> None:
        place = self.place
        if place.page > 0:
            place.page -= 1
        elif not place.over and back(place.memory):
            self._run(None)
        else:
            self._home()

    def _home(self) -> None:
        """The main menu, as a talk that goes on under the same name."""
        place = self.place
        self._keep_language()
        place.command, place.over, place.memory, place.taken_at = "menu", False, Memory(), -1
        self._run(None)

    def _keep_language(self) -> None:
        """Once a talk is over, the language chosen in it is the caller's: the next does not ask again."""
        place = self.place
        language = done(place.memory, "language")
        if language is not None:
            place.caller = msgspec.structs.replace(place.caller, language=language)

    def _run(self, given: str | None) -> None:
        place = self.place
        talk = BY_NAME[place.command].talk(place.caller)
        replay = Replay(place.memory, Effects(self._look, self._do), option_named, given, self.rebuilt)
        try:
            outcome = replay.run(talk)
            if isinstance(outcome, Acting):
                self._end(self._act(outcome))
            elif isinstance(outcome, Said):
                self._end(self.pager.pages_of_words(outcome.text, place.language))
                self.picture = outcome.text.picture
            else:
                self._show(outcome)
        except Refusal as refusal:
            self._end(self.pager.pages_of_words(refusal.text, place.language))

    def _show(self, show: Show) -> None:
        place, self.shown = self.place, show
        given = sum(answer.mark >= 0 for answer in place.memory.answers)
        # The first choice of a language leads to the menu, which is the top.
        deep = place.command != "menu" or given > (done(place.memory, "language") is not None)
        place.pages = self.pager.pages_of_prompt(show.prompt, show.note, place.language, deep)
        place.page, place.over, place.widgets = 0, False, []
        place.options = len(options_of(show.prompt))
        place.whole = isinstance(show.prompt, Ask) and show.prompt.whole
        place.secret = isinstance(show.prompt, Ask) and show.prompt.secret
        self.in_vain = isinstance(show.prompt, Ask) and show.prompt.sought
        self.unclear, self.picture = show.unclear, show.prompt.text.picture
        self.confirming = isinstance(show.prompt, Confirm)

    def _end(self, pages: list[str]) -> None:
        """Nothing more is asked: only the pages are kept, for a repeat and for MORE."""
        place = self.place
        self._keep_language()
        place.memory = Memory()
        self.confirming, self.shown, place.widgets = False, None, []
        place.pages, place.page, place.over, place.options = pages, 0, True, 0
        place.whole = place.secret = False

    def _look(self, look: Look) -> Any:
        return look.query(self.services.database.reader)

    def _do(self, item: Do, step: int) -> str:
        """A change in mid-talk; a choice of language is heard from the next words on."""
        happened: list[Callable[[], None]] = []

        def run(doing: Doing) -> tuple[str, None]:
            if self.before is not None:
                happened[:] = [self.before(doing.session)]
            return item.act(doing), None

        result = self._once(step, run)
        for each in happened:
            each()
        if item.name == "language":
            self.place.language = str(result)
        return str(result)

    def _act(self, acting: Acting) -> list[str]:
        """The act that ends the talk; its words are kept with it, so that a repeat hears the same."""

        def run(doing: Doing) -> tuple[list[str], Close | None]:
            said = acting.act(doing)
            close = partial(self.finish, picture=said.picture) if self.finish else None
            return self.pager.pages_of_words(said, self.place.language), close

        return list(self._once(acting.step, run))

    def _once(self, step: int, run: Callable[[Doing], tuple[Any, Close | None]]) -> Any:
        """Run a change under a key that can be used once; a repeat gets its result.

        When the database is lost in between, nobody knows whether the change was committed. The key
        tells, so it is simply tried once more.
        """
        try:
            result = self._in_one_transaction(step, run)
        except OperationalError:
            result = self._in_one_transaction(step, run)
        self.services.places.forget_caller(self.place.caller.phone)
        return result

    def _in_one_transaction(self, step: int, run: Callable[[Doing], tuple[Any, Close | None]]) -> Any:
        key, changed = step_key(self.place, step), set[str]()
        with self.services.database.begin() as session:
            if not claim(session, self.place, key):
                result = result_of(session, key)
            else:
                doing = Doing(session, self.place.caller, self.channel, key, now(), self.services.settings)
                result, close = run(doing)
                if close is not None:
                    close(session, result)
                keep_result(session, key, result)
                changed = doing.changed
        for phone in changed:
            self.services.places.forget_phone(phone)
        return result


@lru_cache(maxsize=16)
def _words(key: str) -> frozenset[str]:
    return frozenset(keyword(word) for word in words_in_all(key))
