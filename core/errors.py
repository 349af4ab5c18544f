"""The few kinds of error that cross room borders."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.text import Text


class SettingError(Exception):
    """A setting is missing or wrong. Its message is one line that names the setting."""


class BillingError(Exception):
    """A billing run that can't be. Its message is one line for whoever asked for it."""


class NoMeter(Exception):
    """There is no smart meter to switch. Its message is one line for whoever asked for it."""


class Refusal(Exception):
    """The core says no, in words for the person who asked.

    Raised inside an act; the transaction rolls back and the words become the reply,
    never an error page.
    """

    def __init__(self, text: Text) -> None:
        super().__init__(text.key)
        self.text = text


class ProviderError(RuntimeError):
    """A provider did not answer a command as it should; the message says what was asked, and the answer."""
