"""The page when answers are late, lost or out of order, and when it was left open over what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import psycopg
import pytest

from tests.browser.conftest import PATIENCE, Stage, missing
from tests.browser.hands import BOTH, COLLECTOR, CUSTOMER, dial, hold, phone, sees, text, until, write

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, Request, Route

pytestmark = pytest.mark.skipif(
    bool(missing()), reason=f"the browser's tests are left out: no {', no '.join(missing())}"
)


def scalar(stage: Stage, sql: str) -> object:
    with psycopg.connect(stage.service.settings.database_url) as connection:
        row = connection.execute(sql.encode()).fetchone()
    return row[0] if row else None


def payments(stage: Stage) -> object:
    return scalar(stage, "SELECT count(*) FROM payment")


def asked(page: Page, *paths: str) -> list[Request]:
    """What the page asks from now on at these paths, as it asks."""
    found: list[Request] = []
    page.on("request", lambda one: found.append(one) if one.url.endswith(paths) else None)
    return found


def sent(request: Request) -> dict[str, object]:
    """The JSON of a request."""
    return msgspec.json.decode(request.post_data or "", type=dict[str, object])


def await_more(page: Page, held: list[Route], than: int) -> None:
    until(page, lambda: len(held) > than)


def ready(page: Page, number: str) -> Locator:
    """A phone whose history has come."""
    with page.expect_response("**/phone/news*"):
        phone(page, number).locator(".who").wait_for()
    return phone(page, number)


def test_what_is_typed_ahead_waits_for_its_screen(stage: Stage) -> None:
    page = stage.page(BOTH)
    handset = ready(page, CUSTOMER).locator(".handset")
    dial(handset)
    sees(handset.locator(".screen"), "English")
    held = hold(page, "dial").held
    line = handset.locator(".entry .line")
    line.fill("1")
    line.press("Enter")
    until(page, lambda: len(held) == 1)
    line.press_sequentially("12")
    line.press("Enter")  # nothing may be sent blindly
    held[0].continue_()
    sees(handset.locator(".screen"), "Your electricity")
    assert line.input_value() == "12"
    assert len(held) == 1


def test_an_answer_that_overtakes_its_question_stands_below_it(stage: Stage) -> None:
    """The reply is in the news before the page hears that its text was taken."""
    page = stage.page(BOTH)
    owner = ready(page, CUSTOMER)
    slow: list[Route] = []

    def deliver(route: Route) -> None:
        route.fetch()
        slow.append(route)

    page.route("**/phone/sms", deliver)
    text(owner.locator(".handset"), "BAL")
    sees(owner.locator(".inbox .sms:not(.mine)"), "120457")
    until(page, lambda: len(slow) == 1)
    slow[0].continue_()  # the same id again, as networks do
    sees(owner.locator(".inbox .sms.mine .foot"), "1 part")
    assert [row.get_attribute("class") for row in owner.locator(".inbox .sms").all()] == ["sms mine", "sms"]


def test_what_nobody_took_goes_again_and_counts_once(stage: Stage) -> None:
    page = stage.page(BOTH)
    handset = ready(page, COLLECTOR).locator(".handset")
    lost: list[int] = []

    def lose(route: Route) -> None:
        """The first does not come through; of the second only the answer is lost."""
        lost.append(1)
        if len(lost) > 2:
            route.continue_()
            return
        if len(lost) == 2:
            route.fetch()
        route.abort()

    page.route("**/phone/sms", lose)
    text(handset, "PAY 120457 300")
    sees(handset.locator(".inbox .sms.mine"), "on its way")
    until(page, lambda: len(lost) > 2)
    sees(handset.locator(".inbox .sms:not(.mine)"), "300")
    sees(handset.locator(".inbox .sms.mine"), "1 part")
    page.locator("body > .trouble[role]").wait_for(state="hidden")
    assert payments(stage) == 1
    assert handset.locator(".inbox .sms").count() == 2


def test_a_door_that_refuses_is_said(stage: Stage) -> None:
    page = stage.page(BOTH)
    owner = ready(page, COLLECTOR)
    refusal = {"good": False, "status": 403, "times": 1, "same": True}
    page.route("**/phone/whatsapp", lambda route: route.fulfill(json=refusal))
    write(owner.locator(".chat"), "DUES")
    sees(owner.locator(".chat .bubble.mine"), "not sent")
    sees(page.locator("body > .trouble[role]"), "403")


def test_texts_written_without_signal_keep_their_order(stage: Stage) -> None:
    page = stage.page(BOTH)
    owner = ready(page, CUSTOMER)
    handset = owner.locator(".handset")
    owner.get_by_label("No signal").check()
    words = ["LANGUAGE ENGLISH", "BAL", "LANGUAGE HINDI", "BILL"]
    for each in words:
        text(handset, each)
    sees(handset.locator(".inbox .sms.mine").last, "waits for signal")
    held = hold(page, "sms").held
    owner.get_by_label("No signal").uncheck()
    for number in range(len(words)):
        await_more(page, held, number)
        held[number].continue_()
    handset.locator(".inbox .sms:not(.mine)").nth(len(words) - 1).wait_for()
    assert [sent(each.request)["text"] for each in held] == words
    assert scalar(stage, "SELECT array_agg(body ORDER BY id) FROM inbound") == words


def test_the_signal_is_as_the_switch_was_left(stage: Stage) -> None:
    """On and off at once: the network hears both in their order."""
    page = stage.page(BOTH)
    owner = ready(page, CUSTOMER)
    held = hold(page, "signal").held
    owner.get_by_label("No signal").check()
    until(page, lambda: len(held) == 1)
    with page.expect_response("**/phone/news*"):
        owner.get_by_label("No signal").uncheck()
    assert len(held) == 1
    held[0].continue_()
    until(page, lambda: len(held) == 2)
    held[1].continue_()
    sees(owner.locator(".handset"), "Bharat GSM")
    with page.expect_response("**/phone/news*") as news:
        pass
    assert news.value.json()["dark"] == []
    assert not owner.get_by_label("No signal").is_checked()


def test_the_network_is_silent_before_it_says_that_a_session_broke_off(stage: Stage) -> None:
    """Else what the service sends at once would reach a phone that has no signal."""
    page = stage.page(BOTH)
    owner = ready(page, CUSTOMER)
    dial(owner.locator(".handset"), "1")
    sees(owner.locator(".screen"), "Your electricity")
    said = asked(page, "/phone/signal", "/phone/end")
    held = hold(page, "signal").held
    owner.get_by_label("No signal").check()
    sees(owner.locator(".screen"), "Connection lost")
    until(page, lambda: len(held) == 1)
    with page.expect_response("**/phone/end"):
        held[0].continue_()
    assert [one.url.rsplit("/", 1)[1] for one in said] == ["signal", "end"]


def test_a_call_that_was_ended_says_nothing_in_the_next(stage: Stage) -> None:
    page = stage.page(BOTH)
    handset = ready(page, CUSTOMER).locator(".handset")
    held = hold(page, "call").held
    handset.get_by_role("button", name="Missed call").click()
    until(page, lambda: len(held) == 1)
    handset.get_by_label("End", exact=True).click()
    dial(handset)
    sees(handset.locator(".screen"), "English")
    with page.expect_response("**/phone/call"):
        held[0].continue_()
    with page.expect_response("**/phone/news*"):
        pass
    sees(handset.locator(".screen"), "English")
    assert handset.locator(".timer").is_visible()


def test_another_number_ends_the_session_of_the_one_before(stage: Stage) -> None:
    page = stage.page(BOTH)
    owner = ready(page, CUSTOMER)
    dial(owner.locator(".handset"))
    sees(owner.locator(".screen"), "English")
    with page.expect_request("**/phone/end") as end:
        owner.locator(".who").select_option("+919800000009")
    assert sent(end.value)["phone"] == CUSTOMER
    assert phone(page, "+919800000009").locator(".greeting").is_visible()


def test_what_is_no_number_is_said_and_stays_said(stage: Stage) -> None:
    """And it keeps no news from the other phones."""
    page = stage.page("/phone#12345678,919800000001,919800000002")
    page.locator(".person").nth(1).wait_for()
    assert page.locator(".person").count() == 2
    owner = ready(page, CUSTOMER)
    owner.locator(".who").select_option("other")
    owner.locator(".number").fill("+12345678")
    owner.locator(".number").press("Enter")
    trouble = page.locator("body > .trouble[role]")
    sees(trouble, "ten digits")
    for _ in range(2):
        with page.expect_response("**/phone/news*"):
            pass
    assert trouble.is_visible()
    assert phone(page, CUSTOMER).count() == 1
    write(phone(page, COLLECTOR).locator(".chat"), "DUES")
    phone(page, COLLECTOR).locator(".chat .bubble:not(.mine)").wait_for()
    assert not trouble.is_visible()


def test_a_list_keeps_the_focus_while_messages_come(stage: Stage) -> None:
    page = stage.page(BOTH)
    chat = ready(page, COLLECTOR).locator(".chat")
    write(chat, "menu")
    chat.locator(".widget summary").click()
    chat.locator(".option").nth(1).focus()
    words = {"phone": COLLECTOR, "id": "SM77", "text": "HELP"}
    page.request.post(f"{stage.service.url}/phone/whatsapp", data=words)
    chat.locator(".bubble:not(.mine)").nth(1).wait_for()
    assert chat.locator(".option").nth(1).evaluate("one => one === document.activeElement")


def test_two_pages_with_the_same_phone(stage: Stage) -> None:
    here, there = stage.page(BOTH), stage.page(BOTH)
    ready(here, CUSTOMER)
    other = ready(there, CUSTOMER)
    dial(other.locator(".handset"))
    sees(other.locator(".screen"), "English")
    phone(here, CUSTOMER).get_by_label("No signal").check()
    sees(other.locator(".screen"), "Connection lost")
    assert other.get_by_label("No signal").is_checked()
    text(other.locator(".handset"), "LANGUAGE ENGLISH")
    sees(other.locator(".inbox .sms.mine"), "waits for signal")
    phone(here, CUSTOMER).get_by_label("No signal").uncheck()
    for page in (here, there):
        phone(page, CUSTOMER).get_by_role("button", name="Messages").or_(
            phone(page, CUSTOMER).get_by_role("button", name="Back")
        ).wait_for()
        sees(phone(page, CUSTOMER).locator(".inbox .sms:not(.mine)"), "English")
        assert phone(page, CUSTOMER).locator(".inbox .sms.mine").count() == 1


def test_a_page_that_was_left_open_begins_anew_with_another_database(stage: Stage) -> None:
    page = stage.page(BOTH)
    ready(page, CUSTOMER)
    other: list[Route] = []

    def answer(route: Route) -> None:
        """The first of another database; then the page has asked who there is once more."""
        if other:
            route.continue_()
        else:
            other.append(route)
            route.fulfill(json={"letters": [], "dark": [], "world": "another"})

    with page.expect_response("**/phone/setup*"):
        page.route("**/phone/news*", answer)
    ready(page, CUSTOMER)
    assert page.locator(".person").count() == 2


def test_a_page_left_open_over_a_restart_goes_on(stage: Stage) -> None:
    page = stage.page(BOTH)
    handset = ready(page, COLLECTOR).locator(".handset")
    stage.service.kill("web")
    trouble = page.locator("body > .trouble[role]")
    sees(trouble, "Is it still running?")
    text(handset, "PAY 120457 300")
    sees(handset.locator(".inbox .sms.mine"), "on its way")
    stage.service.start("web")
    sees(handset.locator(".inbox .sms:not(.mine)"), "300")
    trouble.wait_for(state="hidden")
    assert payments(stage) == 1


def test_a_page_opened_too_early_begins_when_the_service_is_there(stage: Stage) -> None:
    page = stage.browser.new_page()
    page.set_default_timeout(PATIENCE)
    there = False

    def refuse(route: Route) -> None:
        if there:
            route.continue_()
        else:
            route.fulfill(status=503, body="starting")

    page.route("**/phone/setup*", refuse)
    page.goto(f"{stage.service.url}/phone")
    sees(page.locator("body > .trouble[role]"), "503")
    there = True
    ready(page, CUSTOMER)
    assert not page.locator("body > .trouble[role]").is_visible()
