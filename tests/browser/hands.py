"""What a person does on the page, and waits to see there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, Route

CUSTOMER, COLLECTOR = "+919800000001", "+919800000002"
BOTH = "/phone#919800000001,919800000002"


def phone(page: Page, number: str) -> Locator:
    return page.locator(f".person[data-phone='{number}']")


def sees(place: Locator, words: str) -> None:
    """Wait until these words stand there."""
    place.filter(has_text=words).first.wait_for()


def dial(handset: Locator, *keys: str) -> None:
    """Dial by the keypad alone."""
    handset.get_by_label("Call or send").click()
    for key in keys:
        handset.locator(".timer").wait_for()
        handset.locator(".display .size").filter(has_text="/").wait_for()
        handset.locator(".keys").get_by_label(key, exact=True).click()
        handset.get_by_label("Call or send").click()


def text(handset: Locator, words: str) -> None:
    handset.get_by_role("button", name="Write SMS").click()
    handset.locator(".words").fill(words)
    handset.get_by_label("Call or send").click()


def fits(page: Page) -> bool:
    """Whether nothing stands out to the right."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def until(page: Page, holds: Callable[[], bool]) -> None:
    """Wait for what the page does not show."""
    for _ in range(600):
        if holds():
            return
        page.wait_for_timeout(100)
    pytest.fail("it did not come about")


def write(chat: Locator, words: str) -> None:
    chat.locator("input").fill(words)
    chat.locator("input").press("Enter")


@dataclass
class Gate:
    """Requests below /phone that wait until the test lets them go, or opens the gate for all that follow.

    A rule is never taken off the page while requests may be under way: the browser then lets those
    through by itself, under the hands of whoever is about to answer them.
    """

    held: list[Route] = field(default_factory=list)
    open: bool = False

    def __call__(self, route: Route) -> None:
        if self.open:
            route.continue_()
        else:
            self.held.append(route)


def hold(page: Page, path: str) -> Gate:
    """A gate that is shut before these requests."""
    gate = Gate()
    page.route(f"**/phone/{path}", gate)
    return gate
