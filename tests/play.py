"""Play the service as people do: phones that dial and text through the real webhooks.

What is sent later goes the real road too: outbox, sender, the demo's phone gateway.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

from flask.testing import FlaskClient
from sqlalchemy import text
from twilio.request_validator import RequestValidator

from channels.app import create_app
from channels.gateways import make_gateways, make_whatsapp_gateways
from channels.sending import drain, make_sender
from channels.services import Services, make_services
from core.loading import load
from core.picture import Picture, read_picture
from core.settings import Settings
from core.widget import Widget, read_widget

WORLD = Path(__file__).parent / "world"


@dataclass(frozen=True)
class Arrival:
    """An SMS that arrived; `parts` is how many SMS it cost."""

    phone: str
    words: str
    kind: str
    parts: int
    channel: str = "sms"
    widget: Widget | None = None
    picture: Picture | None = None


@dataclass
class Play:
    """One running service with the small world of tests/world loaded."""

    settings: Settings
    services: Services = field(init=False)
    client: FlaskClient = field(init=False)
    _sms: count[int] = field(default_factory=lambda: count(1))
    _sessions: count[int] = field(default_factory=lambda: count(1))
    _seen: int = 0
    _widgets: dict[str, list[Widget]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.services = make_services(self.settings)
        self.client = create_app(self.settings, self.services).test_client()
        self._sender = make_sender(
            self.services.database,
            make_gateways(self.settings),
            self.services.redis,
            self.settings,
            make_whatsapp_gateways(self.settings, self.services.database),
        )

    def load_world(self) -> None:
        """Load the small world; every row of it must be good."""
        report = load(self.services.database, WORLD)
        assert not report.problems, report.problems

    @property
    def secret(self) -> str:
        assert self.settings.africastalking is not None
        return self.settings.africastalking.secret

    def dial(self, phone: str, *keys: str) -> Handset:
        """Dial the service code and press keys, one after the other."""
        handset = Handset(self, phone, f"ATUid_{next(self._sessions)}")
        handset.send()
        for key in keys:
            handset.press(key)
        return handset

    def text(self, phone: str, body: str, id_: str | None = None) -> None:
        """Text the service's number."""
        answer = self.client.post(
            f"/sms/africastalking/{self.secret}",
            data={
                "id": id_ or f"sms-{next(self._sms)}",
                "from": phone,
                "to": "56161",
                "text": body,
                "date": "2026-11-21",
            },
        )
        assert answer.status_code == 200, answer.data

    def ring(self, phone: str) -> None:
        """Ring the service's number, which rejects the call."""
        answer = self.client.post(
            f"/voice/africastalking/{self.secret}",
            data={"isActive": "1", "sessionId": f"ATVId_{next(self._sessions)}", "callerNumber": phone},
        )
        assert (answer.status_code, "<Reject/>" in answer.text) == (200, True), answer.data

    def write(self, phone: str, body: str, **fields: str) -> None:
        """Write to the service on WhatsApp; `fields` are further ones of Twilio's webhook."""
        twilio = self.settings.twilio
        assert twilio is not None
        number = f"SM{next(self._sms):032x}"
        form = {"MessageSid": number, "From": f"whatsapp:{phone}", "To": f"whatsapp:{twilio.whatsapp_sender}"}
        form |= {
            "AccountSid": twilio.account_sid,
            "Body": body,
            "NumMedia": "0",
            "MessageType": "text",
        } | fields
        url = f"{self.settings.public_url}/whatsapp/twilio"
        signature = RequestValidator(twilio.auth_token).compute_signature(url, form)
        answer = self.client.post("/whatsapp/twilio", data=form, headers={"X-Twilio-Signature": signature})
        assert answer.status_code == 200, answer.data

    def tap(self, phone: str, title: str, *, earlier: bool = False) -> None:
        """Tap the newest button or row with this caption on WhatsApp, or the one `earlier` than that."""
        captioned = [
            (widget, choice)
            for widget in reversed(self._widgets[phone])
            for choice in widget.options
            if choice.title == title
        ]
        widget, choice = captioned[int(earlier)]
        if widget.type == "buttons":
            self.write(phone, title, MessageType="button", ButtonPayload=choice.id, ButtonText=title)
        else:
            self.write(phone, title, MessageType="interactive", ListId=choice.id, ListTitle=title)

    def deliver(self) -> list[tuple[str, str]]:
        """Let the outbox empty itself; gives what arrived since the last time as (phone, words)."""
        return [(message.phone, message.words) for message in self.arrivals()]

    def arrivals(self) -> list[Arrival]:
        """Let the outbox empty itself; gives what arrived since the last time."""
        with self.services.database.begin() as session:
            # Offers wait for their hours; whoever plays the service does so at any.
            session.execute(
                text("UPDATE outbox SET next_at = now() WHERE kind = 'coupon' AND next_at > now()")
            )
        drain(self._sender, seconds=20)
        rows = self.services.database.reader.rows(
            "SELECT id, recipient, body, kind, parts, channel, widget, picture FROM outbox "
            "WHERE state = 'delivered' AND id > %(seen)s ORDER BY id",
            {"seen": self._seen},
        )
        if rows:
            self._seen = rows[-1][0]
        arrived = [
            replace(Arrival(*row[1:6]), widget=read_widget(row[6]), picture=read_picture(row[7]))
            for row in rows
        ]
        for message in arrived:
            if message.widget and message.channel == "whatsapp":
                self._widgets.setdefault(message.phone, []).append(message.widget)
        return arrived

    def close(self) -> None:
        """Let go of every connection."""
        self.services.database.close()
        self.services.wire.close()
        self.services.redis.close()

    def scalar(self, sql: str) -> object:
        """One value from the database."""
        return self.services.database.reader.rows(sql, {})[0][0]


@dataclass
class Handset:
    """One USSD session on one phone."""

    play: Play
    phone: str
    session: str
    text: str = ""
    screen: str = ""
    ended: bool = False

    def send(self) -> str:
        """Post the session as it stands, as the gateway does for every step and every retry."""
        answer = self.play.client.post(
            f"/ussd/africastalking/{self.play.secret}",
            data={
                "sessionId": self.session,
                "phoneNumber": self.phone,
                "networkCode": "40410",
                "serviceCode": "*384*77#",
                "text": self.text,
            },
        )
        assert answer.status_code == 200, answer.data
        lead, self.screen = answer.text[:4], answer.text[4:]
        assert lead in ("CON ", "END "), answer.text
        self.ended = lead == "END "
        return self.screen

    def lose(self) -> None:
        """The signal goes: the network tells the service that the session broke off."""
        form = {
            "sessionId": self.session,
            "phoneNumber": self.phone,
            "status": "Incomplete",
            "hopsCount": "2",
        }
        answer = self.play.client.post(f"/ussd/africastalking/{self.play.secret}/ended", data=form)
        assert answer.status_code == 200, answer.data

    def press(self, key: str) -> str:
        """Press keys and send."""
        assert not self.ended, f"the session is over: {self.screen}"
        self.text = f"{self.text}*{key}" if self.text else key
        return self.send()
