"""What a person does on the page, and waits to see there."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec
import pytest

from tests.browser.conftest import PATIENCE

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, Request, Route

CUSTOMER, COLLECTOR = "+919800000001", "+919800000002"
BOTH = "/phone#919800000001,919800000002"


def phone(page: Page, number: str) -> Locator:
    """A phone whose history has come: only what arrives after that rings."""
    return page.locator(f".person[data-phone='{number}'][aria-busy='false']")


def trouble(page: Page) -> Locator:
    """The line that says what is wrong."""
    return page.locator("body > .trouble[role]")


def sees(place: Locator, words: str) -> None:
    """Wait until these words stand there."""
    place.filter(has_text=words).first.wait_for()


def dial(handset: Locator, *keys: str) -> None:
    """Dial by the keypad alone."""
    handset.get_by_label("Call or send").click()
    for key in keys:
        answered(handset)
        handset.locator(".keys").get_by_label(key, exact=True).click()
        handset.get_by_label("Call or send").click()


def answered(handset: Locator) -> None:
    """Wait until the session stands at a question."""
    handset.locator(".timer").wait_for()
    handset.locator(".display .size").filter(has_text="/").wait_for()


def text(handset: Locator, words: str) -> None:
    handset.get_by_role("button", name="Write SMS").click()
    handset.locator(".words").fill(words)
    handset.get_by_label("Call or send").click()


def write(chat: Locator, words: str) -> None:
    chat.locator("input").fill(words)
    chat.locator("input").press("Enter")


def lose_signal(owner: Locator) -> None:
    """Take the signal away, and wait until the network knows."""
    with owner.page.expect_response("**/phone/signal"):
        owner.get_by_label("No signal").check()


def fits(page: Page) -> bool:
    """Whether nothing stands out to the right."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def until(page: Page, holds: Callable[[], bool]) -> None:
    """Wait for what the page does not show; requests are taken meanwhile."""
    end = time.monotonic() + PATIENCE / 1000
    while not holds():
        if time.monotonic() > end:
            pytest.fail("it did not come about")
        page.wait_for_timeout(50)


def sent(request: Request) -> dict[str, object]:
    """The JSON of a request."""
    return msgspec.json.decode(request.post_data or "", type=dict[str, object])


@dataclass
class Gate:
    """Requests below /phone that wait until the test lets them go, or opens the gate for all that follow.

    A rule is never taken off the page while requests may be under way: the browser then lets those
    through by itself, under the hands of whoever is about to answer them. For the same reason nothing is
    waited for within the rule: it may still be at that when the page closes. The test itself answers.
    """

    page: Page
    held: list[Route] = field(default_factory=list)
    open: bool = False

    def __call__(self, route: Route) -> None:
        if self.open:
            route.continue_()
        else:
            self.held.append(route)

    def next(self, number: int = 1) -> Route:
        """Wait for the request of this number, of all that were ever held."""
        until(self.page, lambda: len(self.held) >= number)
        return self.held[number - 1]


def hold(page: Page, path: str) -> Gate:
    """A gate that is shut before these requests."""
    gate = Gate(page)
    page.route(f"**/phone/{path}", gate)
    return gate


def pass_news(page: Page) -> None:
    """Wait until the page has asked for news after this, has the answer and asks again."""
    asked: list[Request] = []
    page.on("request", lambda one: asked.append(one) if "/phone/news" in one.url else None)
    until(page, lambda: len(asked) > 1)
