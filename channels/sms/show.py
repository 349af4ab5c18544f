"""Questions and answers as SMS: short text, numbered choices, lists cut into messages of three parts."""

from __future__ import annotations

from conversations.prompts import Prompt, options_of
from core.gsm import parts
from core.text import Text, render, say

MOST_PARTS = 3
_MORE = say("nav.more_sms")


def pages_of_prompt(prompt: Prompt, note: Text | None, language: str, deep: bool) -> list[str]:
    """A question as one message; the way back is not shown, as each SMS is paid for."""
    del deep
    lines = [] if note is None else [render(note, language)]
    lines.append(render(prompt.text, language))
    lines += [f"{i} {render(option.label, language)}" for i, option in enumerate(options_of(prompt), 1)]
    return _pages(lines, language)


def pages_of_words(text: Text, language: str) -> list[str]:
    """Final words as messages of at most three parts; the next is sent when asked for with MORE."""
    return _pages(render(text, language).split("\n"), language)


def _pages(lines: list[str], language: str) -> list[str]:
    whole = "\n".join(lines)
    if parts(whole) <= MOST_PARTS:
        return [whole]
    more = render(_MORE, language)
    pages: list[list[str]] = [[]]
    for line in lines:
        if pages[-1] and parts("\n".join([*pages[-1], line, more])) > MOST_PARTS:
            pages.append([])
        pages[-1].append(line)
    return ["\n".join([*page, more]) for page in pages[:-1]] + ["\n".join(pages[-1])]
