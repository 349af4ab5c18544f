"""docs/commands.md, made from the catalogue: what can be texted, by whom, in which words.

`python -m ops.commands` prints it; `python -m ops.commands --write` writes the file.
"""

from __future__ import annotations

import sys
from pathlib import Path

from conversations.catalogue import COMMANDS, Audience, Command
from core.settings import LANGUAGES
from core.text import render, words

FILE = Path(__file__).resolve().parent.parent / "docs" / "commands.md"

_HEAD = """# Commands

What people can text to the service, and what the menus offer. Made from the catalogue
(`conversations/catalogue.py`) and the words (`locales/`) by `python -m ops.commands --write`: do not edit.

- Capital or small letters, either script and a slip of the hand are all understood.
- What a command needs can follow in the same line (`PAY 120457 300`); what is missing is asked.
- Many payments go in one text (`PAY 120457 300, 120465 150`); with a running number (`#12 PAY …`) a repeat
  enters nothing twice and missing numbers are named.
- So do many readings (`READ 120457 1234, 120473 876`).
- A slip in a command that moves money is asked about first (`PYA 120457 300`).
- In every talk: `0` goes back, `00` leads to the menu, `98` (by SMS `MORE`) shows more.
"""

_AUDIENCES = {
    Audience.CUSTOMER: "Customers",
    Audience.STAFF: "Field staff",
    Audience.STRANGER: "Callers we don't know",
}
_ANYBODY = "Everybody"


def commands_page() -> str:
    """The whole page, in Markdown."""
    sections = [
        *(
            (title, [one for one in COMMANDS if one.audience is who and not one.for_all])
            for who, title in _AUDIENCES.items()
        ),
        (_ANYBODY, [one for one in COMMANDS if one.for_all]),
    ]
    return _HEAD + "".join(f"\n## {title}\n\n{_table(commands)}" for title, commands in sections)


def _table(commands: list[Command]) -> str:
    """One row a command: what it does, and its words in each language."""
    rows = ["| what | English | हिन्दी | Hindi (abc) |", "| --- | --- | --- | --- |"]
    for command in commands:
        cells = [render(command.label, "en"), *(_words(command, language) for language in LANGUAGES)]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def _words(command: Command, language: str) -> str:
    spoken = words(f"commands.{command.name}", language, {}).split()
    return ", ".join(f"`{word.upper()}`" for word in spoken)


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        FILE.write_text(commands_page(), encoding="utf-8")
    else:
        sys.stdout.write(commands_page())
