"""What an answer means: from what was typed to what is stored, and on to what the talk gets."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from conversations.prompts import Ask, Prompt, Unclear, options_of
from core.fold import fold, keyword
from core.text import say, words_in_all


def read_answer(prompt: Prompt, raw: str, labels: Callable[[str], str | None]) -> str:
    """The meaning of what was typed, or Unclear. `labels` finds an option by its words."""
    options = options_of(prompt)
    if isinstance(prompt, Ask):
        prompt.read(raw)
        return raw
    digits = fold(raw)
    if digits.isdecimal() and digits.isascii() and len(digits) <= 3 and 1 <= int(digits) <= len(options):
        return options[int(digits) - 1].value
    found = labels(raw)
    if found is not None:
        return found
    more = keyword(raw) in _more()
    raise Unclear(say("unclear.no_more" if more else "unclear.choice", most=len(options)))


@lru_cache(maxsize=1)
def _more() -> frozenset[str]:
    return frozenset(map(keyword, words_in_all("nav.more_words")))


def value_of(prompt: Prompt, stored: str) -> Any:
    """What the generator gets for a stored answer."""
    if not isinstance(prompt, Ask):
        return stored
    return stored if prompt.secret and not stored else prompt.read(stored)
