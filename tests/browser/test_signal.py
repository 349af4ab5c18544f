"""Phones without signal: what is dropped, what waits, and in which order it goes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tests.browser.conftest import NEEDED, Stage
from tests.browser.hands import (
    BOTH,
    COLLECTOR,
    CUSTOMER,
    answered,
    dial,
    hold,
    lose_signal,
    pass_news,
    phone,
    sees,
    sent,
    text,
)

if TYPE_CHECKING:
    from playwright.sync_api import Request

pytestmark = NEEDED


def test_no_signal_drops_the_session_and_holds_messages(stage: Stage, pictures: Path) -> None:
    page = stage.page(BOTH)
    owner = phone(page, CUSTOMER)
    handset = owner.locator(".handset")
    dial(handset, "1")
    sees(handset.locator(".screen"), "Your electricity")
    lose_signal(owner)
    sees(handset.locator(".screen"), "Connection lost")
    text(phone(page, COLLECTOR).locator(".handset"), "PAY 120457 300")
    sees(phone(page, COLLECTOR).locator(".inbox .sms:not(.mine)"), "300")
    page.screenshot(path=pictures / "no-signal.png")
    assert owner.locator(".inbox .sms").count() == 0
    owner.get_by_label("No signal").uncheck()
    owner.get_by_role("button", name="Messages").click()
    sees(owner.locator(".inbox .sms"), "300")
    dial(handset)
    answered(handset)
    sees(handset.locator(".screen"), "Your electricity")


def test_nothing_arrives_before_the_phone_shows_signal(stage: Stage) -> None:
    """The network brings what it held as soon as it knows of the signal; that it knows may be heard later."""
    page = stage.page(BOTH)
    owner = phone(page, CUSTOMER)
    lose_signal(owner)
    text(phone(page, COLLECTOR).locator(".handset"), "PAY 120457 300")
    sees(phone(page, COLLECTOR).locator(".inbox .sms:not(.mine)"), "300")
    gate = hold(page, "signal")
    owner.get_by_label("No signal").uncheck()
    back = gate.next()
    back.fetch()
    pass_news(page)
    assert owner.locator(".inbox .sms").count() == 0
    back.continue_()
    sees(owner.locator(".handset"), "Bharat GSM")
    sees(owner.locator(".inbox .sms"), "300")


def test_texts_written_without_signal_keep_their_order(stage: Stage) -> None:
    page = stage.page(BOTH)
    owner = phone(page, CUSTOMER)
    handset = owner.locator(".handset")
    owner.get_by_label("No signal").check()
    words = ["LANGUAGE ENGLISH", "BAL", "LANGUAGE HINDI", "BILL"]
    for each in words:
        text(handset, each)
    sees(handset.locator(".inbox .sms.mine").last, "waits for signal")
    gate = hold(page, "sms")
    owner.get_by_label("No signal").uncheck()
    for number in range(len(words)):
        gate.next(number + 1).continue_()
    handset.locator(".inbox .sms:not(.mine)").nth(len(words) - 1).wait_for()
    assert [sent(each.request)["text"] for each in gate.held] == words
    assert stage.scalar("SELECT array_agg(body ORDER BY id) FROM inbound") == words


def test_the_signal_is_as_the_switch_was_left(stage: Stage) -> None:
    """On and off at once: the network hears both in their order."""
    page = stage.page(BOTH)
    owner = phone(page, CUSTOMER)
    gate = hold(page, "signal")
    owner.get_by_label("No signal").check()
    lost = gate.next()
    owner.get_by_label("No signal").uncheck()
    pass_news(page)
    assert len(gate.held) == 1
    lost.continue_()
    gate.next(2).continue_()
    sees(owner.locator(".handset"), "Bharat GSM")
    pass_news(page)
    assert not owner.get_by_label("No signal").is_checked()
    # Asked afresh: an answer to the page may be of before.
    news = page.request.get(f"{stage.service.url}/phone/news", params={"phone": CUSTOMER})
    assert news.json()["dark"] == []


def test_news_asked_before_the_switch_does_not_move_it_back(stage: Stage) -> None:
    """The network's slow word from before stays unheard; the switch is as the hand left it."""
    page = stage.page(BOTH)
    owner = phone(page, CUSTOMER)
    owner.wait_for()
    world = page.request.get(f"{stage.service.url}/phone/setup").json()["world"]
    gate = hold(page, "news*")
    slow = gate.next()
    lose_signal(owner)
    slow.fulfill(json={"letters": [], "dark": [], "world": world})
    after = gate.next(2)  # it looks again when it has taken this
    assert owner.get_by_label("No signal").is_checked()
    gate.open = True
    after.continue_()
    owner.get_by_label("No signal").uncheck()
    sees(owner.locator(".handset"), "Bharat GSM")


def test_the_network_is_silent_before_it_says_that_a_session_broke_off(stage: Stage) -> None:
    """Else what the service sends at once would reach a phone that has no signal."""
    page = stage.page(BOTH)
    owner = phone(page, CUSTOMER)
    dial(owner.locator(".handset"), "1")
    sees(owner.locator(".screen"), "Your electricity")
    said: list[Request] = []
    page.on("request", lambda one: said.append(one) if one.url.endswith(("/signal", "/end")) else None)
    gate = hold(page, "signal")
    owner.get_by_label("No signal").check()
    sees(owner.locator(".screen"), "Connection lost")
    signal = gate.next()
    with page.expect_response("**/phone/end"):
        signal.continue_()
    assert [one.url.rsplit("/", 1)[1] for one in said] == ["signal", "end"]


def test_two_pages_with_the_same_phone(stage: Stage) -> None:
    here, there = stage.page(BOTH), stage.page(BOTH)
    phone(here, CUSTOMER).wait_for()
    other = phone(there, CUSTOMER)
    dial(other.locator(".handset"))
    sees(other.locator(".screen"), "English")
    phone(here, CUSTOMER).get_by_label("No signal").check()
    sees(other.locator(".screen"), "Connection lost")
    assert other.get_by_label("No signal").is_checked()
    text(other.locator(".handset"), "LANGUAGE ENGLISH")
    sees(other.locator(".inbox .sms.mine"), "waits for signal")
    phone(here, CUSTOMER).get_by_label("No signal").uncheck()
    for page in (here, there):
        sees(phone(page, CUSTOMER).locator(".inbox .sms:not(.mine)"), "English")
        assert phone(page, CUSTOMER).locator(".inbox .sms.mine").count() == 1


def test_a_photo_waits_for_signal(stage: Stage) -> None:
    page = stage.page(BOTH)
    owner = phone(page, CUSTOMER)
    owner.get_by_label("No signal").check()
    owner.get_by_label("Send a photo").click()
    owner.get_by_role("button", name="Photo of a meter").click()
    sees(owner.locator(".chat .bubble.mine"), "Photo")
    assert owner.locator(".chat img").count() == 0
    owner.get_by_label("No signal").uncheck()
    owner.locator(".chat .bubble.mine .picture img").wait_for()
    sees(owner.locator(".chat .bubble:not(.mine)"), "photo")
