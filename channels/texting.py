"""A written message, SMS or WhatsApp: stored as it came, answered once through the outbox.

A repeat of the webhook, a second webhook at the same moment and the sweep after a crash all end in
the same single answer: the inbound row is marked in the transaction that writes it.
"""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from sqlalchemy import text
from sqlalchemy.orm import Session

from channels.callers import caller_of
from channels.line import LONGEST, Line, parse
from channels.message import Inbound
from channels.nudge import nudge
from channels.places import Loaded, Place
from channels.services import Services
from channels.turn import Turn
from channels.written import PAGERS
from conversations.replay import Memory
from core import outbox
from core.fold import fold
from core.people import Caller
from core.phones import is_scoped, masked, read_phone
from core.text import Text, render, say

log = structlog.get_logger(__name__)

LIFE = 1800
"""Seconds an open question is kept."""
TRIES = 4
ATTEMPTS = 3
"""How often a text whose handling breaks is tried before the sender is told so."""
KEPT = 2000
"""Characters of a text that are stored; no person types more by hand."""

_STORE = text("""
    INSERT INTO inbound (channel, provider, provider_id, sender, body)
    VALUES (:channel, :provider, :provider_id, :sender, :body)
    ON CONFLICT (provider, provider_id) DO UPDATE SET attempts = inbound.attempts + 1
    RETURNING id, handled_at IS NOT NULL
""")
_REACHABLE = text("UPDATE phone SET unreachable = NULL WHERE e164 = :phone AND unreachable IS NOT NULL")
_MARK = text("""
    UPDATE inbound SET handled_at = now(), body = CASE WHEN :secret THEN '' ELSE body END
    WHERE id = :id AND handled_at IS NULL RETURNING id
""")
_WAITING = """
SELECT id, channel, provider, provider_id, sender, body, attempts FROM inbound
WHERE handled_at IS NULL AND received_at < now() - interval '20 seconds'
ORDER BY received_at LIMIT 200
"""
_ANSWERED = "SELECT 1 FROM inbound WHERE id = %(id)s AND handled_at IS NOT NULL"
_TRIED = text("UPDATE inbound SET attempts = attempts + 1 WHERE id = :id")


def receive(services: Services, inbound: Inbound) -> None:
    """Store a text, then answer it; what was answered before is left alone.

    Raises only while the text is not stored yet, so that the provider sends it again. Once it is,
    whatever breaks is tried again by the sweep.
    """
    with services.database.begin() as session:
        row = session.execute(
            _STORE,
            {
                "channel": inbound.channel,
                "provider": inbound.provider,
                "provider_id": inbound.provider_id,
                "sender": inbound.sender,
                "body": inbound.given.replace("\x00", " ")[:KEPT],
            },
        ).one()
        # Whoever texts us can be reached, whatever a gateway once said of the number.
        session.execute(_REACHABLE, {"phone": read_phone(inbound.sender)})
    if row[1]:
        return
    try:
        Texting(services, row[0], inbound).answer()
    except Exception as error:
        # The text is safe, and the sweep goes on from here.
        log.error("sms broke", sender=masked(inbound.sender), exc_info=error)


def handle_waiting(services: Services) -> int:
    """Answer what was stored and never answered, because a process was killed in between."""
    rows = services.database.reader.rows(_WAITING, {})
    for id_, channel, provider, provider_id, sender, body, attempts in rows:
        texting = Texting(services, id_, Inbound(channel, provider, provider_id, sender, body))
        try:
            with services.database.begin() as session:
                session.execute(_TRIED, {"id": id_})
            texting.give_up() if attempts >= ATTEMPTS else texting.answer()
        except Exception as error:  # one text that can not be handled must not hold up the others
            log.error("sms broke", sender=masked(sender), exc_info=error)
    return len(rows)


class AlreadyAnswered(Exception):
    """Somebody else has answered this text meanwhile: what this hop made of it must not happen."""


@dataclass
class Texting:
    """One text on its way to its answer."""

    services: Services
    id: int
    inbound: Inbound
    replied: bool = False
    secret: bool = False
    """Whether this text answers the question for a secret; it is then forgotten once it is answered."""

    def answer(self) -> None:
        """Find the talk, take the turn, write the reply; again if another hop got in between."""
        phone = self._phone()
        if phone is None:
            # A header such as VM-BANK can't be answered, and answering machines would loop.
            log.info("sms_without_phone", provider=self.inbound.provider)
            self._mark_only()
            return
        for _ in range(TRIES):
            try:
                done = self._once(phone)
            except AlreadyAnswered:
                return
            if done:
                nudge(self.services.redis, 1)
                return
        raise RuntimeError(f"hops of {masked(phone)} kept getting in between")

    def give_up(self) -> None:
        """Tell the sender that it did not work, after several tries."""
        phone = self._phone()
        if phone is None:
            self._mark_only()
            return
        caller = caller_of(self.services, Loaded(b"", None, None), phone)
        language = self._language(caller, None)
        with self.services.database.begin() as session:
            self._answer_in(session, phone, render(say("nav.again"), language), language)

    def _phone(self) -> str | None:
        """Whom to answer: a phone, or the id by which WhatsApp knows who hides theirs."""
        phone = read_phone(self.inbound.sender)
        if phone is None and self.inbound.channel == "whatsapp" and is_scoped(self.inbound.sender):
            return self.inbound.sender
        return phone

    def _once(self, phone: str) -> bool:
        """One try; False when another hop of this phone moved the talk meanwhile."""
        loaded = self.services.places.load(self.inbound.channel, phone)
        if loaded.place is not None and loaded.place.text == self.inbound.provider_id:
            self._reply(loaded.place)
            return True
        # After the place was read: whoever answered this text may have moved or ended its talk, and
        # what it said must not be taken for an answer to something else.
        if self.services.database.reader.rows(_ANSWERED, {"id": self.id}):
            return True
        if self.inbound.channel == "whatsapp" and not fold(self.inbound.given):
            self._ask_for_words(loaded, phone)
            return True
        turn = self._continued(loaded) or self._started(loaded, phone)
        place = turn.place
        place.text = self.inbound.provider_id
        ended = place.over and place.page == len(place.pages) - 1
        if not ended and not self.services.places.save(self.inbound.channel, phone, loaded.raw, place, LIFE):
            return self.replied
        if not self.replied:
            self._reply(place)
        if ended and loaded.raw:
            # Last, so that whoever finds no place finds the text answered.
            self.services.places.forget(self.inbound.channel, phone, loaded.raw)
        return True

    def _ask_for_words(self, loaded: Loaded, phone: str) -> None:
        """A kind word for a sticker, a voice note or a picture; an open question stays open."""
        place, caller = loaded.place, caller_of(self.services, loaded, phone)
        language = place.language if place else self._language(caller, None)
        words = render(say("nav.only_words"), language)
        if place and not place.over:
            words += "\n\n" + place.pages[place.page]
        with self.services.database.begin() as session:
            self._answer_in(session, phone, words, language)

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
        if place.whole and line and command and line.command.audience == "staff" and line.words:
            return None
        turn = self._turn(place)
        self.secret = place.secret
        over = place.over
        turn.take(given)
        if (over and not turn.moved) or (turn.unclear and command):
            return None
        return turn

    def _started(self, loaded: Loaded, phone: str) -> Turn:
        """A new talk from this line, or words that say what could be sent."""
        caller = caller_of(self.services, loaded, phone)
        line = parse(self.inbound.given, caller)
        language = self._language(caller, line)
        refused = self._refused(line, caller)
        command = line.command.name if line and line.allowed else "help"
        if is_scoped(phone) and not caller.lines and (refused is not None or command == "menu"):
            # Without a number nobody knows whose phone this is: first of all it can be linked.
            command, refused = "link", None
        queue = list(line.words) if line else []
        talk = f"{self.inbound.provider}:{self.inbound.provider_id}"
        place = Place(talk, command, caller, Memory(queue=queue, sure=bool(line and line.exact)), language)
        turn = self._turn(place)
        if refused is None:
            turn.take(None)
        else:
            turn.say(refused)
        return turn

    def _refused(self, line: Line | None, caller: Caller) -> Text | None:
        """Why no talk begins, in words that say what to send instead."""
        plain = fold(self.inbound.given)
        if not plain:
            return say("nav.empty")
        if line is None:
            if len(plain) > LONGEST:
                return say("nav.too_long")
            kind = "not_understood" + ("_staff" if caller.staff else "" if caller.lines else "_stranger")
            return say(f"nav.{kind}", typed=plain if len(plain) <= 16 else plain[:13] + "...")
        if not line.allowed:
            staff = line.command.audience == "staff"
            return say("nav.staff_only", word=plain.split()[0][:12]) if staff else say("nav.customer_only")
        return None

    def _turn(self, place: Place) -> Turn:
        def finish(session: Session, pages: list[str]) -> None:
            if not self._answer_in(session, place.caller.phone, pages[0], place.language):
                raise AlreadyAnswered
            self.replied = True

        return Turn(self.services, self.inbound.channel, PAGERS[self.inbound.channel], place, finish=finish)

    def _language(self, caller: Caller, line: Line | None) -> str:
        """The caller's own, else that of what they typed, else the service's."""
        if caller.language:
            return caller.language
        if any("\u0900" <= c <= "\u097f" for c in self.inbound.given):
            return "hi"
        if line is not None and line.exact and line.language == "hi-Latn":
            return "hi-Latn"
        return self.services.settings.default_language

    def _reply(self, place: Place) -> None:
        with self.services.database.begin() as session:
            self._answer_in(session, place.caller.phone, place.pages[place.page], place.language)

    def _answer_in(self, session: Session, phone: str, words: str, language: str) -> bool:
        """Mark the text as answered and write its one reply; False when it was answered before."""
        if session.execute(_MARK, {"id": self.id, "secret": self.secret}).scalar_one_or_none() is None:
            return False
        outbox.post(
            session,
            source=f"reply:{self.id}",
            recipient=phone,
            kind="reply",
            text=words,
            language=language,
            channel=self.inbound.channel,
            default_language=self.services.settings.default_language,
        )
        return True

    def _mark_only(self) -> None:
        with self.services.database.begin() as session:
            session.execute(_MARK, {"id": self.id, "secret": self.secret})
