"""Transcripts: plain files of what people do and see, replayed against the real service.

A line that is not indented is either an action or the writer's own words; what is indented below an
action is what the phones showed (tests/transcripts/README.md).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from core import billing
from core.billing import Period
from core.clock import today
from core.dunning import charging, late_fees
from core.meters.commands import Result, claim, record
from core.widget import Widget
from core.work import away, reprogramming
from tests.play import Arrival, Handset, Play

UNPAID = "Rampur's bills of January 2030 stay unpaid until late fees fall due."
"""What happens by itself: the plant is billed, fees are announced, and charged."""
LATE = "What waits has waited a day too long."
"""Time passes: what nobody has moved goes a step up."""
METERED = "The smart meters do what they are to do."
"""The other: what waits for meters is carried, and package changes go on."""
FOLDER = Path(__file__).parent.parent / "transcripts"

_ACTION = re.compile(
    r"(?P<phone>\+91[0-9]{10}|IN\.[0-9]+) (?:(?P<dials>dials)|presses (?P<keys>.+)|texts:(?P<words>.*)"
    r"|(?P<loses>loses the signal)|(?P<rings>gives a missed call)"
    r"|(?P<sends>sends a sticker)|(?P<place>sends a place)|taps(?P<earlier> earlier)?: (?P<taps>.+)"
    r"|writes on WhatsApp:(?P<chat>.*))"
)
_CROWD = re.compile(
    r"(?P<homes>[0-9]+) (?:more homes of (?P<plant>[A-Z]+)|of these homes)"
    r" (?:text:(?P<words>.*)|write on WhatsApp:(?P<chat>.*))"
)
_CODE = re.compile(r"(?<![0-9])[0-9]{6}(?![0-9])")
# A crowd's homes are like the one whose number is 120465, each with a customer and a phone of its own.
_SETTLE = text("""
    WITH person AS (
        INSERT INTO customer (reference, name, village)
        SELECT 'C-' || n, 'Home ' || n, 'Rampur' FROM generate_series(CAST(:first AS int), :last) AS n
        RETURNING id, substr(reference, 3)::int AS n
    ), phoned AS (
        INSERT INTO phone (e164, language)
        SELECT '+919811' || lpad(n::text, 6, '0'), :language FROM person RETURNING e164
    ), home AS (
        INSERT INTO connection (reference, number, customer_id, plant_id, package_id)
        SELECT 'H-' || n, (800000 + n)::text, person.id, plant.id, package.id FROM person
        JOIN plant ON plant.code = :plant JOIN package ON package.code = 'HOME30'
        RETURNING id, substr(reference, 3) AS n
    ), linked AS (
        INSERT INTO connection_phone (connection_id, e164, role)
        SELECT id, '+919811' || lpad(n, 6, '0'), 'holder' FROM home RETURNING e164
    )
    SELECT e164 FROM linked ORDER BY e164
""")


def transcripts() -> list[Path]:
    """Every transcript file."""
    return sorted(FOLDER.glob("*/*/*.txt"))


def replay(play: Play, written: str, language: str = "en") -> str:
    """Do what the actions of a transcript say; gives the whole file as it reads now.

    `language` is what a crowd's phones read.
    """
    stage = Stage(play, language)
    lines: list[str] = []
    for line in written.splitlines():
        if line.startswith(" "):
            continue
        lines.append(line)
        if line == UNPAID:
            lines += stage.leave_unpaid()
        if line == METERED:
            lines += stage.let_meters_answer()
        if line == LATE:
            lines += stage.let_a_day_pass()
        action, crowd = _ACTION.fullmatch(line), _CROWD.fullmatch(line)
        if action:
            lines += stage.act(action)
            stage.all_answered(line)
        elif crowd:
            lines += stage.act_together(crowd)
            stage.all_answered(line)
        elif line.startswith(("+", "IN.")):
            raise ValueError(f"not an action: {line!r}")
    return "\n".join(lines) + "\n"


def look_of(widget: Widget) -> str:
    """Buttons and lists as a transcript shows them."""
    if widget.type == "buttons":
        return f"{widget.body}\n" + " ".join(f"[{choice.title}]" for choice in widget.options)
    rows = [
        f"  - {choice.title}" + (f": {choice.description}" if choice.description else "")
        for choice in widget.options
    ]
    return "\n".join([widget.body, f"[{widget.button}]", *rows])


@dataclass
class Stage:
    """Phones in the middle of a transcript."""

    play: Play
    language: str = "en"
    crowd: list[str] = field(default_factory=list)
    handsets: dict[str, Handset] = field(default_factory=dict)
    codes: list[str] = field(default_factory=list)

    def act(self, action: re.Match[str]) -> list[str]:
        """Do one action; gives the indented lines that it leads to."""
        phone, keys, words = action["phone"], action["keys"], action["words"]
        if action["chat"] is not None:
            self.play.write(phone, self._typed(action["chat"].strip()))
            return self._arrived()
        if action["taps"]:
            self.play.tap(phone, action["taps"].strip(), earlier=bool(action["earlier"]))
            return self._arrived()
        if action["place"]:
            self.play.write(phone, "", MessageType="location", Latitude="25.1234", Longitude="85.4321")
            return self._arrived()
        if action["sends"]:
            self.play.write(phone, "", MessageType="sticker", NumMedia="1")
            return self._arrived()
        if words is not None:
            self.play.text(phone, self._typed(words.strip()))
            return self._arrived()
        if action["loses"]:
            self.handsets[phone].lose()
            return ["  [session lost]", *self._arrived()]
        if action["rings"]:
            self.play.ring(phone)
            return ["  [call rejected]", *self._arrived()]
        if action["dials"]:
            self.handsets[phone] = self.play.dial(phone)
        else:
            self.handsets[phone].press(self._typed(keys))
        return self._screen(self.handsets[phone]) + self._arrived()

    def all_answered(self, action: str) -> None:
        """A text on which the service broke is kept, and unanswered: no story."""
        [(broken,)] = self.play.services.database.reader.rows(
            "SELECT count(*) FROM inbound WHERE handled_at IS NULL", {}
        )
        assert not broken, f"the service broke on {action!r}; its log is above"

    def act_together(self, crowd: re.Match[str]) -> list[str]:
        """Let many homes text the same, one after the other; gives the indented lines that it leads to."""
        homes = int(crowd["homes"])
        if crowd["plant"]:
            self.crowd += self._settle(homes, crowd["plant"])
        for phone in self.crowd[-homes:]:
            if crowd["chat"] is None:
                self.play.text(phone, crowd["words"].strip())
            else:
                self.play.write(phone, crowd["chat"].strip())
        return self._arrived()

    def _settle(self, homes: int, plant: str) -> list[str]:
        """New homes of a plant, each with a phone of its own; gives the phones."""
        start = len(self.crowd) + 1
        bind = {"first": start, "last": start + homes - 1, "plant": plant, "language": self.language}
        with self.play.services.database.begin() as session:
            return list(session.scalars(_SETTLE, bind))

    def let_a_day_pass(self) -> list[str]:
        """What is open has waited until it goes up, and a day longer."""
        with self.play.services.database.begin() as session:
            session.execute(
                text(
                    "UPDATE request SET goes_up_at = now() - interval '1 minute', "
                    "waits_since = waits_since - interval '25 hours' WHERE closed_at IS NULL"
                )
            )
        away.go_up(self.play.services.database, self.play.settings.default_language)
        return self._arrived()

    def leave_unpaid(self) -> list[str]:
        """Bill a month, let its notices arrive, and charge a fee of Rs 20 when its day is over."""
        database, service = self.play.services.database, self.play.settings.service_name
        with database.begin() as session:
            session.execute(text("UPDATE organisation SET late_fee_paise = 2000"))
        billing.post(
            database, billing.plant_of(database, "RAMPUR"), Period.read("2030-01"), lambda *_: None,
            default_language="en", service=service, issued_on=date(2030, 2, 1),
        )  # fmt: skip
        with database.begin() as session:
            session.execute(text("UPDATE outbox SET state = 'expired' WHERE kind = 'bill'"))
        late_fees.announce(
            database, datetime(2030, 2, 20, 6, tzinfo=UTC), default_language="en", service=service
        )
        told = self._arrived()
        charging.charge(database, datetime(2030, 2, 27, 6, tzinfo=UTC))
        return told

    def let_meters_answer(self) -> list[str]:
        """Every order of a simulated meter is done, as its service would say."""
        database = self.play.services.database
        with database.begin() as session:
            orders = claim(session, 99, timedelta(minutes=1), drivers=["simulated"], may_cut=True)
            record(session, [Result(order.id, order.attempts, "done") for order in orders])
        settings = self.play.settings
        reprogramming.advance(database, settings.default_language, settings.service_name)
        return self._arrived()

    def _typed(self, raw: str) -> str:
        """`<code>` stands for the one-time code that came last, `<receipt 1>` for a receipt."""
        for number, code, name in self._receipts():
            raw = raw.replace(f"<code of {name}>", code).replace(f"<{name}>", number)
        for number, coupon in self._coupons():
            raw = raw.replace(f"<{coupon}>", number)
        return raw.replace("<code>", self.codes[-1]) if "<code>" in raw else raw

    def _receipts(self) -> list[tuple[str, str, str]]:
        """Number, code and name of each receipt so far."""
        rows = self.play.services.database.reader.rows(
            "SELECT number, code FROM receipt ORDER BY payment_id", {}
        )
        return [(number, code, f"receipt {count}") for count, (number, code) in enumerate(rows, 1)]

    def _coupons(self) -> list[tuple[str, str]]:
        """Code and name of each coupon so far."""
        rows = self.play.services.database.reader.rows("SELECT code FROM coupon ORDER BY id", {})
        return [(code, f"coupon {count}") for count, (code,) in enumerate(rows, 1)]

    def _screen(self, handset: Handset) -> list[str]:
        lines = [f"  | {line}" for line in self._plain(handset.screen).split("\n")]
        return [*lines, "  [session closed]"] if handset.ended else lines

    def _arrived(self) -> list[str]:
        """What arrived, one phone after the other, and what an SMS cost where that is more than one."""
        lines: list[str] = []
        arrived = sorted(self.play.arrivals(), key=lambda message: message.phone)
        crowd = [message for message in arrived if message.phone in self.crowd]
        for message in arrived:
            if message not in crowd:
                lines += self._shown(message)
        return lines + self._shown_together(crowd)

    def _shown_together(self, crowd: list[Arrival]) -> list[str]:
        """What a crowd gets, the same but for its figures: how many, and the last one's."""
        alike: dict[str, list[Arrival]] = {}
        for message in crowd:
            alike.setdefault(re.sub("[0-9]+", "#", message.words), []).append(message)
        lines: list[str] = []
        for messages in alike.values():
            shown = self._shown(messages[-1])
            who = f"{len(messages)} homes, the last" if len(messages) > 1 else "one of the homes"
            named = [line.replace(messages[-1].phone, who, 1) for line in shown]
            more = len(who) - len(messages[-1].phone)
            lines += [named[0], *(" " * more + line if more > 0 else line for line in named[1:])]
        return lines

    def _shown(self, message: Arrival) -> list[str]:
        """One arrival, line by line."""
        self._note_code(message)
        chat = message.channel == "whatsapp"
        lead = f"  → {message.phone}{' on WhatsApp' if chat else ''} | "
        shown = look_of(message.widget) if chat and message.widget else message.words
        first, *more = self._plain(shown).split("\n")
        if chat and message.picture:
            first, more = f"[picture: {message.picture.of}]", [first, *more]
        lines = [lead + first, *(f"{'| ':>{len(lead)}}{line}" for line in more)]
        if message.parts > 1 and not chat:
            lines[-1] += f"  [{message.parts} SMS]"
        return lines

    def _note_code(self, message: Arrival) -> None:
        if message.kind in ("code", "mended"):
            self.codes += _CODE.findall(message.words)[:1]

    def _plain(self, words: str) -> str:
        """Words with what differs from day to day named rather than shown."""
        for code in self.codes:
            words = words.replace(code, "<code>")
        for number, code, name in self._receipts():
            words = re.sub(rf"(?<![0-9]){code}(?![0-9])", f"<code of {name}>", words)
            words = words.replace(number, f"<{name}>")
        for coupon, name in self._coupons():
            words = words.replace(coupon, f"<{name}>")
        ends = (today() + timedelta(days=30)).strftime("%d/%m/%Y")
        words = words.replace(ends, "<in 30 days>")
        words = words.replace(today().strftime("%d/%m/%Y"), "<today>")
        for days in range(1, 11):
            soon = (today() + timedelta(days=days)).strftime("%d/%m/%Y")
            words = words.replace(soon, f"<in {days} days>")
        for days in (1, 2):
            words = words.replace((today() - timedelta(days=days)).strftime("%d/%m/%Y"), "<a day ago>")
        words = re.sub(r"<(today|in 1 days)> [0-9]{2}:[0-9]{2}", "<today> <time>", words)
        words = re.sub(r"<a day ago> [0-9]{2}:[0-9]{2}", "<a day ago> <time>", words)
        # A month that stands alone; the days of the invented world are the same in every month.
        return re.sub(rf"(?<![0-9/]){today():%m/%Y}", "<month>", words)
