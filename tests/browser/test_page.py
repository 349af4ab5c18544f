"""The page itself: how it looks, what can be reached by keyboard, whose phones stand there."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from core.receipts import page_url
from tests.browser.conftest import NEEDED, Stage
from tests.browser.hands import (
    BOTH,
    COLLECTOR,
    CUSTOMER,
    dial,
    fits,
    hold,
    pass_news,
    phone,
    sees,
    text,
    trouble,
    write,
)

if TYPE_CHECKING:
    from playwright.sync_api import Locator

pytestmark = NEEDED


PALE = """
() => {
  const seen = (css) => (css.match(/[0-9.]+/g) || []).map(Number);
  const light = (rgb) => {
    const line = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = rgb.map((part) => line(part / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const style = getComputedStyle(one);
      const stops = style.backgroundImage.match(/rgb\\([^)]*\\)/g);
      if (stops) return stops.map((stop) => seen(stop));
      const [r, g, b, a = 1] = seen(style.backgroundColor);
      if (a === 1) return [[r, g, b]];
    }
    return [[255, 255, 255]];
  };
  const pale = [];
  for (const one of document.querySelectorAll("body *")) {
    const own = [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !one.checkVisibility() || one.matches(":disabled, option, script, style")) continue;
    const ink = light(seen(getComputedStyle(one).color).slice(0, 3));
    for (const paper of behind(one).map((rgb) => light(rgb))) {
      const contrast = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
      if (contrast < 4.5) pale.push(`${one.className || one.tagName}: ${contrast.toFixed(1)}`);
    }
  }
  return pale;
}
"""
"""Whatever has words and stands out less than WCAG asks for (AA: 4.5 to 1)."""


def test_everything_can_be_read(stage: Stage) -> None:
    page = stage.page(BOTH)
    owner = phone(page, CUSTOMER)
    write(owner.locator(".chat"), "LANGUAGE ENGLISH")
    sees(owner.locator(".chat .bubble:not(.mine)"), "English")
    write(owner.locator(".chat"), "menu")
    owner.locator(".chat .widget summary").click()
    text(owner.locator(".handset"), "BAL")
    sees(owner.locator(".inbox .sms:not(.mine)"), "120457")
    owner.get_by_label("Send a photo").click()
    page.locator(".glass > summary").click()
    page.locator(".pane td").first.wait_for()
    assert page.evaluate(PALE) == []
    assert page.locator(".option, .sms, .pane td").count() > 10


def test_by_keyboard_alone(stage: Stage) -> None:
    page = stage.page(BOTH)
    owner = phone(page, CUSTOMER)

    def tab_to(place: Locator) -> None:
        place.wait_for()
        for _ in range(100):
            page.keyboard.press("Tab")
            if place.evaluate("one => one === document.activeElement"):
                return
        pytest.fail("no way there by keyboard")

    tab_to(owner.locator(".entry .line"))
    page.keyboard.press("Enter")
    sees(owner.locator(".screen"), "English")
    page.keyboard.type("1")
    page.keyboard.press("Enter")
    sees(owner.locator(".screen"), "Your electricity")
    page.keyboard.press("Escape")
    owner.locator(".greeting").wait_for()
    tab_to(owner.get_by_role("button", name="Write SMS"))
    page.keyboard.press("Enter")
    page.keyboard.type("BAL")
    page.keyboard.press("Enter")
    sees(owner.locator(".inbox .sms:not(.mine)"), "120457")
    tab_to(owner.get_by_label("Send a photo"))
    page.keyboard.press("Enter")
    tab_to(owner.get_by_role("button", name="Photo of a meter"))
    page.keyboard.press("Escape")
    owner.get_by_role("button", name="Photo of a meter").wait_for(state="hidden")
    page.keyboard.type("LANGUAGE ENGLISH")
    page.keyboard.press("Enter")
    sees(owner.locator(".chat .bubble:not(.mine)"), "English")
    page.keyboard.type("menu")
    page.keyboard.press("Enter")
    tab_to(owner.locator(".chat .widget summary"))
    page.keyboard.press("Enter")
    tab_to(owner.locator(".chat .option").first)
    page.keyboard.press("Enter")
    owner.locator(".chat .bubble:not(.mine)").nth(2).wait_for()


@pytest.mark.parametrize("width", [360, 1280])
def test_it_fits_narrow_and_wide(stage: Stage, pictures: Path, width: int) -> None:
    page = stage.page(BOTH, width=width, height=800)
    dial(phone(page, CUSTOMER).locator(".handset"), "2")
    text(phone(page, COLLECTOR).locator(".handset"), "PAY 120457 300")
    sees(phone(page, COLLECTOR).locator(".inbox .sms:not(.mine)"), "300")
    assert fits(page)
    page.screenshot(path=pictures / f"width-{width}.png", full_page=True)


def test_the_picture_of_the_readme(stage: Stage, pictures: Path) -> None:
    """What is worth showing at a glance; docs/phones.png is a copy of it."""
    page = stage.page(BOTH, height=806)
    dial(phone(page, CUSTOMER).locator(".handset"), "2")
    sees(phone(page, CUSTOMER).locator(".screen"), "बकाया")
    chat = phone(page, CUSTOMER).locator(".chat")
    write(chat, "menu")
    chat.locator(".widget summary").click()
    text(phone(page, COLLECTOR).locator(".handset"), "PAY 120457 300")
    sees(phone(page, COLLECTOR).locator(".inbox .sms:not(.mine)"), "300")
    chat = phone(page, COLLECTOR).locator(".chat")
    write(chat, "DUES")
    chat.locator(".bubble:not(.mine)").wait_for()
    phone(page, CUSTOMER).get_by_role("button", name="Messages").click()
    sees(phone(page, CUSTOMER).locator(".inbox .sms"), "300")
    phone(page, CUSTOMER).locator(".chat .option").first.wait_for()
    page.locator("h1").click()
    picture = page.screenshot()
    with Image.open(io.BytesIO(picture)) as whole:
        whole.convert("RGB").quantize(96).save(pictures / "phones.png", optimize=True)
    assert (pictures / "phones.png").stat().st_size < 150_000


def test_the_receipt_on_a_small_phone(stage: Stage, pictures: Path) -> None:
    page = stage.page(BOTH)
    phone(page, CUSTOMER).wait_for()
    text(phone(page, COLLECTOR).locator(".handset"), "PAY 120457 300")
    sees(phone(page, CUSTOMER).locator(".inbox .sms"), "300")
    settings = stage.service.settings
    newest = int(str(stage.scalar("SELECT max(id) FROM receipt")))
    receipt = stage.page(page_url(settings, newest).removeprefix(settings.public_url), width=240, height=320)
    sees(receipt.locator("body"), "300")
    assert fits(receipt)
    receipt.screenshot(path=pictures / "receipt-240.png", full_page=True)


def test_any_number_and_one_phone_more(stage: Stage) -> None:
    page = stage.page(BOTH)
    page.get_by_role("button", name="Another phone").click()
    third = page.locator(".person").nth(2)
    third.locator(".who").select_option("other")
    third.locator(".number").fill("98000 00099")
    third.locator(".number").press("Enter")
    phone(page, "+919800000099").get_by_label("Take this phone away").click()
    phone(page, "+919800000099").wait_for(state="detached")
    assert page.locator(".person").count() == 2


def test_what_is_no_number_is_said_and_stays_said(stage: Stage) -> None:
    """And it keeps no news from the other phones."""
    page = stage.page("/phone#12345678,919800000001,919800000002")
    page.locator(".person").nth(1).wait_for()
    assert page.locator(".person").count() == 2
    owner = phone(page, CUSTOMER)
    owner.locator(".who").select_option("other")
    owner.locator(".number").fill("+12345678")
    owner.locator(".number").press("Enter")
    sees(trouble(page), "ten digits")
    pass_news(page)
    assert trouble(page).is_visible()
    assert phone(page, CUSTOMER).count() == 1
    write(phone(page, COLLECTOR).locator(".chat"), "DUES")
    phone(page, COLLECTOR).locator(".chat .bubble:not(.mine)").wait_for()
    trouble(page).wait_for(state="hidden")


def test_a_page_that_was_left_open_begins_anew_with_another_database(stage: Stage) -> None:
    page = stage.page(BOTH)
    phone(page, CUSTOMER).wait_for()
    gate = hold(page, "news*")
    news = gate.next()
    gate.open = True
    with page.expect_response("**/phone/setup*"):
        news.fulfill(json={"letters": [], "dark": [], "world": "another"})
    phone(page, CUSTOMER).wait_for()
    assert page.locator(".person").count() == 2


def test_a_page_left_open_over_a_restart_goes_on(stage: Stage) -> None:
    page = stage.page(BOTH)
    handset = phone(page, COLLECTOR).locator(".handset")
    handset.wait_for()
    stage.service.kill("web")
    sees(trouble(page), "Is it still running?")
    text(handset, "PAY 120457 300")
    sees(handset.locator(".inbox .sms.mine"), "on its way")
    stage.service.start("web")
    sees(handset.locator(".inbox .sms:not(.mine)"), "300")
    trouble(page).wait_for(state="hidden")
    assert stage.scalar("SELECT count(*) FROM payment") == 1


def test_a_page_opened_too_early_begins_when_the_service_is_there(stage: Stage) -> None:
    page = stage.blank()
    gate = hold(page, "setup*")
    page.goto(f"{stage.service.url}/phone")
    gate.next().fulfill(status=503, body="starting")
    sees(trouble(page), "503")
    gate.next(2).continue_()
    phone(page, CUSTOMER).wait_for()
    trouble(page).wait_for(state="hidden")
