"""Words that are taken away: the walk finds it, and the service does not start."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import i18n
import pytest

from channels.app import create_app
from channels.ussd import screen
from core import text as words
from core.errors import SettingError
from core.settings import LANGUAGES
from tests.conftest import Servers, demo_settings
from tests.talks.walking import walk_all, walking


@contextmanager
def changed_words(key: str, language: str, new: str | None) -> Iterator[None]:
    """The words of a key as they are not: other ones, or none."""
    words.load()
    container = i18n.translations.container[language]
    before = container[key]
    container.pop(key) if new is None else container.update({key: new})
    _forget_rendered()
    try:
        yield
    finally:
        container[key] = before
        _forget_rendered()


def _forget_rendered() -> None:
    for cache in (words._plain, words._write, screen._menu_pages):
        cache.cache_clear()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("kind", "key"),
    [("one connection", "menu.owed"), ("one connection", "fault.opened"), ("technician", "pay.taken_due"),
     ("unknown", "unclear.number")],
)  # fmt: skip
def test_the_walk_fails_when_a_translation_is_removed(
    servers: Servers, stage: str, kind: str, key: str, language: str
) -> None:
    with (
        walking(servers, stage, "ussd", kind, language) as walk,
        changed_words(key, language, None),
        pytest.raises(words.MissingWords, match=key),
    ):
        walk_all(walk)


def test_the_walk_fails_when_a_gap_has_another_name(servers: Servers, stage: str) -> None:
    with (
        walking(servers, stage, "ussd", "one connection", "hi") as walk,
        changed_words("owed.due", "hi", "%{number}: %{rashi}"),
        pytest.raises(KeyError, match="rashi"),
    ):
        walk_all(walk)


@pytest.mark.parametrize("language", LANGUAGES)
def test_any_one_word_that_is_missing_is_named(language: str) -> None:
    words.load()
    container = i18n.translations.container[language]
    before = dict(container)
    container.clear()
    try:
        assert set(words.check_words()) == {f"{key} has no words in {language}" for key in before}
    finally:
        container.update(before)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("key", "new", "why"),
    [
        ("owed.due", None, "owed.due has no words"),
        ("year.row_ahead", None, "year.row_ahead has no words"),
        ("owed.due", "%{number}", "different gaps"),
    ],
)
def test_the_service_does_not_start_with_wrong_words(
    servers: Servers, language: str, key: str, new: str | None, why: str
) -> None:
    settings = demo_settings(servers, servers.database_url("none"))
    with changed_words(key, language, new), pytest.raises(SettingError, match=why):
        create_app(settings)
