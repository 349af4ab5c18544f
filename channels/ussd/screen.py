"""Fit words to a USSD screen: pages cut at lines, then at words, with the keys to move about.

The screen holds 160 septets or 70 UTF-16 units, the gateway's `CON `/`END ` included (core/gsm.py).
"""

from __future__ import annotations

from functools import lru_cache

from conversations.prompts import Menu, Prompt, options_of
from core.gsm import fits_screen
from core.text import Text, render, say

LEAD = "CON "
_MORE = say("nav.more")
_BACK = say("nav.back")


def pages_of_prompt(prompt: Prompt, note: Text | None, language: str, deep: bool) -> list[str]:
    """A question as the pages of its screen; `deep`: there is a step to go back to."""
    if note is None and isinstance(prompt, Menu) and not prompt.text.params:
        return list(_menu_pages(prompt, language, deep))
    return _prompt_pages(prompt, note, language, deep)


@lru_cache(maxsize=4096)
def _menu_pages(prompt: Menu, language: str, deep: bool) -> tuple[str, ...]:
    """The same menus are shown all day long."""
    return tuple(_prompt_pages(prompt, None, language, deep))


def _prompt_pages(prompt: Prompt, note: Text | None, language: str, deep: bool) -> list[str]:
    lines = [] if note is None else render(note, language).split("\n")
    lines += render(prompt.text, language).split("\n")
    lines += [f"{i} {render(option.label, language)}" for i, option in enumerate(options_of(prompt), 1)]
    return paginate(lines, render(_MORE, language), render(_BACK, language) if deep else None)


def pages_of_words(text: Text, language: str) -> list[str]:
    """Final words as pages."""
    return paginate(render(text, language).split("\n"), render(_MORE, language), None)


def paginate(lines: list[str], more: str, back: str | None) -> list[str]:
    """Pages that each fit the screen: `back` stands last on every page, `more` on all but the last.

    From the second page on, the way back leads to the page before, so it is shown there as well.
    """
    tail = [back] if back else []
    if _fits([*lines, *tail]):
        return ["\n".join([*lines, *tail])]
    pages: list[str] = []
    rest = lines
    while rest:
        tail = [back] if back else []
        if _fits([*rest, *tail]):
            pages.append("\n".join([*rest, *tail]))
            break
        page, rest = _cut(rest, [more, *tail])
        pages.append("\n".join([*page, more, *tail]))
    return pages


def _cut(lines: list[str], tail: list[str]) -> tuple[list[str], list[str]]:
    """As many whole lines as fit before `tail`, and the rest; a line too long alone is cut at a word."""
    count = 0
    while count < len(lines) and _fits([*lines[: count + 1], *tail]):
        count += 1
    if count:
        return lines[:count], lines[count:]
    first, rest = _cut_line(lines[0], tail)
    return [first], [rest, *lines[1:]]


def _cut_line(line: str, tail: list[str]) -> tuple[str, str]:
    """The longest beginning of a line that fits, up to a blank if there is one."""
    length = len(line)
    while length > 1 and not _fits([line[:length], *tail]):
        length -= 1
    blank = line.rfind(" ", 1, length)
    length = blank if blank > 0 else length
    return line[:length].rstrip(), line[length:].lstrip()


def _fits(lines: list[str]) -> bool:
    return fits_screen(LEAD + "\n".join(lines))
