"""The terminal handset, against a stand-in that keeps what it is asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote

import pytest

from ops.handset import Prompt, press_all, show_inbox, text_and_wait
from ops.phone import Handset, NoService

SECRET = "0123456789abcdef"
NUMBER = "+919800000001"
AT = "SMS 21 Nov 10:00:00"


class Service(ThreadingHTTPServer):
    """A service with two screens that answers every SMS with its own words, later."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Door)
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.messages: list[dict[str, object]] = []
        self.screens = ["CON One\n1. more", "CON Two", "END Bye"]

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def arrive(self, words: str) -> None:
        moment = "2026-11-21T04:30:00+00:00"
        self.messages.append({"id": len(self.messages) + 1, "at": moment, "text": words})

    def forms(self, place: str) -> list[dict[str, str]]:
        return [form for path, form in self.asked if path == place.replace("…", SECRET)]


class Door(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = dict(parse_qsl(body, keep_blank_values=True))
        self.server.asked.append((self.path, form))
        if self.path == f"/ussd/africastalking/{SECRET}":
            keys = form["text"].split("*") if form["text"] else []
            self.say(self.server.screens[min(len(keys), 2)])
        elif self.path == f"/sms/africastalking/{SECRET}":
            self.server.arrive(f"You said {form['text']}")
            self.say("")
        else:
            self.say("", 200 if self.path.endswith("/ended") else 404)

    def do_GET(self) -> None:
        assert unquote(self.path) == f"/phone/{NUMBER}/inbox"
        self.say(json.dumps(self.server.messages))

    def say(self, words: str, status: int = 200) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(words.encode())

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def shown() -> list[str]:
    return []


@pytest.fixture
def handset(service: Service, shown: list[str]) -> Iterator[Handset]:
    made = Handset(NUMBER, service.base, SECRET, "*384*77#", shown.append)
    yield made
    made.pool.clear()


USSD = "/ussd/africastalking/…"
LINE = "-" * 30


def screen(words: str) -> str:
    return f"{LINE}\n{words}\n{LINE}"


def test_keys_are_repeated_and_every_screen_is_shown(
    service: Service, handset: Handset, shown: list[str]
) -> None:
    press_all(handset, ["1", "my light is out", "9"])
    assert shown == [
        screen("One\n1. more"),
        "> 1",
        screen("Two"),
        "> my light is out",
        screen("Bye"),
        "(not pressed any more: 9)",
    ]
    assert [form["text"] for form in service.forms(USSD)] == ["", "1", "1*my light is out"]
    assert set(service.forms(USSD)[0]) == {"sessionId", "phoneNumber", "networkCode", "serviceCode", "text"}
    assert len({form["sessionId"] for form in service.forms(USSD)}) == 1


def test_the_end_is_told_once(service: Service, handset: Handset) -> None:
    press_all(handset, ["1", "2"])
    (notice,) = service.forms(USSD + "/ended")
    assert notice["status"] == "Success"
    assert notice["hopsCount"] == "3"
    assert notice["input"] == "1*2"
    assert notice["lastAppResponse"] == "END Bye"


def test_hanging_up_early_is_told_too(service: Service, handset: Handset, shown: list[str]) -> None:
    press_all(handset, [])
    assert shown[-1] == "(hung up)"
    assert [form["status"] for form in service.forms(USSD + "/ended")] == ["Incomplete"]


def test_each_dial_is_a_talk_of_its_own(service: Service, handset: Handset) -> None:
    press_all(handset, [])
    press_all(handset, [])
    assert len({form["sessionId"] for form in service.forms(USSD)}) == 2


@pytest.mark.parametrize(
    ("dialled", "text"), [("*384*77#", ""), ("*384*77*1#", "1"), ("*384*77*1*2#", "1*2")]
)
def test_a_code_with_keys_in_it(service: Service, handset: Handset, dialled: str, text: str) -> None:
    handset.dial([], dialled)
    assert service.forms(USSD)[0]["text"] == text
    assert service.forms(USSD)[0]["serviceCode"] == "*384*77#"


def test_an_sms_and_its_answer(service: Service, handset: Handset, shown: list[str]) -> None:
    service.arrive("old")
    text_and_wait(handset, "PAY 120457 300")
    assert shown == ["you: PAY 120457 300", f"{AT}\nYou said PAY 120457 300\n"]
    (form,) = service.forms("/sms/africastalking/…")
    assert set(form) == {"id", "from", "to", "text", "date"}
    assert form["from"] == NUMBER


def test_the_inbox(service: Service, handset: Handset, shown: list[str]) -> None:
    show_inbox(handset)
    service.arrive("a")
    service.arrive("b\nc")
    show_inbox(handset)
    assert shown == ["(no messages)", f"{AT}\na\n", f"{AT}\nb\nc\n"]


def test_by_hand(service: Service, handset: Handset, shown: list[str]) -> None:
    def typed() -> Iterator[str]:
        yield from ("dial", "1", "words", "BAL", "help", "")
        arrived.wait(60)
        yield from ("dial", "end", "dial", "quit", "end", "quit", "never")

    arrived = threading.Event()
    tell = handset.show

    def show(words: str) -> None:
        tell(words)
        if "You said BAL" in words:
            arrived.set()

    handset.show = show
    Prompt(handset).run(typed())
    assert [form["text"] for form in service.forms("/sms/africastalking/…")] == ["BAL"]
    assert f"\n{AT}\nYou said BAL\n" in shown
    # In a talk every word is a key, `quit` as well; only `end` hangs up.
    statuses = [form["status"] for form in service.forms(USSD + "/ended")]
    assert statuses == ["Success", "Incomplete", "Incomplete"]
    assert "> quit" in shown


def test_a_service_that_answers_otherwise(service: Service, handset: Handset) -> None:
    service.screens[0] = "Hello"
    with pytest.raises(NoService, match="neither CON nor END came, but: 'Hello'"):
        press_all(handset, [])
    handset.secret = "wrong-and-secret"
    with pytest.raises(NoService, match=r"answered 404 to POST /ussd/africastalking/…$"):
        press_all(handset, [])


def test_no_service() -> None:
    handset = Handset(NUMBER, "http://127.0.0.1:1", SECRET, "*1#", print)
    with pytest.raises(NoService, match=r"no service answers at http://127.0.0.1:1: is it running"):
        handset.inbox()
