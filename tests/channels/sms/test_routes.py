"""The doors: recorded webhooks become texts and reports; whoever may not come in is turned away."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from structlog.testing import capture_logs
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

from channels.message import DeliveryReport, Inbound
from channels.sms.routes import sms_routes
from channels.twilio import TWIML
from core.settings import AfricasTalking, Kannel, Settings, Twilio

PAYLOADS = Path(__file__).parents[2] / "payloads"
SECRET = "0123456789abcdef0123456789abcdef"
FORM = "application/x-www-form-urlencoded"


def payload(name: str) -> str:
    return (PAYLOADS / f"{name}.txt").read_text()


@dataclass
class Doors:
    """The doors with nothing behind them: what came in is in `texts` and `reports`."""

    settings: Settings
    texts: list[Inbound] = field(default_factory=list)
    reports: list[tuple[str, DeliveryReport]] = field(default_factory=list)

    @property
    def client(self) -> FlaskClient:
        app = Flask(__name__)
        app.register_blueprint(
            sms_routes(
                self.settings, self.texts.append, lambda name, report: self.reports.append((name, report))
            )
        )
        return app.test_client()

    def post(self, path: str, body: str | bytes, **headers: str) -> TestResponse:
        return self.client.post(path, data=body, content_type=FORM, headers=headers)

    def post_signed(self, path: str, body: str, token: str = SECRET) -> TestResponse:
        form = dict(parse_qsl(body, keep_blank_values=True))
        signature = RequestValidator(token).compute_signature(self.settings.public_url + path, form)
        return self.post(path, body, **{"X-Twilio-Signature": signature})


@pytest.fixture
def doors() -> Doors:
    env = {
        "DATABASE_URL": "postgresql:///nowhere",
        "REDIS_URL": "unix:///nowhere",
        "BIJLI_SECRET_KEY": SECRET,
        "BIJLI_DEMO": "1",
        "BIJLI_HELPLINE": "1800123456",
        "AT_SECRET": SECRET,
    }
    return Doors(
        replace(
            Settings.from_env(env),
            public_url="https://bijli.example",
            africastalking=AfricasTalking(SECRET, "sandbox", "key", None, None),
            kannel=Kannel(SECRET, "http://127.0.0.1:1", "u", "p", "BIJLI", None),
            twilio=Twilio("AC1", SECRET, "+15005550006", None),
        )
    )


# Texts


@pytest.mark.parametrize(
    ("name", "provider_id", "sender", "given"),
    [
        ("text", "6c1d2f4e-9a3b-4f8e-bb16-f8a8b8a8d1c1", "+919800000002", "PAY 120457 300"),
        ("text_iso_date", "f3b0c0de-0001-4f8e-bb16-f8a8b8a8d1c1", "+919800000001", "bakaya"),
        ("text_hindi", "f3b0c0de-0002", "+919800000005", "बकाया"),
        ("text_empty", "f3b0c0de-0003", "+919800000001", ""),
    ],
)
def test_africastalking_text(doors: Doors, name: str, provider_id: str, sender: str, given: str) -> None:
    answer = doors.post(f"/sms/africastalking/{SECRET}", payload(f"africastalking/{name}"))
    assert (answer.status_code, answer.data) == (200, b"")
    assert doors.texts == [Inbound("sms", "africastalking", provider_id, sender, given)]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("name", "provider_id", "sender", "given"),
    [
        ("text", "89d2d661-452e-4853-b5e8-0eec95552062", "+919800000002", "PAY 120457 300"),
        ("text_ucs2", "f4b6c54c-fa10-4b2f-b0cd-29d2e6599a90", "+919800000005", "बकाया"),
        ("text_latin1", "2d9d3b1a-0003", "+919800000002", "café £"),
    ],
)
def test_kannel_text(doors: Doors, method: str, name: str, provider_id: str, sender: str, given: str) -> None:
    fields = payload(f"kannel/{name}")
    if method == "GET":
        answer = doors.client.get(f"/sms/kannel/{SECRET}?{fields}")
    else:
        answer = doors.post(f"/sms/kannel/{SECRET}", fields)
    assert (answer.status_code, answer.data) == (200, b"")
    assert doors.texts == [Inbound("sms", "kannel", provider_id, sender, given)]


def test_twilio_text(doors: Doors) -> None:
    answer = doors.post_signed("/sms/twilio", payload("twilio/text"))
    assert (answer.status_code, answer.text, answer.mimetype) == (200, TWIML, "text/xml")
    assert doors.texts == [Inbound("sms", "twilio", "SM2a", "+919800000001", "Bal")]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("x" * 10_000, "x" * 2000),
        ("pay \0 me", "pay   me"),
        ("💡 light 🙏", "💡 light 🙏"),
        ("9876५४३२१०", "9876५४३२१०"),
    ],
)
def test_strange_texts_are_kept_safely(doors: Doors, sent: str, kept: str) -> None:
    body = urlencode({"id": "1", "from": "+919800000001", "text": sent, "charset": "UTF-8"})
    doors.post(f"/sms/africastalking/{SECRET}", body)
    doors.post(f"/sms/kannel/{SECRET}", body)
    assert [text.given for text in doors.texts] == [kept, kept]


def test_broken_bytes_are_kept_as_something(doors: Doors) -> None:
    doors.post(f"/sms/africastalking/{SECRET}", b"id=1&from=%2B919800000001&text=%ff%fe%80")
    doors.post(f"/sms/kannel/{SECRET}", b"id=1&from=%2B919800000001&charset=UTF-16BE&coding=2&text=%d8%3d%09")
    for text in doors.texts:
        text.given.encode()
    assert len(doors.texts) == 2


@pytest.mark.parametrize("sender", ["VM-AIRTEL", "56161"])
def test_a_sender_that_is_no_phone_stays_as_it_is(doors: Doors, sender: str) -> None:
    doors.post(f"/sms/africastalking/{SECRET}", f"id=1&from={sender}&text=offer")
    assert [text.sender for text in doors.texts] == [sender]


# Reports


@pytest.mark.parametrize(
    ("name", "report"),
    [
        ("report_success", DeliveryReport("delivered", "ATXid_1", recipient="+919800000001")),
        ("report_buffered", DeliveryReport("sent", "ATXid_1", recipient="+919800000001")),
        (
            "report_failed",
            DeliveryReport("failed", "ATXid_1", recipient="+919800000001", reason="Failed UserIsInactive"),
        ),
        (
            "report_blocked",
            DeliveryReport(
                "failed",
                "ATXid_1",
                recipient="+919800000001",
                reason="Rejected UserInBlackList",
                blocked=True,
            ),
        ),
    ],
)
def test_africastalking_report(doors: Doors, name: str, report: DeliveryReport) -> None:
    answer = doors.post(f"/sms/africastalking/{SECRET}/status", payload(f"africastalking/{name}"))
    assert answer.status_code == 200
    assert doors.reports == [("africastalking", report)]


@pytest.mark.parametrize(
    ("outcome", "state"), [(1, "delivered"), (2, "failed"), (4, "sent"), (8, "sent"), (16, "failed")]
)
def test_kannel_report(doors: Doors, outcome: int, state: str) -> None:
    doors.client.get(f"/sms/kannel/{SECRET}/status?row=7&outcome={outcome}")
    [(name, report)] = doors.reports
    assert (name, report.state, report.row) == ("kannel", state, 7)


@pytest.mark.parametrize(
    ("name", "report"),
    [
        ("report_delivered", DeliveryReport("delivered", "SM2b", row=7, recipient="+919800000001")),
        (
            "report_opted_out",
            DeliveryReport(
                "failed", "SM2b", row=7, recipient="+919800000001", reason="error 21610", blocked=True
            ),
        ),
    ],
)
def test_twilio_report(doors: Doors, name: str, report: DeliveryReport) -> None:
    answer = doors.post_signed("/sms/twilio/status?row=7", payload(f"twilio/{name}"))
    assert (answer.status_code, answer.text) == (200, TWIML)
    assert doors.reports == [("twilio", report)]


# Turned away

TEXT_PATHS = ["/sms/africastalking/{secret}", "/sms/kannel/{secret}"]
PATHS = [*TEXT_PATHS, *(f"{path}/status" for path in TEXT_PATHS)]
ANY = "id=1&from=%2B919800000001&text=hello&status=Success&row=1&outcome=1"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("secret", ["wrong", SECRET[:-1], SECRET.upper(), "ä" * 32])
def test_a_wrong_secret_finds_nothing(doors: Doors, path: str, secret: str) -> None:
    assert doors.post(path.format(secret=quote(secret)), ANY).status_code == 404
    assert (doors.texts, doors.reports) == ([], [])


@pytest.mark.parametrize("path", [*PATHS, "/sms/twilio", "/sms/twilio/status"])
def test_without_settings_there_is_no_route(doors: Doors, path: str) -> None:
    doors.settings = replace(doors.settings, africastalking=None, kannel=None, twilio=None)
    assert doors.post(path.format(secret=SECRET), ANY).status_code == 404
    assert doors.post(path.format(secret=""), ANY).status_code == 404


@pytest.mark.parametrize("path", ["/sms/twilio", "/sms/twilio/status"])
def test_twilio_needs_its_signature(doors: Doors, path: str) -> None:
    body = payload("twilio/text") + "&MessageStatus=sent"
    assert doors.post(path, body).status_code == 403
    assert doors.post(path, body, **{"X-Twilio-Signature": "AAAA"}).status_code == 403
    assert doors.post_signed(path, body, token="another token").status_code == 403
    forwarded = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"}
    signature = RequestValidator(SECRET).compute_signature(
        f"http://evil.example{path}", dict(parse_qsl(body, keep_blank_values=True))
    )
    assert doors.post(path, body, **forwarded, **{"X-Twilio-Signature": signature}).status_code == 403
    assert (doors.texts, doors.reports) == ([], [])


def test_twilio_signs_the_query_too(doors: Doors) -> None:
    body = payload("twilio/report_delivered")
    form = dict(parse_qsl(body, keep_blank_values=True))
    signature = RequestValidator(SECRET).compute_signature(
        "https://bijli.example/sms/twilio/status?row=7", form
    )
    changed = doors.post("/sms/twilio/status?row=8", body, **{"X-Twilio-Signature": signature})
    assert (changed.status_code, doors.reports) == (403, [])


@pytest.mark.parametrize("path", ["/sms/africastalking/{secret}", "/sms/twilio"])
def test_only_named_addresses_may_call(doors: Doors, path: str) -> None:
    doors.settings = replace(
        doors.settings, allowed_addresses=(ip_network("196.201.208.0/24"), ip_network("10.0.0.7"))
    )
    assert doors.post(path.format(secret=SECRET), ANY).status_code == 403
    doors.settings = replace(doors.settings, allowed_addresses=(ip_network("127.0.0.0/8"),))
    doors.post(f"/sms/africastalking/{SECRET}", ANY)
    assert len(doors.texts) == 1


@pytest.mark.parametrize(
    ("path", "body", "missing"),
    [
        (TEXT_PATHS[0], "from=%2B919800000001&text=hello", "id"),
        (TEXT_PATHS[0], "id=1&text=hello", "from"),
        (TEXT_PATHS[0], "id=1&from=%2B919800000001", "text"),
        (TEXT_PATHS[0] + "/status", "id=1", "status"),
        (TEXT_PATHS[0] + "/status", "id=1&status=Dancing", "status"),
        (TEXT_PATHS[1], "from=%2B919800000001&text=hello", "id"),
        (TEXT_PATHS[1], "id=1&from=&text=hello", "from"),
        (TEXT_PATHS[1], "id=1&from=%2B919800000001", "text"),
        (TEXT_PATHS[1] + "/status", "row=7&outcome=3", "outcome"),
        (TEXT_PATHS[1] + "/status", "row=x&outcome=1", "row"),
        (TEXT_PATHS[1], "&".join(f"a{n}=1" for n in range(200)), "fields"),
    ],
)
def test_what_is_missing_is_named_and_nothing_else(doors: Doors, path: str, body: str, missing: str) -> None:
    with capture_logs() as lines:
        answer = doors.post(path.format(secret=SECRET), body)
    assert answer.status_code == 400
    assert missing in lines[0]["why"]
    assert not any(word in str(lines) for word in ("hello", "9800000001", SECRET))
    assert (doors.texts, doors.reports) == ([], [])
