"""Words not yet in a language: `say(key, …)` names them, `render` writes them for one reader.

All words are in locales/<language>/*.yml, read once by python-i18n. Babel writes numbers and dates.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

import i18n
import yaml
from babel.dates import format_date, format_time
from babel.numbers import format_decimal
from i18n.loaders.loader import Loader

from core.clock import local
from core.money import Money
from core.picture import Picture
from core.settings import LANGUAGES

LOCALES = Path(__file__).resolve().parent.parent / "locales"
_PLACEHOLDER = re.compile(r"%\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Name:
    """A name in Latin letters and, where known, in Devanagari; the reader's script decides."""

    latin: str
    local: str | None = None


class Named:
    """Has a name in both scripts; what is shown of it is its label."""

    __slots__ = ()
    name: str
    name_local: str | None

    @property
    def label(self) -> Name:
        return Name(self.name, self.name_local)


@dataclass(frozen=True, slots=True)
class Text:
    """A key of the locales and what fills its gaps; `picture` shows the same where a channel can."""

    key: str
    params: tuple[tuple[str, Param], ...] = ()
    picture: Picture | None = None

    def beside(self, picture: Picture | None) -> Text:
        """The same words beside a picture."""
        return replace(self, picture=picture)


Param: TypeAlias = "str | int | Money | Name | date | datetime | Text | tuple[Text, ...]"
"""What can fill a gap; several texts are written one to a line."""


class MissingWords(KeyError):
    """A key has no words in a language. Never raised after check_words has passed."""


def say(key: str, **params: Param) -> Text:
    """Name words and fill their gaps."""
    return Text(key, tuple(params.items()))


def render(text: Text, language: str) -> str:
    """Write a text in one language (`en`, `hi`, `hi-Latn`)."""
    if not text.params:
        return _plain(text.key, language)
    filled = {name: _write(value, language) for name, value in text.params}
    return words(text.key, language, filled)


@lru_cache(maxsize=4096)
def _plain(key: str, language: str) -> str:
    return words(key, language, {})


def words(key: str, language: str, filled: dict[str, str]) -> str:
    """Look a key up in one language only; another language would be worse than an error in tests."""
    load()
    if not i18n.translations.has(key, language):
        raise MissingWords(f"{key} has no words in {language}")
    return str(i18n.t(key, locale=language, **filled))


def has_words(key: str, language: str) -> bool:
    """Whether a key has words in a language."""
    load()
    return bool(i18n.translations.has(key, language))


@lru_cache(maxsize=65536)
def _write(value: Param, language: str) -> str:
    match value:
        case Money(paise):
            return money(paise, language)
        case Name(latin, local_name):
            return _clip(local_name if language == "hi" and local_name else latin)
        case Text():
            return render(value, language)
        case tuple():
            return "\n".join(render(line, language) for line in value)
        case datetime():
            moment = local(value)
            return f"{_day(moment.date())} {format_time(moment.time(), 'HH:mm', locale='en_IN')}"
        case date():
            return _day(value)
        case _:
            return str(value)


def _clip(name: str) -> str:
    """A name short enough for one line of a phone; 24 characters tell people apart."""
    return name if len(name) <= 24 else name[:23].rstrip() + "."


def _day(day: date) -> str:
    """Dates as Indian bills print them, in ASCII digits, whatever the language."""
    return format_date(day, "dd/MM/yyyy", locale="en_IN")


def money(paise: int, language: str) -> str:
    """Rupees with Indian grouping; `Rs` or `रु`, because ₹ forces the costly alphabet (FACTS)."""
    pattern = "#,##,##0" if paise % 100 == 0 else "#,##,##0.00"
    number = format_decimal(Decimal(paise) / 100, format=pattern, locale="en_IN")
    return f"रु {number}" if language == "hi" else f"Rs {number}"


class _Words(Loader):  # type: ignore[misc]  # python-i18n is not typed
    """Reads a locale file by libyaml: a tenth of the time that python-i18n's own way takes at each start."""

    def parse_file(self, file_content: str) -> object:
        return yaml.load(file_content, Loader=yaml.CSafeLoader)


@lru_cache(maxsize=1)
def load() -> None:
    """Read every locale file once."""
    i18n.set("file_format", "yml")
    i18n.set("filename_format", "{namespace}.{format}")
    i18n.set("skip_locale_root_data", True)
    i18n.set("error_on_missing_placeholder", True)
    i18n.set("error_on_missing_plural", True)
    i18n.resource_loader.register_loader(_Words, ["yml"])
    for language in LANGUAGES:
        for path in sorted((LOCALES / language).glob("*.yml")):
            i18n.resource_loader.load_translation_file(path.name, str(path.parent), language)


def name_service(service: str, helpline: str) -> None:
    """Give the words `brand.service` and `brand.helpline` their values; the same in every language."""
    load()
    for language in LANGUAGES:
        i18n.translations.add("brand.service", service, language)
        i18n.translations.add("brand.helpline", helpline, language)
    _write.cache_clear()
    _plain.cache_clear()


def words_in_all(key: str) -> list[str]:
    """The single words under a key, in every language."""
    return [word for language in LANGUAGES for word in words(key, language, {}).split()]


def gaps(key: str, language: str) -> list[str]:
    """The names of the gaps in the words of a key, in the order in which they stand."""
    return list(dict.fromkeys(_PLACEHOLDER.findall(str(all_keys(language)[key]))))


def all_keys(language: str) -> dict[str, object]:
    """Every key of one language with its words, for the checks and the walk."""
    load()
    return dict(i18n.translations.container.get(language, {}))


def check_words(needed: Iterable[str] = ()) -> list[str]:
    """What is wrong with the words: a key (or a `needed` one) or a gap that not every language has.

    Empty when sound.
    """
    wrong: list[str] = []
    every = {language: all_keys(language) for language in LANGUAGES}
    for key in sorted(set(needed).union(*every.values())):
        gaps = {}
        for language in LANGUAGES:
            if key not in every[language]:
                wrong.append(f"{key} has no words in {language}")
            else:
                gaps[language] = frozenset(_PLACEHOLDER.findall(str(every[language][key])))
        if len(set(gaps.values())) > 1:
            wrong.append(
                f"{key} has different gaps: " + ", ".join(f"{k} {sorted(v)}" for k, v in gaps.items())
            )
    return wrong
