"""What a written message means: an answer to the open question, a talk to go on with, a command, or neither.

It finds the turn that the message makes and takes it; storing and answering is channels/texting.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from channels import carrying, free_text
from channels.callers import caller_of
from channels.line import LONGEST, Line, language_of, parse
from channels.message import PLACE, Inbound
from channels.places import Loaded, Place
from channels.services import Services
from channels.turn import Turn
from channels.whatsapp.tapping import take_tap
from channels.whatsapp.widgets import read_tap
from conversations.replay import Memory
from core import texts
from core.fold import fold
from core.people import Caller
from core.phones import is_scoped
from core.work import own


@dataclass
class Signs:
    """What is written down of a message. `lost`: no command understood it; `secret`: it holds a PIN."""

    lost: bool = False
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Meaning:
    """One message of `phone`, and where the phone's talks stand.

    `turn`: how a turn of a place is made. `keep`: stores the message, before anything is changed by it.
    """

    services: Services
    inbound: Inbound
    phone: str
    loaded: Loaded
    turn: Callable[[Place], Turn]
    keep: Callable[[], object]
    signs: Signs

    @property
    def _talk(self) -> str:
        return f"{self.inbound.provider}:{self.inbound.provider_id}"

    @property
    def wordless(self) -> bool:
        """A sticker, a voice note; and a place, where a question stands open that is not for free words."""
        given, place = fold(self.inbound.given), self.loaded.place
        asked = place is not None and not place.over and not place.whole
        return not given or (asked and given.startswith(PLACE))

    def taken(self) -> Turn | None:
        """The turn that this message makes; None when it is a button of a question that is over."""
        tap = read_tap(self.inbound.given)
        if tap is None:
            free_text.expect_a_person(self.inbound.given)
            turn = self._continued() or self._carried() or self._started()
            if turn.unclear:
                self._expect_a_reader()
            return turn
        standing = self.turn(self.loaded.place) if self.loaded.place else None
        return take_tap(tap, standing, self._fresh_menu)

    def _language(self, caller: Caller, line: Line | None = None) -> str:
        """The caller's own, else that of the words."""
        return language_of(self.inbound.given, caller, line, self.services.settings.default_language)

    def _caller(self) -> Caller:
        return caller_of(self.services, self.loaded, self.phone)

    def _fresh_menu(self) -> Turn:
        caller = self._caller()
        return self.turn(Place(self._talk, "menu", caller, Memory(), self._language(caller)))

    def _is_sure(self, line: Line) -> bool:
        """Whether what can be undone needs no yes; a word alone may mean the open question, so UNDO asks."""
        place = self.loaded.place
        asked = place is not None and not place.over
        return line.exact and (bool(line.words) or line.command.at_once or not asked)

    def _continued(self) -> Turn | None:
        """The open talk with this answer, or None when a new command is meant.

        An answer that the open question can take is one, even if it is also the word of a command;
        only free text gives way to a full line of a staff command, and to the menu, which is no words to
        keep. What was looked for in vain is none.
        """
        given = fold(self.inbound.given[:LONGEST])
        place = self.loaded.place
        if place is None or not given:
            return None
        line = parse(given, place.caller)
        command = line is not None and line.exact and line.allowed
        said_in_full = place.whole and line and line.command.audience == "staff" and line.words
        menu = place.whole and line and line.command.name == "menu" and not line.words
        if line and command and (line.command.at_once or said_in_full or menu):
            return None
        turn = self.turn(place)
        if self._unseen(place):
            if command and not given.isdecimal():
                return None
            turn.take(None)
            return turn
        if command and given.isdecimal() and self._asked_after(place):
            return None
        self.signs.secret = place.secret
        over = place.over
        turn.take(given)
        if (over and not turn.moved) or ((turn.unclear or turn.in_vain) and command):
            return None
        return turn

    def _unseen(self, place: Place) -> bool:
        """Whether the open question was never sent, because its hop was killed or is still under way.

        Whoever has not seen it can't have answered it: it is asked again.
        """
        if place.over or place.text in ("", self.loaded.told):
            return False
        return not texts.was_answered(self.services.database.reader, self.inbound.provider, place.text)

    def _asked_after(self, place: Place) -> bool:
        """Whether 1 or 2 answers what was asked later than the open question: is light back?"""
        reader, provider = self.services.database.reader, self.inbound.provider
        return not place.over and own.asked_after(reader, self.phone, provider, place.text)

    def _carried(self) -> Turn | None:
        """The talk that broke off on USSD, if this text means to go on with it."""
        if not carrying.is_meant(self.loaded, fold(self.inbound.given)):
            return None
        self.keep()
        place = carrying.take_over(self.services, self.phone, self.loaded, self._talk)
        if place is None:
            return None
        turn = self.turn(place)
        turn.take(None)
        return turn

    def _started(self) -> Turn:
        """A new talk from this line, or words that say what could be sent."""
        caller = self._caller()
        line = parse(self.inbound.given, caller)
        language = self._language(caller, line)
        person = free_text.to_a_person(self.services.database.reader, self.inbound.given, caller, line)
        if person or line is None:
            self._expect_a_reader()
        line = person or line
        refused = free_text.refused(self.inbound.given, line, caller)
        command = line.command.name if line and line.allowed else "help"
        if is_scoped(self.phone) and not caller.lines and (refused is not None or command == "menu"):
            # Without a number nobody knows whose phone this is: first of all it can be linked.
            command, refused = "link", None
        queue = list(line.words) if line else []
        memory = Memory(queue=queue, sure=line is not None and self._is_sure(line))
        turn = self.turn(Place(self._talk, command, caller, memory, language))
        if refused is None:
            turn.take(None)
        else:
            turn.say(refused)
        return turn

    def _expect_a_reader(self) -> None:
        """Note that nothing understood this text; stop where only a machine would read the answer."""
        self.signs.lost = True
        free_text.expect_a_reader(self.services.database.reader, self.inbound, self.phone)
