"""The page of commands."""

from __future__ import annotations

from conversations.catalogue import COMMANDS
from ops.commands import FILE, commands_page


def test_the_page_is_up_to_date() -> None:
    written = FILE.read_text(encoding="utf-8")
    assert written == commands_page(), "run .venv/bin/python -m ops.commands --write"


def test_the_page_names_every_command_once() -> None:
    assert commands_page().count("\n| ") == len(COMMANDS) + 2 * 4
