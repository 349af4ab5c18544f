"""The feature phone on the screen: sessions, keys and missed calls."""

from __future__ import annotations

from pathlib import Path

from channels.phone.contracts import SHORT_CODE
from core.clock import local, now
from tests.browser.conftest import NEEDED, Stage
from tests.browser.hands import (
    BOTH,
    COLLECTOR,
    CUSTOMER,
    answered,
    dial,
    hold,
    pass_news,
    phone,
    sees,
    sent,
    text,
    until,
)

pytestmark = NEEDED


def test_dial_choose_hindi_balance(stage: Stage, pictures: Path) -> None:
    page = stage.page(BOTH)
    handset = phone(page, CUSTOMER).locator(".handset")
    dial(handset, "2")
    sees(handset.locator(".screen"), "बकाया")
    page.screenshot(path=pictures / "hindi.png")
    handset.locator(".entry .line").press_sequentially("1")
    handset.locator(".entry .line").press("Enter")
    sees(handset.locator(".screen"), "120457")
    sees(handset.locator(".display .size"), "UCS-2")
    until(page, lambda: handset.locator(".clock").inner_text() == f"{local(now()):%H:%M}")
    phone(page, CUSTOMER).get_by_label("Hindi shows boxes").check()
    sees(handset.locator(".screen"), "▯")
    page.screenshot(path=pictures / "boxes.png")


def test_what_is_typed_ahead_waits_for_its_screen(stage: Stage) -> None:
    page = stage.page(BOTH)
    handset = phone(page, CUSTOMER).locator(".handset")
    dial(handset)
    sees(handset.locator(".screen"), "English")
    gate = hold(page, "dial")
    line = handset.locator(".entry .line")
    line.fill("1")
    line.press("Enter")
    first = gate.next()
    line.press_sequentially("12")
    line.press("Enter")  # nothing may be sent blindly
    first.continue_()
    sees(handset.locator(".screen"), "Your electricity")
    assert line.input_value() == "12"
    assert len(gate.held) == 1


def test_the_session_runs_out(stage: Stage) -> None:
    page = stage.page(BOTH)
    owner = phone(page, CUSTOMER)
    owner.locator(".limit").select_option("8")
    dial(owner.locator(".handset"))
    sees(owner.locator(".screen"), "Connection timed out")


def test_another_number_ends_the_session_of_the_one_before(stage: Stage) -> None:
    page = stage.page(BOTH)
    owner = phone(page, CUSTOMER)
    dial(owner.locator(".handset"))
    sees(owner.locator(".screen"), "English")
    with page.expect_request("**/phone/end") as end:
        owner.locator(".who").select_option("+919800000009")
    assert sent(end.value)["phone"] == CUSTOMER
    phone(page, "+919800000009").locator(".greeting").wait_for()


def test_a_missed_call_is_answered_by_sms(stage: Stage, pictures: Path) -> None:
    page = stage.page(BOTH)
    owner = phone(page, CUSTOMER)
    owner.get_by_label("Delivers twice").check()
    owner.get_by_role("button", name="Missed call").click()
    sees(owner.locator(".screen"), "Call rejected")
    owner.get_by_role("button", name="Messages").click()
    sees(owner.locator(".inbox .sms"), "120457")
    assert owner.locator(".inbox .sms").count() == 1
    page.screenshot(path=pictures / "missed-call.png")


def test_a_missed_call_by_the_keypad_ends_a_session(stage: Stage) -> None:
    page = stage.page(BOTH)
    handset = phone(page, COLLECTOR).locator(".handset")
    dial(handset)
    answered(handset)
    handset.get_by_role("button", name="Missed call").click()
    sees(handset.locator(".screen"), "Call rejected")
    handset.locator(".timer").wait_for(state="hidden")
    handset.locator(".mail").wait_for()  # an answer that comes to the idle phone opens the messages
    handset.get_by_label("End", exact=True).click()
    handset.locator(".entry .line").fill(SHORT_CODE)
    handset.get_by_label("Call or send").click()
    sees(handset.locator(".screen"), "Call rejected")


def test_a_call_that_was_ended_says_nothing_in_the_next(stage: Stage) -> None:
    page = stage.page(BOTH)
    handset = phone(page, CUSTOMER).locator(".handset")
    gate = hold(page, "call")
    handset.get_by_role("button", name="Missed call").click()
    call = gate.next()
    handset.get_by_label("End", exact=True).click()
    dial(handset)
    sees(handset.locator(".screen"), "English")
    with page.expect_response("**/phone/call"):
        call.continue_()
    pass_news(page)
    assert "English" in handset.locator(".screen").inner_text()
    assert handset.locator(".timer").is_visible()


def test_a_dropped_session_is_carried_on_by_sms(stage: Stage, pictures: Path) -> None:
    page = stage.page(BOTH)
    owner = phone(page, CUSTOMER)
    handset = owner.locator(".handset")
    text(handset, "LANGUAGE ENGLISH")
    sees(owner.locator(".inbox .sms:not(.mine)"), "English")
    dial(handset, "3", "2")
    sees(handset.locator(".screen"), "few words")
    owner.get_by_label("No signal").check()
    sees(handset.locator(".screen"), "Connection lost")
    page.screenshot(path=pictures / "dropped.png")
    owner.get_by_label("No signal").uncheck()
    owner.get_by_role("button", name="Messages").click()
    sees(owner.locator(".inbox .sms"), "To carry on send 1")
    text(handset, "1")
    sees(owner.locator(".inbox .sms"), "few words")
    text(handset, "The pole leans")
    sees(owner.locator(".inbox .sms"), "Your fault number")
    page.screenshot(path=pictures / "carried-on.png")
    assert stage.scalar("SELECT count(*) FROM request WHERE kind = 'fault'") == 1
