"""Choices by their words: a person may type the option's name, in any language, instead of its number."""

from __future__ import annotations

from functools import lru_cache

from conversations.prompts import Option, Prompt, options_of
from core.fold import keyword
from core.settings import LANGUAGES
from core.text import has_words, render, words


def option_named(prompt: Prompt, raw: str) -> str | None:
    """The value of the option that these words name, if exactly one does."""
    return _index(options_of(prompt)).get(keyword(raw))


@lru_cache(maxsize=2048)
def _index(options: tuple[Option, ...]) -> dict[str, str]:
    """Every word for every option; a word that names two of them names none."""
    found: dict[str, str | None] = {}
    for option in options:
        for word in _words_of(option):
            found[word] = option.value if found.get(word, option.value) == option.value else None
    return {word: value for word, value in found.items() if word and value is not None}


def _words_of(option: Option) -> set[str]:
    """The value itself, the label and its other words, in all languages."""
    spoken = {keyword(option.value)}
    for language in LANGUAGES:
        spoken.add(keyword(render(option.label, language)))
        extra = f"{option.label.key}_words"
        if has_words(extra, language):
            spoken.update(keyword(word) for word in words(extra, language, {}).split())
    return spoken
