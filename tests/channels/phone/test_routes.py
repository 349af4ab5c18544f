"""The demo's phones: what the page asks goes through the real doors, and nobody else gets at it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from channels.app import create_app
from channels.phone import routes
from channels.phone.contracts import SHORT_CODE
from core.settings import Settings
from tests.conftest import SECRET
from tests.play import Play

CUSTOMER, COLLECTOR, STRANGER = "+919800000001", "+919800000002", "+919800000099"
STATIC = Path(routes.__file__).with_name("static")
LIGHT = 150_000
"""Bytes of the whole page."""


def post(play: Play, path: str, **what: object) -> Any:
    answer = play.client.post(f"/phone/{path}", json=what)
    assert answer.status_code == 200, answer.text
    return answer.json


def step(play: Play, *keys: str, phone: str = CUSTOMER, twice: bool = False) -> Any:
    return post(play, "dial", phone=phone, session="ATUid_1", keys=keys, twice=twice)


def sms(play: Play, id_: str, words: str, phone: str = COLLECTOR, twice: bool = False) -> Any:
    return post(play, "sms", phone=phone, id=id_, text=words, twice=twice)


def news(play: Play, *phones: str, since: str | None = None) -> Any:
    asked: dict[str, object] = {"phone": phones} | ({"since": since} if since else {})
    return play.client.get("/phone/news", query_string=asked).json


def texts(play: Play, phone: str) -> list[str]:
    return [letter["text"] for letter in news(play, phone)["letters"] if not letter["mine"]]


def address_of(part: Path) -> str:
    return "/phone" if part.name == "phone.html" else f"/phone/static/{part.name}"


def payments(play: Play) -> object:
    return play.scalar("SELECT count(*) FROM payment")


def test_production_knows_no_phone(settings: Settings) -> None:
    app = create_app(replace(settings, demo=False, sms_gateways=("africastalking",)))
    assert [rule.rule for rule in app.url_map.iter_rules() if "phone" in rule.rule] == []
    for path in (
        "/phone",
        "/phone/setup",
        "/phone/number",
        "/phone/news",
        "/phone/static/page.js",
        f"/phone/{CUSTOMER}/inbox",
        "/phone/sample.jpg",
        "/phone/photo/ME1",
        "/phone/twilio/AC1/ME1",
    ):
        assert app.test_client().get(path).status_code == 404
    for path in ("dial", "end", "call", "sms", "whatsapp", "media", "signal", "measure"):
        assert app.test_client().post(f"/phone/{path}", json={}).status_code == 404


def test_the_page_is_light_and_its_own(play: Play) -> None:
    with play.client.get("/phone") as page:
        assert page.mimetype == "text/html"
        assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self';")
    parts = sorted(STATIC.iterdir())
    assert sum(part.stat().st_size for part in parts) < LIGHT
    for part in parts:
        with play.client.get(address_of(part)) as answer:
            assert answer.data == part.read_bytes()
            assert not re.search(rb"https?://(?!www\.w3\.org/2000/svg)", answer.data), part
    assert play.client.get("/phone/static/../routes.py").status_code == 404


def test_no_secret_reaches_the_browser(play: Play) -> None:
    answers: list[TestResponse] = [
        play.client.get("/phone/setup"),
        play.client.post("/phone/dial", json={"phone": CUSTOMER, "session": "ATUid_9", "keys": []}),
        play.client.post("/phone/sms", json={"phone": CUSTOMER, "id": "x", "text": "BAL"}),
        play.client.post("/phone/whatsapp", json={"phone": CUSTOMER, "id": "SMx", "text": "BAL"}),
        play.client.get("/phone/news", query_string={"phone": CUSTOMER}),
    ]
    for answer in answers:
        assert answer.status_code == 200
        assert SECRET not in answer.text + str(answer.headers)


def test_who_can_be_played(play: Play) -> None:
    setup = play.client.get("/phone/setup").json
    assert setup is not None
    assert setup["first"] == [CUSTOMER, COLLECTOR]
    names = {person["phone"]: (person["name"], person["role"]) for person in setup["people"]}
    assert names[CUSTOMER] == ("Asha Devi", "customer 120457")
    assert names[COLLECTOR] == ("Ramesh Kumar", "technician")
    assert ("A stranger", "unknown to us") in names.values()
    assert (setup["code"], setup["shortCode"], setup["whatsapp"]) == ("*384*77#", SHORT_CODE, True)


def test_a_session_as_the_network_carries_it(play: Play) -> None:
    first = step(play)
    assert (first["good"], first["ends"], first["times"], first["same"]) == (True, False, 1, True)
    assert first["screen"] == play.dial(CUSTOMER).screen
    assert first["size"]["coding"] == "UCS-2"
    assert first["size"]["used"] == len("CON " + first["screen"])
    assert first["size"]["room"] == 70
    assert step(play, "1")["screen"].startswith("Your electricity")
    over = step(play, "1", "1")
    assert over["ends"] is True
    told = post(
        play, "end", phone=CUSTOMER, session="ATUid_1", keys=["1", "1"], status="Success", hops=3,
        last="END", millis=900,
    )  # fmt: skip
    assert told["good"] is True


def test_a_step_delivered_twice_has_one_answer(play: Play) -> None:
    step(play)
    answer = step(play, "1", twice=True)
    assert (answer["times"], answer["same"]) == (2, True)


def test_a_payment_texted_twice_counts_once_and_the_receipt_arrives(play: Play) -> None:
    answer = sms(play, "t1", "PAY 120457 300", twice=True)
    assert (answer["good"], answer["times"]) == (True, 2)
    assert answer["size"] == {
        "coding": "GSM-7", "used": 14, "room": 160, "pieces": ["PAY 120457 300"], "paise": 20,
    }  # fmt: skip
    play.deliver()
    assert payments(play) == 1
    (receipt,) = texts(play, CUSTOMER)
    assert "Rs 300" in receipt
    both = news(play, COLLECTOR)["letters"]
    assert [(letter["mine"], letter["channel"]) for letter in both] == [(True, "sms"), (False, "sms")]
    assert both[0]["key"] == "sent:t1"


def test_whatsapp_is_signed_as_twilio_does(play: Play) -> None:
    assert post(play, "whatsapp", phone=CUSTOMER, id="SM1", text="BAL", twice=True)["good"] is True
    play.deliver()
    letters = news(play, CUSTOMER)["letters"]
    assert [(letter["channel"], letter["mine"], letter["size"]) for letter in letters] == [
        ("whatsapp", True, None),
        ("whatsapp", False, None),
    ]


@pytest.mark.parametrize("number", [0, 2])
def test_what_is_tapped_answers_the_question(play: Play, number: int) -> None:
    post(play, "whatsapp", phone=COLLECTOR, id="SM1", text="menu")
    play.deliver()
    question = news(play, COLLECTOR)["letters"][-1]["widget"]
    assert question["type"] == "list"
    option = question["options"][number]
    tap = {"id": option["id"], "title": option["title"], "listed": True}
    assert post(play, "whatsapp", phone=COLLECTOR, id="SM2", text=option["title"], tap=tap)["good"] is True
    play.deliver()
    given, answer = news(play, COLLECTOR)["letters"][-2:]
    assert (given["text"], given["mine"]) == (option["id"], True)
    assert answer["text"] != question["body"]


def test_a_phone_without_signal_gets_its_messages_later(play: Play) -> None:
    post(play, "signal", phone=CUSTOMER, there=False)
    sms(play, "t1", "PAY 120457 300")
    play.deliver()
    told = news(play, CUSTOMER)
    assert (told["letters"], told["dark"]) == ([], [CUSTOMER])
    assert play.scalar(f"SELECT state FROM outbox WHERE recipient = '{CUSTOMER}'") == "sent"
    assert len(texts(play, COLLECTOR)) == 1
    post(play, "signal", phone=CUSTOMER, there=True)
    assert len(texts(play, CUSTOMER)) == 1
    assert play.scalar(f"SELECT state FROM outbox WHERE recipient = '{CUSTOMER}'") == "delivered"
    assert news(play, CUSTOMER)["dark"] == []


def test_news_since_a_moment(play: Play) -> None:
    sms(play, "t1", "BAL", phone=CUSTOMER)
    play.deliver()
    last = news(play, CUSTOMER)["letters"][-1]
    # What may still have been on its way comes again, and is known by its key.
    for seconds in (0, 30):
        since = datetime.fromisoformat(last["at"]) + timedelta(seconds=seconds)
        assert last in news(play, CUSTOMER, since=since.isoformat())["letters"]
    assert news(play, CUSTOMER, since="2099-01-01T00:00:00+00:00")["letters"] == []


def test_messages_of_one_moment_stay_in_their_order(play: Play) -> None:
    for number in range(3):
        sms(play, f"t{number}", f"LANGUAGE {('ENGLISH', 'HINDI', 'ENGLISH')[number]}", phone=CUSTOMER)
    play.deliver()
    rows = "UPDATE outbox SET finished_at = date_trunc('hour', now()) RETURNING id"
    play.services.database.reader.rows(rows, {})
    keys = [letter["key"] for letter in news(play, CUSTOMER)["letters"] if not letter["mine"]]
    assert keys == sorted(keys, key=lambda key: int(key.removeprefix("got:")))
    assert len(keys) == 3


def test_what_a_phone_shows_does_not_hang_on_the_others(play: Play) -> None:
    """Sixty of each: a phone that is taken away brings no old messages of the other as if they were new."""
    for number in range(31):
        sms(play, f"a{number}", "BAL", phone=CUSTOMER)
        sms(play, f"b{number}", "DUES", phone=COLLECTOR)
    play.deliver()
    alone = news(play, CUSTOMER)["letters"]
    both = [one for one in news(play, CUSTOMER, COLLECTOR)["letters"] if one["phone"] == CUSTOMER]
    assert len(alone) == 62
    assert both == alone


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        ("98000 00099", STRANGER),
        ("०९८०००-०००९९", STRANGER),
        ("+91 98000 00099", STRANGER),
        ("+1 202 555 0143", "+12025550143"),
        ("+12345678", None),
        ("12", None),
        ("", None),
    ],
)
def test_a_number_is_read_as_everywhere(play: Play, raw: str, read: str | None) -> None:
    assert play.client.get("/phone/number", query_string={"raw": raw}).json == {"phone": read}


def test_the_address_names_whose_phones_stand_there(play: Play) -> None:
    asked = [STRANGER, "+12345678", STRANGER, COLLECTOR]
    setup = play.client.get("/phone/setup", query_string={"phone": asked}).json
    assert setup is not None
    assert setup["first"] == [STRANGER, COLLECTOR]
    assert setup["world"] == news(play, CUSTOMER)["world"]


def test_the_parts_of_a_long_text(play: Play) -> None:
    size = post(play, "measure", text="न" * 71)
    assert (size["coding"], size["used"], size["room"], size["paise"]) == ("UCS-2", 71, 134, 40)
    assert [len(piece) for piece in size["pieces"]] == [67, 4]


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("dial", {"phone": CUSTOMER}),
        ("dial", {"phone": "12", "session": "s", "keys": []}),
        ("dial", {"phone": CUSTOMER, "session": "s", "keys": "1"}),
        ("sms", {"phone": CUSTOMER, "id": 7}),
        ("signal", {"phone": "bank", "there": True}),
    ],
)
def test_what_no_page_of_ours_sends(play: Play, path: str, what: dict[str, object]) -> None:
    answer = play.client.post(f"/phone/{path}", json=what)
    assert (answer.status_code, answer.mimetype) == (400, "text/plain")


def test_another_page_can_not_post_a_form(play: Play) -> None:
    assert play.client.post("/phone/sms", data={"phone": CUSTOMER, "id": "x"}).status_code == 400
    assert play.client.get("/phone/news?phone=bank").status_code == 400
    assert play.client.get(f"/phone/news?phone=%2B{CUSTOMER[1:]}&since=now").status_code == 400


def test_a_session_without_its_door(play: Play) -> None:
    closed = create_app(replace(play.settings, africastalking=None, ussd_gateways=()), play.services)
    answer = (
        closed.test_client().post("/phone/dial", json={"phone": CUSTOMER, "session": "s", "keys": []}).json
    )
    assert answer == {"good": False, "status": 404, "times": 1, "same": True}


def test_the_glass_floor_shows_what_a_payment_made(play: Play) -> None:
    post(play, "signal", phone=CUSTOMER, there=False)
    sms(play, "t1", "PAY 120457 300")
    play.deliver()
    step(play, phone=COLLECTOR)
    step(play, "2", phone=COLLECTOR)
    found = play.client.get("/phone/glass", query_string={"phone": [CUSTOMER, COLLECTOR]}).json
    assert found is not None
    states = {(message["recipient"], message["kind"]): message["state"] for message in found["messages"]}
    assert states[CUSTOMER, "receipt"] == "sent"
    assert states[COLLECTOR, "reply"] == "delivered"
    entry = found["entries"][0]
    assert [(account, owner, paise) for account, owner, paise in entry["postings"]] == [
        ("cash", "Ramesh Kumar", 30000),
        ("dues", "120457", -30000),
    ]
    assert [(talk["phone"], talk["channel"]) for talk in found["talks"]] == [(COLLECTOR, "ussd")]
    assert set(found["queues"]) == {"urgent", "normal", "bulk"}


def test_the_terminal_sees_the_inbox_newest_last(play: Play) -> None:
    for number in range(3):
        sms(play, f"t{number}", "BAL", phone=STRANGER)
        play.deliver()
    found = play.client.get(f"/phone/{STRANGER}/inbox").json
    assert found is not None
    assert [message["id"] for message in found] == sorted(message["id"] for message in found)
    assert len(found) == 3
    assert set(found[0]) == {"id", "kind", "language", "text", "channel", "at", "widget", "picture"}
