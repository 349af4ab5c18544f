"""docs/functions.md: every word in it is a command, and every command is in it."""

from __future__ import annotations

import re
from pathlib import Path

from conversations.catalogue import COMMANDS
from core.text import render, say

PAGE = Path(__file__).resolve().parents[2] / "docs" / "functions.md"


def test_every_command_is_on_the_page_and_every_word_is_one() -> None:
    known = {render(say(f"commands.{one.name}"), "en").upper().split()[0] for one in COMMANDS}
    rows = re.findall(r"^\|.*\| (.*) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    told = {word for cell in rows for word in re.findall(r"`([A-Z]+)`", cell)}
    assert told - known == set()
    assert known - told == set()
