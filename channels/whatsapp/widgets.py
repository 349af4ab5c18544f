"""Questions on WhatsApp as buttons and lists: the captions, and ids that belong to one question.

Up to three choices are buttons, up to ten a list, more are paged (nine and "more"). Where a caption
would have to be cut, the full words stand in the description, which only lists have. Whatever does
not fit these limits stays the numbered text that it is anyway (channels/written.py).
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from zlib import crc32

import msgspec

from channels.places import Place
from channels.written import MOST_CHARACTERS, MOST_ROWS, groups_of
from conversations.prompts import Prompt, fingerprint
from core.fold import keyword
from core.text import Text, render, say
from core.widget import Choice, Widget

MOST_BUTTONS = 3
MOST_OF_BUTTON, MOST_OF_ROW, MOST_OF_DESCRIPTION = 20, 24, 72
"""Characters, as WhatsApp counts them."""
_CHOOSE, _MORE = say("nav.choose"), say("nav.more_button")
_TAP = say("unclear.tap")
_TAPPED = re.compile(r"bl:([0-9a-f]{8})\.([0-9a-f]{8}):p?([0-9]{1,3})")
_VIRAMA = "\u094d"
_JOINERS = "\u200c\u200d"


@dataclass(frozen=True, slots=True)
class Tap:
    """What was tapped: the question's fingerprint, its talk, and the choice's number (from 1).

    `page`: the "more" of that page was tapped, counted from 0.
    """

    mark: int
    talk: int
    number: int
    page: bool = False

    def belongs_to(self, talk: str, shown: int) -> bool:
        """Whether this is the question that stands open: the same words in the same talk."""
        return self.mark == shown and self.talk == crc32(talk.encode())


def read_tap(raw: str) -> Tap | None:
    """The id of a button or row of ours, or None."""
    match = _TAPPED.fullmatch(raw)
    if match is None:
        return None
    return Tap(int(match[1], 16), int(match[2], 16), int(match[3]), ":p" in raw)


def widgets_of(prompt: Prompt, note: Text | None, language: str, talk: str, pages: int) -> list[Widget]:
    """One widget for each page of the question; none at all where one of them would not fit."""
    groups = groups_of(prompt, MOST_ROWS)
    if not groups[0] or len(groups) != pages:
        return []
    if note is not None and note.key == "unclear.choice":
        note = _TAP  # the rows show no numbers
    body = "\n".join([render(text, language) for text in (note, prompt.text) if text is not None])
    asked = f"bl:{fingerprint(prompt):08x}.{crc32(talk.encode()):08x}"
    found: list[Widget] = []
    before = 0
    for page, group in enumerate(groups):
        labels = [_one_line(render(option.label, language)) for option in group]
        ids = [f"{asked}:{before + number}" for number in range(1, len(group) + 1)]
        if page < len(groups) - 1:
            labels.append(render(_MORE, language))
            ids.append(f"{asked}:p{page}")
        widget = _widget(body, labels, ids, language, before)
        if widget is None:
            return []
        found.append(widget)
        before += len(group)
    return found


def widget_on(place: Place) -> Widget | None:
    """What can be tapped on the page that is shown."""
    return place.widgets[place.page] if place.page < len(place.widgets) else None


def beside(words: str, widget: Widget | None) -> Widget | None:
    """The same question with other words above it; None where they don't fit."""
    if widget is None:
        return None
    body = f"{words}\n\n{widget.body}"
    return None if len(body) > MOST_CHARACTERS else msgspec.structs.replace(widget, body=body)


def _widget(
    body: str, labels: Sequence[str], ids: Sequence[str], language: str, before: int
) -> Widget | None:
    """Buttons, else a list, else None."""
    if not body.strip() or len(body) > MOST_CHARACTERS:
        return None
    if len(labels) <= MOST_BUTTONS and _distinct(labels) and max(map(len, labels)) <= MOST_OF_BUTTON:
        choices = tuple(Choice(id_, label) for id_, label in zip(ids, labels, strict=True))
        return Widget("buttons", body, choices)
    titles = captions(tuple(labels), MOST_OF_ROW, before)
    if titles is None or len(labels) > MOST_ROWS or max(map(len, labels)) > MOST_OF_DESCRIPTION:
        return None
    rows = tuple(
        Choice(id_, title, label if title != label else None)
        for id_, title, label in zip(ids, titles, labels, strict=True)
    )
    return Widget("list", body, rows, render(_CHOOSE, language))


@lru_cache(maxsize=512)
def captions(labels: tuple[str, ...], most: int, before: int = 0) -> tuple[str, ...] | None:
    """Labels as captions of at most `most` characters, no two alike; None where that can't be.

    Those that would look the same begin with their number, counted on from `before`. Menus ask for the
    same captions all day, so that they are kept.
    """
    titles = [cut(label, most) for label in labels]
    seen = Counter(map(keyword, titles))
    for index, label in enumerate(labels):
        if seen[keyword(titles[index])] > 1:
            lead = f"{before + index + 1} "
            titles[index] = lead + cut(label, most - len(lead))
    return tuple(titles) if _distinct(titles) else None


def cut(words: str, most: int) -> str:
    """At most `most` characters, with … where something is missing: at a word, never within a letter."""
    if len(words) <= most:
        return words
    end = most - 1
    blank = words.rfind(" ", most // 2, end + 1)
    if blank > 0:
        end = blank
    while end > 1 and _within_letter(words, end):
        end -= 1
    return words[:end].rstrip(" ,;:-–(") + "…"


def _within_letter(words: str, end: int) -> bool:
    """Whether a cut here would take a sign from its letter, or a half letter from the next."""
    after, before = words[end], words[end - 1]
    return unicodedata.category(after).startswith("M") or after in _JOINERS or before in (_VIRAMA, *_JOINERS)


def _distinct(titles: Sequence[str]) -> bool:
    spoken = [keyword(title) for title in titles]
    return all(title.strip() for title in titles) and len(set(spoken)) == len(spoken)


def _one_line(words: str) -> str:
    return " ".join(words.split())
