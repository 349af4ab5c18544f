"""A question with something to tap, as a message carries it: the column `widget` of the outbox, in JSON.

Buttons (at most three, captions of at most 20 characters):

    {"type": "buttons", "body": "Report this fault?",
     "options": [{"id": "bl:5f3a90c1.0b77d2e4:1", "title": "Yes"},
                 {"id": "bl:5f3a90c1.0b77d2e4:2", "title": "No"}]}

A list (at most ten rows, captions of at most 24 characters, descriptions of at most 72), which opens
when its one button is tapped:

    {"type": "list", "body": "What is wrong?", "button": "Choose",
     "options": [{"id": "bl:…:1", "title": "No light", "description": "…"}, …]}

`body` stands above, and has the line breaks it is shown with. `description` says in full what is cut in
`title`, and is left out where nothing is. What is tapped comes back in Twilio's webhook as the option's
`id`: `ButtonPayload` with the caption in `ButtonText`, `ListId` with the caption in `ListTitle`. The same
message as plain text, with its choices numbered, is the outbox row's `body`.
"""

from __future__ import annotations

from typing import Literal

import msgspec


class Choice(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing to tap: `id` comes back, `title` is its caption, `description` says it in full."""

    id: str
    title: str
    description: str | None = None


class Widget(msgspec.Struct, frozen=True, omit_defaults=True):
    """Buttons or a list under a question."""

    type: Literal["buttons", "list"]
    body: str
    options: tuple[Choice, ...]
    button: str | None = None
    """What opens a list; None for buttons."""


def read_widget(stored: object) -> Widget | None:
    """The widget in a column of the outbox."""
    return None if stored is None else msgspec.convert(stored, Widget)
