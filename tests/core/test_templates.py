"""WhatsApp's templates: sound for reviewers, and every message that leaves on its own fits into its own."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from core import dlt, templates
from core.settings import LANGUAGES
from core.templates import Template, variables_of
from core.text import render
from tests.talks.longest import HELPLINE, LONGEST, SERVICE

WANTED = templates.wanted(SERVICE, HELPLINE)
SAID = [
    said
    for kind, texts in LONGEST.items()
    if kind not in (*dlt.GENERIC, "code")
    for said in texts
    if not said.key.startswith(templates.NEVER)
]


@pytest.mark.parametrize("one", WANTED, ids=lambda one: one.name)
def test_every_template_is_one_that_reviewers_take(one: Template) -> None:
    numbers = re.findall(r"\{\{([0-9]+)\}\}", one.body)
    assert numbers == [str(number) for number in range(1, len(numbers) + 1)] == list(one.examples)
    assert not one.body.startswith("{{")
    assert not one.body.endswith("}}")
    assert not re.search(r"\}\}\W*\{\{", one.body)
    assert all(one.examples.values())
    assert len(one.body) <= 1024
    assert re.fullmatch(r"[a-z0-9_]{1,100}", one.name)
    assert one.category in ("UTILITY", "MARKETING")
    assert "{#" not in one.body


def test_names_are_all_different() -> None:
    assert len({one.name for one in WANTED}) == len(WANTED)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_longest_real_message_fills_its_template(language: str) -> None:
    for said in SAID:
        words = render(said, language)
        mine = [one for one in WANTED if (one.key, one.language) == (said.key, language)]
        filled = [(one, variables_of(one, words, SERVICE)) for one in mine]
        [whole, *_] = [_filled(one, values) for one, values in filled if values is not None]
        assert words in whole


def _filled(one: Template, values: Mapping[str, str]) -> str:
    """What the reader sees."""
    return re.sub(r"\{\{([0-9]+)\}\}", lambda gap: values[gap[1]], one.body)


@pytest.mark.parametrize("words", ["something else", "", "Rs 1\n2 received"])
def test_other_words_don_t_fill_it(words: str) -> None:
    one = next(one for one in WANTED if one.key == "receipt.due" and one.language == "en")
    assert variables_of(one, words, SERVICE) is None
