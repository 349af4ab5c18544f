"""The phones on the screen, played in a real Chromium as a person would."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from PIL import Image

from channels.phone.contracts import SHORT_CODE
from core.clock import local, now
from core.receipts import page_url
from core.settings import Settings
from tests.browser.conftest import Stage, missing
from tests.browser.hands import BOTH, COLLECTOR, CUSTOMER, dial, fits, hold, phone, sees, text, until, write

if TYPE_CHECKING:
    from playwright.sync_api import Locator

pytestmark = pytest.mark.skipif(
    bool(missing()), reason=f"the browser's tests are left out: no {', no '.join(missing())}"
)


def minutes(clock: str) -> int:
    """Minutes of the day, of a time as clocks show it."""
    hours, _, rest = clock.partition(":")
    return 60 * int(hours) + int(rest)


def test_dial_choose_hindi_balance(stage: Stage, pictures: Path) -> None:
    page = stage.page(BOTH)
    handset = phone(page, CUSTOMER).locator(".handset")
    dial(handset, "2")
    sees(handset.locator(".screen"), "बकाया")
    page.screenshot(path=pictures / "hindi.png")
    handset.locator(".entry .line").press_sequentially("1")
    handset.locator(".entry .line").press("Enter")
    sees(handset.locator(".screen"), "120457")
    assert abs(minutes(handset.locator(".clock").inner_text()) - minutes(f"{local(now()):%H:%M}")) in (
        0,
        1,
        1439,
    )
    assert "UCS-2" in handset.locator(".display .size").inner_text()
    phone(page, CUSTOMER).get_by_label("Hindi shows boxes").check()
    assert "▯" in handset.locator(".screen").inner_text()
    page.screenshot(path=pictures / "boxes.png")


def test_pay_on_one_phone_and_the_receipt_on_the_other(stage: Stage, pictures: Path) -> None:
    page = stage.page(BOTH)
    phone(page, COLLECTOR).get_by_label("Delivers twice").check()
    text(phone(page, COLLECTOR).locator(".handset"), "PAY 120457 300")
    sees(phone(page, CUSTOMER).locator(".inbox .sms"), "300")
    sees(phone(page, COLLECTOR).locator(".inbox .sms:not(.mine)"), "300")
    assert phone(page, CUSTOMER).locator(".inbox .sms").count() == 1
    page.locator(".glass > summary").click()
    sees(page.locator(".glass"), "cash Ramesh Kumar")
    sees(page.locator(".glass"), "sms via phone")
    page.screenshot(path=pictures / "glass.png", full_page=True)


def test_a_list_is_tapped(stage: Stage, pictures: Path) -> None:
    page = stage.page(BOTH)
    chat = phone(page, COLLECTOR).locator(".chat")
    chat.locator("input").fill("menu")
    chat.locator("input").press("Enter")
    chat.locator(".widget summary").click()
    page.screenshot(path=pictures / "list.png")
    first = chat.locator(".option").first
    title = first.locator("b").inner_text()
    first.click()
    chat.locator(".bubble:not(.mine)").nth(1).wait_for()
    assert chat.locator(".bubble.mine .said").last.inner_text() == title
    page.screenshot(path=pictures / "tapped.png")


def test_no_signal_drops_the_session_and_holds_messages(stage: Stage, pictures: Path) -> None:
    page = stage.page(BOTH)
    owner = phone(page, CUSTOMER)
    handset = owner.locator(".handset")
    dial(handset, "1")
    sees(handset.locator(".screen"), "1 ")
    owner.get_by_label("No signal").check()
    sees(handset.locator(".screen"), "Connection lost")
    text(phone(page, COLLECTOR).locator(".handset"), "PAY 120457 300")
    sees(phone(page, COLLECTOR).locator(".inbox .sms:not(.mine)"), "300")
    page.screenshot(path=pictures / "no-signal.png")
    assert owner.locator(".inbox .sms").count() == 0
    owner.get_by_label("No signal").uncheck()
    owner.get_by_role("button", name="Messages").click()
    sees(owner.locator(".inbox .sms"), "300")
    dial(handset)
    handset.locator(".timer").wait_for()
    sees(handset.locator(".screen"), "1 ")


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
    with psycopg.connect(stage.service.settings.database_url) as connection:
        rows = connection.execute("SELECT count(*) FROM request WHERE kind = 'fault'").fetchall()
    assert rows == [(1,)]


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
    handset.locator(".timer").wait_for()
    handset.get_by_role("button", name="Missed call").click()
    sees(handset.locator(".screen"), "Call rejected")
    assert not handset.locator(".timer").is_visible()
    handset.locator(".mail").wait_for()  # an answer that comes to the idle phone opens the messages
    handset.get_by_label("End", exact=True).click()
    handset.locator(".entry .line").fill(SHORT_CODE)
    handset.get_by_label("Call or send").click()
    sees(handset.locator(".screen"), "Call rejected")


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
    with psycopg.connect(stage.service.settings.database_url) as connection:
        row = connection.execute("SELECT number FROM request WHERE kind = 'fault'").fetchone()
        assert row is not None
        kept = "SELECT count(*) FROM photo WHERE state = 'kept' AND request_id IS NOT NULL"
        until(page, lambda: connection.execute(kept).fetchone() == (2,))
    write(theirs, f"HIST {row[0]}")
    seen = theirs.locator(".bubble:not(.mine) .picture img")
    seen.wait_for()
    assert seen.evaluate("image => image.decode().then(() => image.naturalWidth)") == 800
    page.screenshot(path=pictures / "photos.png")
    # By SMS there is a link, for a small phone.
    text(phone(page, COLLECTOR).locator(".handset"), f"HIST {row[0]}")
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


def test_by_keyboard_alone(stage: Stage) -> None:
    page = stage.page(BOTH)
    owner = phone(page, CUSTOMER)

    def tab_to(place: Locator) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if place.evaluate("one => one === document.activeElement"):
                return
        pytest.fail("no way there by keyboard")

    owner.locator(".who").wait_for()
    tab_to(owner.locator(".entry .line"))
    page.keyboard.press("Enter")
    sees(owner.locator(".screen"), "English")
    page.keyboard.type("1")
    page.keyboard.press("Enter")
    sees(owner.locator(".screen"), "Your electricity")
    page.keyboard.press("Escape")
    assert owner.locator(".greeting").is_visible()
    tab_to(owner.get_by_role("button", name="Write SMS"))
    page.keyboard.press("Enter")
    page.keyboard.type("BAL")
    page.keyboard.press("Enter")
    sees(owner.locator(".inbox .sms:not(.mine)"), "120457")
    tab_to(owner.get_by_label("Send a photo"))
    page.keyboard.press("Enter")
    tab_to(owner.get_by_role("button", name="Photo of a meter"))
    page.keyboard.press("Escape")
    assert not owner.get_by_role("button", name="Photo of a meter").is_visible()
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


def test_news_asked_before_the_switch_does_not_move_it_back(stage: Stage) -> None:
    """The network's slow word from before stays unheard; the switch is as the hand left it."""
    page = stage.page(BOTH)
    owner = phone(page, CUSTOMER)
    owner.get_by_label("No signal").wait_for()
    world = page.request.get(f"{stage.service.url}/phone/setup").json()["world"]
    gate = hold(page, "news*")
    held = gate.held
    until(page, lambda: bool(held))
    with page.expect_response("**/phone/signal"):
        owner.get_by_label("No signal").check()
    held[0].fulfill(json={"letters": [], "dark": [], "world": world})
    until(page, lambda: len(held) > 1)  # it looks again when it has taken this
    assert owner.get_by_label("No signal").is_checked()
    gate.open = True
    held[1].continue_()
    owner.get_by_label("No signal").uncheck()
    sees(owner.locator(".handset"), "Bharat GSM")


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


def test_the_picture_of_the_readme(stage: Stage, pictures: Path) -> None:
    """What is worth showing at a glance; docs/phones.png is a copy of it."""
    page = stage.page(BOTH, height=806)
    dial(phone(page, CUSTOMER).locator(".handset"), "2")
    sees(phone(page, CUSTOMER).locator(".screen"), "बकाया")
    chat = phone(page, CUSTOMER).locator(".chat")
    chat.locator("input").fill("menu")
    chat.locator("input").press("Enter")
    chat.locator(".widget summary").click()
    text(phone(page, COLLECTOR).locator(".handset"), "PAY 120457 300")
    sees(phone(page, COLLECTOR).locator(".inbox .sms:not(.mine)"), "300")
    chat = phone(page, COLLECTOR).locator(".chat")
    chat.locator("input").fill("DUES")
    chat.locator("input").press("Enter")
    chat.locator(".bubble:not(.mine)").wait_for()
    phone(page, CUSTOMER).get_by_role("button", name="Messages").click()
    sees(phone(page, CUSTOMER).locator(".inbox .sms"), "300")
    assert phone(page, CUSTOMER).locator(".chat .option").first.is_visible()
    page.locator("h1").click()
    picture = page.screenshot()
    with Image.open(io.BytesIO(picture)) as whole:
        whole.convert("RGB").quantize(96).save(pictures / "phones.png", optimize=True)
    assert (pictures / "phones.png").stat().st_size < 150_000


def test_the_session_runs_out(stage: Stage) -> None:
    page = stage.page(BOTH)
    owner = phone(page, CUSTOMER)
    owner.locator(".limit").select_option("8")
    dial(owner.locator(".handset"))
    sees(owner.locator(".screen"), "Connection timed out")


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


@pytest.mark.parametrize("width", [360, 1280])
def test_it_fits_narrow_and_wide(stage: Stage, pictures: Path, width: int) -> None:
    page = stage.page(BOTH, width=width, height=800)
    dial(phone(page, CUSTOMER).locator(".handset"), "2")
    text(phone(page, COLLECTOR).locator(".handset"), "PAY 120457 300")
    sees(phone(page, COLLECTOR).locator(".inbox .sms:not(.mine)"), "300")
    assert fits(page)
    page.screenshot(path=pictures / f"width-{width}.png", full_page=True)


def test_the_receipt_on_a_small_phone(stage: Stage, pictures: Path, settings: Settings) -> None:
    page = stage.page(BOTH)
    text(phone(page, COLLECTOR).locator(".handset"), "PAY 120457 300")
    sees(phone(page, CUSTOMER).locator(".inbox .sms"), "300")
    with psycopg.connect(stage.service.settings.database_url) as connection:
        row = connection.execute("SELECT max(id) FROM receipt").fetchone()
    assert row is not None
    receipt = stage.page(page_url(settings, row[0]).removeprefix(settings.public_url), width=240, height=320)
    sees(receipt.locator("body"), "300")
    assert fits(receipt)
    receipt.screenshot(path=pictures / "receipt-240.png", full_page=True)
