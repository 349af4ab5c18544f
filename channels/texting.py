"""A written message, SMS or WhatsApp: stored as it came, answered once through the outbox.

A repeat of the webhook, a second webhook at the same moment and the sweep after a crash all end in
the same single answer: the inbound row is marked in the transaction that writes it.
"""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from sqlalchemy import text
from sqlalchemy.orm import Session

from channels import carrying, free_text
from channels.callers import caller_of, whom_to_answer
from channels.line import LONGEST, Line, language_of, parse
from channels.message import PLACE, Inbound
from channels.nudge import nudge_on_hop
from channels.places import Loaded, Place
from channels.services import Services
from channels.turn import Turn
from channels.whatsapp.tapping import take_tap
from channels.whatsapp.widgets import beside, read_tap, widget_on, widgets_of
from channels.written import PAGERS
from conversations.replay import Memory
from core import outbox, texts
from core.fold import fold
from core.people import Caller
from core.phones import is_scoped, masked
from core.picture import Picture
from core.text import Text, render, say
from core.widget import Widget

log = structlog.get_logger(__name__)

LIFE = 1800
"""Seconds an open question is kept."""
TRIES = 4
KEPT = 2000
"""Characters of a text that are stored; no person types more by hand."""

_MARK = text("""
    UPDATE inbound SET handled_at = now(), lost = :lost, body = CASE WHEN :secret THEN '' ELSE body END
    WHERE id = :id AND handled_at IS NULL RETURNING id
""")


def receive(services: Services, inbound: Inbound) -> None:
    """Store a text, then answer it; what was answered before is left alone.

    Raises only while the text is not stored yet, so that the provider sends it again. Once it is,
    whatever breaks is tried again by the sweep.
    """
    phone = whom_to_answer(inbound)
    # Before the text is stored, which then says whether somebody has answered it meanwhile.
    loaded = services.places.load(inbound.channel, phone) if phone else None
    id_, answered = texts.store(
        services.database.reader,
        channel=inbound.channel,
        provider=inbound.provider,
        provider_id=inbound.provider_id,
        sender=inbound.sender,
        body=inbound.given.replace("\x00", " ")[:KEPT],
        phone=phone,
        photos=inbound.photos if services.settings.media is not None else (),
        caption=inbound.caption,
    )
    if answered:
        return
    try:
        Texting(services, id_, inbound).answer(loaded)
    except Exception as error:
        # The text is safe, and the sweep goes on from here.
        log.error("sms broke", sender=masked(inbound.sender), exc_info=error)


class AlreadyAnswered(Exception):
    """Somebody else has answered this text meanwhile: what this hop made of it must not happen."""


@dataclass
class Texting:
    """One text on its way to its answer."""

    services: Services
    id: int
    inbound: Inbound
    replied: bool = False
    lost: bool = False
    """No command understood it."""
    secret: bool = False
    """It answers the question for a PIN, and is forgotten once it is answered."""

    @property
    def _talk(self) -> str:
        return f"{self.inbound.provider}:{self.inbound.provider_id}"

    def answer(self, loaded: Loaded | None = None) -> None:
        """Find the talk, take the turn, write the reply; again if another hop got in between.

        `loaded`: the place as it was read before the text was known to be unanswered.
        """
        phone = whom_to_answer(self.inbound)
        if phone is None:
            # A header such as VM-BANK can't be answered, and answering machines would loop.
            log.info("sms_without_phone", provider=self.inbound.provider)
            self._mark_only()
            return
        for _ in range(TRIES):
            try:
                done = self._once(phone, loaded or self._load(phone))
            except AlreadyAnswered:
                return
            except free_text.NobodyReads:
                self._mark_only()
                return
            loaded = None
            if done:
                nudge_on_hop(self.services.wire, self.services.redis)
                return
        raise RuntimeError(f"hops of {masked(phone)} kept getting in between")

    def give_up(self) -> None:
        """Tell the sender that it did not work, after several tries."""
        phone = whom_to_answer(self.inbound)
        if phone is None:
            self._mark_only()
            return
        caller = caller_of(self.services, Loaded(b"", None, None), phone)
        language = self._language(caller, None)
        self._say(phone, render(say("nav.again"), language), language)

    def _load(self, phone: str) -> Loaded:
        """The place, for a text that nobody had answered when it was read.

        Whoever answered this text may have moved or ended its talk, and what it said must not be taken
        for an answer to something else.
        """
        loaded = self.services.places.load(self.inbound.channel, phone)
        if texts.is_answered(self.services.database.reader, self.id):
            raise AlreadyAnswered
        return loaded

    def _once(self, phone: str, loaded: Loaded) -> bool:
        """One try; False when another hop of this phone moved the talk meanwhile."""
        if loaded.place is not None and loaded.place.text == self.inbound.provider_id:
            self._reply(loaded.place)
            return True
        if self.inbound.photos and self.services.settings.media is not None:
            self._thank(loaded, phone)
            return True
        if self.inbound.channel == "whatsapp" and self._is_wordless(loaded.place):
            self._say_beside(loaded, phone, say("nav.only_words"))
            return True
        turn = self._turned(loaded, phone)
        if turn is None:
            self._say_beside(loaded, phone, say("nav.old_button"))
            return True
        place = turn.place
        if turn.shown and self.inbound.channel == "whatsapp":
            question, note = turn.shown.prompt, turn.shown.note
            place.widgets = widgets_of(question, note, place.language, place.talk, len(place.pages))
        place.text = self.inbound.provider_id
        ended = place.over and place.page == len(place.pages) - 1
        if not ended and not self.services.places.save(self.inbound.channel, phone, loaded.raw, place, LIFE):
            return self.replied
        if not self.replied:
            self._reply(place, turn.picture)
        if ended and loaded.raw:
            # Last, so that whoever finds no place finds the text answered.
            self.services.places.forget(self.inbound.channel, phone, loaded.raw)
        return True

    def _thank(self, loaded: Loaded, phone: str) -> None:
        """A photo: whoever fetches it says how it went; an open question stays open meanwhile."""
        if loaded.place is None or loaded.place.over:
            self._mark_only()
        else:
            self._say_beside(loaded, phone, say("photo.coming"))

    def _is_wordless(self, place: Place | None) -> bool:
        """A sticker, a voice note; and a place, where a question stands open that is not for free words."""
        given = fold(self.inbound.given)
        asked = place is not None and not place.over and not place.whole
        return not given or (asked and given.startswith(PLACE))

    def _turned(self, loaded: Loaded, phone: str) -> Turn | None:
        """The turn that this message makes; None when it is a button of a question that is over."""
        tap = read_tap(self.inbound.given)
        if tap is None:
            free_text.expect_a_person(self.inbound.given)
            turn = self._continued(loaded) or self._carried(loaded, phone) or self._started(loaded, phone)
            if turn.unclear:
                self._expect_a_reader(phone)
            return turn
        standing = self._turn(loaded.place) if loaded.place else None
        return take_tap(tap, standing, lambda: self._fresh_menu(loaded, phone))

    def _fresh_menu(self, loaded: Loaded, phone: str) -> Turn:
        caller = caller_of(self.services, loaded, phone)
        return self._turn(Place(self._talk, "menu", caller, Memory(), self._language(caller, None)))

    def _say_beside(self, loaded: Loaded, phone: str, said: Text) -> None:
        """A kind word for a sticker, a voice note or an old button; an open question stays open."""
        place, caller = loaded.place, caller_of(self.services, loaded, phone)
        language = place.language if place else self._language(caller, None)
        words, widget = render(said, language), None
        if place and not place.over:
            widget = beside(words, widget_on(place))
            words += "\n\n" + place.pages[place.page]
        self._say(phone, words, language, widget)

    def _continued(self, loaded: Loaded) -> Turn | None:
        """The open talk with this answer, or None when a new command is meant.

        An answer that the open question can take is one, even if it is also the word of a command;
        only free text gives way to a full line of a staff command.
        """
        given = fold(self.inbound.given[:LONGEST])
        place = loaded.place
        if place is None or not given:
            return None
        line = parse(given, place.caller)
        command = line is not None and line.exact and line.allowed
        said_in_full = place.whole and line and line.command.audience == "staff" and line.words
        if line and command and (line.command.at_once or said_in_full):
            return None
        turn = self._turn(place)
        self.secret = place.secret
        over = place.over
        turn.take(given)
        if (over and not turn.moved) or (turn.unclear and command):
            return None
        return turn

    def _carried(self, loaded: Loaded, phone: str) -> Turn | None:
        """The talk that broke off on USSD, if this text means to go on with it."""
        place = carrying.take_over(self.services, phone, loaded, fold(self.inbound.given), self._talk)
        if place is None:
            return None
        turn = self._turn(place)
        turn.take(None)
        return turn

    def _started(self, loaded: Loaded, phone: str) -> Turn:
        """A new talk from this line, or words that say what could be sent."""
        caller = caller_of(self.services, loaded, phone)
        line = parse(self.inbound.given, caller)
        language = self._language(caller, line)
        person = free_text.to_a_person(self.services.database.reader, self.inbound.given, caller, line)
        if person or line is None:
            self._expect_a_reader(phone)
        line = person or line
        refused = free_text.refused(self.inbound.given, line, caller)
        command = line.command.name if line and line.allowed else "help"
        if is_scoped(phone) and not caller.lines and (refused is not None or command == "menu"):
            # Without a number nobody knows whose phone this is: first of all it can be linked.
            command, refused = "link", None
        queue = list(line.words) if line else []
        place = Place(
            self._talk, command, caller, Memory(queue=queue, sure=bool(line and line.exact)), language
        )
        turn = self._turn(place)
        if refused is None:
            turn.take(None)
        else:
            turn.say(refused)
        return turn

    def _expect_a_reader(self, phone: str) -> None:
        """Note that nothing understood this text; stop where only a machine would read the answer."""
        self.lost = True
        reader, inbound = self.services.database.reader, self.inbound
        free_text.expect_a_reader(reader, self.id, inbound.sender, phone, inbound.given)

    def _turn(self, place: Place) -> Turn:
        def finish(session: Session, pages: list[str], picture: Picture | None) -> None:
            if not self._answer_in(session, place.caller.phone, pages[0], place.language, picture):
                raise AlreadyAnswered
            self.replied = True

        return Turn(self.services, self.inbound.channel, PAGERS[self.inbound.channel], place, finish=finish)

    def _language(self, caller: Caller, line: Line | None) -> str:
        return language_of(self.inbound.given, caller, line, self.services.settings.default_language)

    def _reply(self, place: Place, picture: Picture | None = None) -> None:
        words = place.pages[place.page]
        self._say(place.caller.phone, words, place.language, widget_on(place), picture)

    def _say(
        self,
        phone: str,
        words: str,
        language: str,
        widget: Widget | None = None,
        picture: Picture | None = None,
    ) -> None:
        """Mark the text as answered and write its one reply, unless it was answered before."""
        texts.answer(
            self.services.database.reader,
            self.id,
            recipient=phone,
            words=words,
            language=language,
            channel=self.inbound.channel,
            widget=widget,
            picture=picture,
            lost=self.lost,
            secret=self.secret,
        )

    def _answer_in(
        self, session: Session, phone: str, words: str, language: str, picture: Picture | None
    ) -> bool:
        """As `_say`, in the transaction of an act; False when the text was answered before."""
        if (
            session.execute(
                _MARK, {"id": self.id, "lost": self.lost, "secret": self.secret}
            ).scalar_one_or_none()
            is None
        ):
            return False
        outbox.post(
            session,
            source=f"reply:{self.id}",
            recipient=phone,
            kind="reply",
            text=words,
            language=language,
            channel=self.inbound.channel,
            picture=picture,
            default_language=self.services.settings.default_language,
        )
        return True

    def _mark_only(self) -> None:
        with self.services.database.begin() as session:
            session.execute(_MARK, {"id": self.id, "lost": self.lost, "secret": self.secret})
