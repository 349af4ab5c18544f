"""Questions and answers as written messages: short text, numbered choices, long lists cut into messages.

SMS and WhatsApp differ in how much one message may hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from channels.turn import Pager
from conversations.prompts import Option, Prompt, options_of
from core.gsm import parts
from core.text import Text, render, say

MOST_PARTS = 3
"""Parts of one SMS; each is paid for."""
MOST_ROWS = 10
"""Choices of one WhatsApp message, so that it can be a list to tap (channels/whatsapp/widgets.py)."""
MOST_CHARACTERS = 1024
"""Characters of one WhatsApp message."""
_MORE = say("nav.more_sms")


@dataclass(frozen=True, slots=True)
class Written:
    """Cuts words into messages, each of which `fits` the channel and offers at most `most` choices."""

    fits: Callable[[str], bool]
    most: int | None = None

    def pages_of_prompt(self, prompt: Prompt, note: Text | None, language: str, deep: bool) -> list[str]:
        """A question as one message; the way back is not shown, as the reader has it above."""
        del deep
        lines = [] if note is None else [render(note, language)]
        lines.append(render(prompt.text, language))
        choices = [f"{i} {render(option.label, language)}" for i, option in enumerate(options_of(prompt), 1)]
        groups = groups_of(prompt, self.most)
        if len(groups) > 1:
            pages = self._grouped(lines, choices, [len(group) for group in groups], language)
            if all(map(self.fits, pages)):
                return pages
        return self._pages(lines + choices, language)

    def _grouped(self, lines: list[str], choices: list[str], sizes: list[int], language: str) -> list[str]:
        """A message for each group of choices, all with the question above."""
        more = render(_MORE, language)
        pages, start = [], 0
        for size in sizes:
            end = start + size
            pages.append("\n".join([*lines, *choices[start:end], *([more] if end < len(choices) else [])]))
            start = end
        return pages

    def pages_of_words(self, text: Text, language: str) -> list[str]:
        """Final words as messages; the next is sent when asked for with MORE."""
        return self._pages(render(text, language).split("\n"), language)

    def _pages(self, lines: list[str], language: str) -> list[str]:
        whole = "\n".join(lines)
        if self.fits(whole):
            return [whole]
        more = render(_MORE, language)
        pages: list[list[str]] = [[]]
        for line in lines:
            if pages[-1] and not self.fits("\n".join([*pages[-1], line, more])):
                pages.append([])
            pages[-1].append(line)
        return ["\n".join([*page, more]) for page in pages[:-1]] + ["\n".join(pages[-1])]


def groups_of(prompt: Prompt, most: int | None) -> list[tuple[Option, ...]]:
    """The choices of each message: all of them, or where they are too many one less, for "more"."""
    options = options_of(prompt)
    groups = []
    while most is not None and len(options) > most:
        groups.append(options[: most - 1])
        options = options[most - 1 :]
    return [*groups, options]


SMS = Written(lambda words: parts(words) <= MOST_PARTS)
WHATSAPP = Written(lambda words: len(words) <= MOST_CHARACTERS, MOST_ROWS)
PAGERS: Mapping[str, Pager] = {"sms": SMS, "whatsapp": WHATSAPP}
"""How each channel of written messages cuts them."""
