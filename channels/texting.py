"""A written message, SMS or WhatsApp: stored as it came, answered once through the outbox.

A repeat of the webhook, a second webhook at the same moment and the sweep after a crash all end in
the same single answer: the inbound row is marked in the transaction that writes it. Where a message
changes nothing, row and answer are one statement; nothing is changed without the message being stored by
the same commit or an earlier one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import structlog
from sqlalchemy import text
from sqlalchemy.orm import Session

from channels import free_text
from channels.callers import caller_of, whom_to_answer
from channels.line import language_of
from channels.meaning import Meaning, Signs
from channels.message import Inbound
from channels.nudge import nudge_on_hop
from channels.places import Loaded, Place
from channels.services import Services
from channels.turn import Turn
from channels.whatsapp.widgets import beside, widget_on, widgets_of
from channels.written import PAGERS
from core import texts
from core.people import Caller
from core.phones import masked
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


class AlreadyAnswered(Exception):
    """Somebody else has answered this text meanwhile: what this hop made of it must not happen."""


def receive(services: Services, inbound: Inbound) -> None:
    """Store a text and answer it; what was answered before is left alone.

    Raises only while the text can't be stored, so that the provider sends it again. Once it is,
    whatever breaks is tried again by the sweep.
    """
    phone = whom_to_answer(inbound)
    texting = Texting(services, inbound)
    try:
        # Before the text is known to be unanswered: what is found then can't be what its answer left.
        texting.answer(services.places.load(inbound.channel, phone) if phone else None)
    except Exception as error:
        # Whatever broke, the text is kept, and the sweep goes on from here.
        texting.keep_for_the_sweep()
        log.error("sms broke", sender=masked(inbound.sender), exc_info=error)


@dataclass
class Texting:
    """One text on its way to its answer. `id`: its row, once it is stored without its answer."""

    services: Services
    inbound: Inbound
    id: int | None = None
    replied: bool = False
    signs: Signs = field(default_factory=Signs)

    def answer(self, loaded: Loaded | None = None) -> None:
        """Find the talk, take the turn, write the reply; again if another hop got in between.

        `loaded`: the place as it was read when nobody had answered the text.
        """
        phone = whom_to_answer(self.inbound)
        try:
            if phone is None:
                # A header such as VM-BANK can't be answered, and answering machines would loop.
                log.info("sms_without_phone", provider=self.inbound.provider)
                self._mark_only()
                return
            for _ in range(TRIES):
                if self._once(phone, loaded or self._load(phone)):
                    nudge_on_hop(self.services.wire, self.services.redis)
                    return
                loaded = None
        except AlreadyAnswered:
            return
        except free_text.NobodyReads:
            self._mark_only()
            return
        raise RuntimeError(f"hops of {masked(phone)} kept getting in between")

    def give_up(self) -> None:
        """Tell the sender that it did not work, after several tries."""
        phone = whom_to_answer(self.inbound)
        if phone is None:
            self._mark_only()
            return
        caller = caller_of(self.services, Loaded(b"", None, None), phone)
        language = self._language(caller)
        self._say(phone, render(say("nav.again"), language), language)

    def keep_for_the_sweep(self) -> None:
        """Store what could not be answered now."""
        try:
            self._keep()
        except AlreadyAnswered:
            log.info("answered meanwhile", provider=self.inbound.provider)

    def _keep(self) -> int:
        """The row of this text, stored now unless it is."""
        if self.id is None:
            photos = self.inbound.photos if self.services.settings.media is not None else ()
            reader = self.services.database.reader
            self.id, answered = texts.store(reader, self._arrived, photos, self.inbound.caption)
            if answered:
                raise AlreadyAnswered
        return self.id

    def _keep_in(self, session: Session) -> Callable[[], None]:
        """Store it, unless it is, by the commit of a change in mid-talk; call what is given after that."""
        if self.id is not None:
            return lambda: None
        id_, answered = texts.store_in(session, self._arrived)
        if answered:
            raise AlreadyAnswered

        def kept() -> None:
            self.id = id_

        return kept

    @property
    def _arrived(self) -> texts.Arrived:
        inbound = self.inbound
        return texts.Arrived(
            inbound.channel,
            inbound.provider,
            inbound.provider_id,
            inbound.sender,
            inbound.given.replace("\x00", " ")[:KEPT],
            whom_to_answer(inbound),
        )

    def _load(self, phone: str) -> Loaded:
        """The place, for a text that nobody had answered when it was read.

        Whoever answered this text may have moved or ended its talk, and what it said must not be taken
        for an answer to something else.
        """
        loaded = self.services.places.load(self.inbound.channel, phone)
        if texts.is_answered(self.services.database.reader, self._keep()):
            raise AlreadyAnswered
        return loaded

    def _once(self, phone: str, loaded: Loaded) -> bool:
        """One try; False when another hop of this phone moved the talk meanwhile."""
        place = loaded.place
        if place is not None and place.text == self.inbound.provider_id:
            self.signs.secret = place.turn - 1 + place.shift in place.secrets
            self._reply(place)
            return True
        if self.inbound.photos and self.services.settings.media is not None:
            self._thank(loaded, phone)
            return True
        self.signs = Signs()
        meaning = Meaning(self.services, self.inbound, phone, loaded, self._turn, self._keep, self.signs)
        on_whatsapp = self.inbound.channel == "whatsapp"
        if on_whatsapp and meaning.wordless:
            self._say_beside(loaded, phone, say("nav.only_words"))
            return True
        turn = meaning.taken()
        if turn is None:
            self._say_beside(loaded, phone, say("nav.old_button"))
            return True
        place = turn.place
        if turn.shown and on_whatsapp:
            question, note = turn.shown.prompt, turn.shown.note
            place.widgets = widgets_of(question, note, place.language, place.talk, len(place.pages))
        return self._left(loaded, phone, turn)

    def _left(self, loaded: Loaded, phone: str, turn: Turn) -> bool:
        """Leave the place as the turn has made it and write the reply; False as in `_once`."""
        place, places, channel = turn.place, self.services.places, self.inbound.channel
        place.text = self.inbound.provider_id
        ended = place.over and place.page == len(place.pages) - 1
        if not ended and not places.save(channel, phone, loaded.raw, place, LIFE):
            return self.replied
        if not self.replied:
            try:
                self._reply(place, turn.picture)
            except AlreadyAnswered:
                if not ended:  # a late repeat: the talk stays where it was
                    places.put_back(channel, phone, place, loaded.raw, LIFE)
                raise
        if ended and loaded.raw:
            # Last, so that whoever finds no place finds the text answered.
            places.drop(channel, phone, loaded.raw)
        return True

    def _thank(self, loaded: Loaded, phone: str) -> None:
        """A photo: whoever fetches it says how it went; an open question stays open meanwhile."""
        self._keep()
        if loaded.place is None or loaded.place.over:
            self._mark_only()
        else:
            self._say_beside(loaded, phone, say("photo.coming"))

    def _say_beside(self, loaded: Loaded, phone: str, said: Text) -> None:
        """A kind word for a sticker, a voice note or an old button; an open question stays open."""
        place, caller = loaded.place, caller_of(self.services, loaded, phone)
        language = place.language if place else self._language(caller)
        words, widget = render(said, language), None
        if place and not place.over:
            widget = beside(words, widget_on(place))
            words += "\n\n" + place.pages[place.page]
        self._say(phone, words, language, widget)

    def _language(self, caller: Caller) -> str:
        return language_of(self.inbound.given, caller, None, self.services.settings.default_language)

    def _turn(self, place: Place) -> Turn:
        def finish(session: Session, pages: list[str], picture: Picture | None) -> None:
            self._answer_in(
                session, self._answer(place.caller.phone, pages[0], place.language, None, picture)
            )
            self.replied = True

        pager = PAGERS[self.inbound.channel]
        return Turn(self.services, self.inbound.channel, pager, place, finish=finish, before=self._keep_in)

    def _reply(self, place: Place, picture: Picture | None = None) -> None:
        words = place.pages[place.page]
        self._say(place.caller.phone, words, place.language, widget_on(place), picture)
        if not place.over:
            self.services.places.note_told(self.inbound.channel, place.caller.phone, place.text, LIFE)

    def _say(
        self,
        phone: str,
        words: str,
        language: str,
        widget: Widget | None = None,
        picture: Picture | None = None,
    ) -> None:
        """Mark the text as answered and write its one reply, unless it was answered before."""
        reader, reply = self.services.database.reader, self._answer(phone, words, language, widget, picture)
        if self.id is None and texts.store_answered(reader, self._arrived, reply):
            return
        texts.answer(reader, self._keep(), reply)

    def _answer(
        self, phone: str, words: str, language: str, widget: Widget | None, picture: Picture | None
    ) -> texts.Answer:
        lost, secret = self.signs.lost, self.signs.secret
        return texts.Answer(phone, words, language, self.inbound.channel, widget, picture, lost, secret)

    def _answer_in(self, session: Session, reply: texts.Answer) -> None:
        """As `_say`, in the transaction of an act, which must not happen if the text was answered before."""
        if self.id is None and texts.store_answered_in(session, self._arrived, reply):
            return
        if not texts.answer_in(session, self._keep(), reply):
            raise AlreadyAnswered

    def _mark_only(self) -> None:
        mark = {"id": self._keep(), "lost": self.signs.lost, "secret": self.signs.secret}
        with self.services.database.begin() as session:
            session.execute(_MARK, mark)
