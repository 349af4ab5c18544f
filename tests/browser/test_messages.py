"""Texts and chats on the screen: what they bring about, and answers that are late, lost or out of order."""

from __future__ import annotations

import re
from pathlib import Path

from PIL import Image

from tests.browser.conftest import NEEDED, Stage
from tests.browser.hands import (
    BOTH,
    COLLECTOR,
    CUSTOMER,
    fits,
    hold,
    phone,
    sees,
    text,
    trouble,
    until,
    write,
)

pytestmark = NEEDED


def test_pay_on_one_phone_and_the_receipt_on_the_other(stage: Stage, pictures: Path) -> None:
    page = stage.page(BOTH)
    phone(page, CUSTOMER).wait_for()
    phone(page, COLLECTOR).get_by_label("Delivers twice").check()
    text(phone(page, COLLECTOR).locator(".handset"), "PAY 120457 300")
    sees(phone(page, CUSTOMER).locator(".inbox .sms"), "300")
    sees(phone(page, COLLECTOR).locator(".inbox .sms:not(.mine)"), "300")
    assert phone(page, CUSTOMER).locator(".inbox .sms").count() == 1
    page.locator(".glass > summary").click()
    sees(page.locator(".glass"), "cash Ramesh Kumar")
    sees(page.locator(".glass"), "sms via phone")
    page.screenshot(path=pictures / "glass.png", full_page=True)


def test_an_answer_that_overtakes_its_question_stands_below_it(stage: Stage) -> None:
    """The reply is in the news before the page hears that its text was taken."""
    page = stage.page(BOTH)
    owner = phone(page, CUSTOMER)
    gate = hold(page, "sms")
    text(owner.locator(".handset"), "BAL")
    question = gate.next()
    question.fetch()
    sees(owner.locator(".inbox .sms:not(.mine)"), "120457")
    question.continue_()  # the same id again, as networks do
    sees(owner.locator(".inbox .sms.mine .foot"), "1 part")
    assert [row.get_attribute("class") for row in owner.locator(".inbox .sms").all()] == ["sms mine", "sms"]


def test_what_nobody_took_goes_again_and_counts_once(stage: Stage) -> None:
    page = stage.page(BOTH)
    handset = phone(page, COLLECTOR).locator(".handset")
    gate = hold(page, "sms")
    text(handset, "PAY 120457 300")
    gate.next().abort()  # it does not come through
    second = gate.next(2)
    sees(handset.locator(".inbox .sms.mine"), "on its way")
    second.fetch()
    second.abort()  # only the answer is lost
    gate.next(3).continue_()
    sees(handset.locator(".inbox .sms:not(.mine)"), "300")
    sees(handset.locator(".inbox .sms.mine"), "1 part")
    trouble(page).wait_for(state="hidden")
    assert stage.scalar("SELECT count(*) FROM payment") == 1
    assert handset.locator(".inbox .sms").count() == 2


def test_a_door_that_refuses_is_said(stage: Stage) -> None:
    page = stage.page(BOTH)
    owner = phone(page, COLLECTOR)
    gate = hold(page, "whatsapp")
    write(owner.locator(".chat"), "DUES")
    gate.next().fulfill(json={"good": False, "status": 403, "times": 1, "same": True})
    sees(owner.locator(".chat .bubble.mine"), "not sent")
    sees(trouble(page), "403")


def test_a_list_is_tapped(stage: Stage, pictures: Path) -> None:
    page = stage.page(BOTH)
    chat = phone(page, COLLECTOR).locator(".chat")
    write(chat, "menu")
    chat.locator(".widget summary").click()
    page.screenshot(path=pictures / "list.png")
    first = chat.locator(".option").first
    title = first.locator("b").inner_text()
    first.click()
    chat.locator(".bubble:not(.mine)").nth(1).wait_for()
    assert chat.locator(".bubble.mine .said").last.inner_text() == title
    page.screenshot(path=pictures / "tapped.png")


def test_a_list_keeps_the_focus_while_messages_come(stage: Stage) -> None:
    page = stage.page(BOTH)
    chat = phone(page, COLLECTOR).locator(".chat")
    write(chat, "menu")
    chat.locator(".widget summary").click()
    chat.locator(".option").nth(1).focus()
    words = {"phone": COLLECTOR, "id": "SM77", "text": "HELP"}
    page.request.post(f"{stage.service.url}/phone/whatsapp", data=words)
    chat.locator(".bubble:not(.mine)").nth(1).wait_for()
    assert chat.locator(".option").nth(1).evaluate("one => one === document.activeElement")


def test_a_photo_of_the_meter_is_seen_by_staff(stage: Stage, pictures: Path, tmp_path: Path) -> None:
    page = stage.page(BOTH)
    mine, theirs = phone(page, CUSTOMER).locator(".chat"), phone(page, COLLECTOR).locator(".chat")
    write(mine, "LANGUAGE ENGLISH")
    sees(mine.locator(".bubble:not(.mine)"), "English")
    write(mine, "FAULT 4 the meter hums")
    sees(mine.locator(".bubble:not(.mine)"), "Your fault number")
    mine.locator("input").fill("4321")
    mine.get_by_label("Send a photo").press("Enter")
    page.screenshot(path=pictures / "attach.png")
    mine.get_by_role("button", name="Photo of a meter").press("Enter")
    mine.locator(".bubble.mine .picture img").wait_for()
    sees(mine.locator(".bubble:not(.mine)"), "Your photo has arrived and is with request")
    # A file, by the dialogue of the computer.
    own = tmp_path / "wire.png"
    Image.new("RGB", (640, 480), "#446688").save(own)
    mine.get_by_label("Send a photo").click()
    with page.expect_file_chooser() as chooser:
        mine.get_by_role("button", name="From this computer").click()
    chooser.value.set_files(own)
    mine.locator(".bubble.mine .picture img").nth(1).wait_for()
    kept = "SELECT count(*) FROM photo WHERE state = 'kept' AND request_id IS NOT NULL"
    until(page, lambda: stage.scalar(kept) == 2)
    number = stage.scalar("SELECT number FROM request WHERE kind = 'fault'")
    write(theirs, f"HIST {number}")
    seen = theirs.locator(".bubble:not(.mine) .picture img")
    seen.wait_for()
    assert seen.evaluate("image => image.decode().then(() => image.naturalWidth)") == 800
    page.screenshot(path=pictures / "photos.png")
    # By SMS there is a link, for a small phone.
    text(phone(page, COLLECTOR).locator(".handset"), f"HIST {number}")
    letter = phone(page, COLLECTOR).locator(".inbox .sms").filter(has_text="/f/").first
    letter.wait_for()
    assert letter.locator(".piece").count() == 1
    link = letter.locator(".piece a").get_attribute("href")  # it opens as in any phone
    assert link is not None
    found = re.search(r"/f/\S+$", link)
    assert found is not None
    small = stage.page(found[0], width=240, height=320)
    assert small.locator("img").count() == 2
    assert small.locator("img").last.evaluate("image => image.decode().then(() => image.naturalWidth)") == 480
    assert fits(small)
    small.screenshot(path=pictures / "photos-240.png", full_page=True)
