"""What a conversation can yield, and the small typed helpers that yield it.

Conversations use `yield from choose(…)`, never a bare `yield`: the helper's type then is the type
of the answer, and mypy catches a forgotten `yield from`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar
from zlib import crc32

from core.db import Reader
from core.doing import Doing
from core.text import Text, say

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Option:
    """One choice: `value` is what is stored, `label` what is shown."""

    value: str
    label: Text


@dataclass(frozen=True, slots=True)
class Menu:
    """Choose one of several. `mark` is its fingerprint, worked out once: menus are shown all day."""

    text: Text
    options: tuple[Option, ...]
    mark: int = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "mark", _mark("Menu", self.text, self.options))

    def __hash__(self) -> int:
        return self.mark


@dataclass(frozen=True, slots=True)
class Ask:
    """Type something; `read` turns it into a value or raises Unclear.

    `whole` takes the rest of a command line, not one word of it. `again` follows an answer that did
    not do, so it takes no word given in advance. `optional` is asked only of a line that says more than
    its command; otherwise the talk goes on with None. `sought`: what was typed was looked for and is
    not there, so that a whole line of another command is meant as one. `secret`: the answer is handed
    to the very next step and kept nowhere, so what follows must be a `do` that uses it.
    """

    text: Text
    read: Callable[[str], Any]
    whole: bool = False
    again: bool = False
    optional: bool = False
    secret: bool = False
    sought: bool = False


@dataclass(frozen=True, slots=True)
class Confirm:
    """Yes or no. `undoable`: a complete line from a sure command counts as yes."""

    text: Text
    undoable: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """A question to the database. Kept for the talk's life unless `fresh`."""

    name: str
    query: Callable[[Reader], Any]
    shape: Any
    fresh: bool


@dataclass(frozen=True, slots=True)
class Do:
    """A change in the middle of a talk (its result, text or number, is given back)."""

    name: str
    act: Callable[[Doing], str]


Prompt: TypeAlias = Menu | Ask | Confirm
Act: TypeAlias = Callable[[Doing], Text]
Step: TypeAlias = Prompt | Look | Do
Talk: TypeAlias = Generator[Step, Any, V]
Conversation: TypeAlias = Generator[Step, Any, "Text | Act"]


class Unclear(ValueError):
    """What was typed can't be taken; `text` says kindly what to send instead."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.key)
        self.text = text


YES = Option("yes", say("nav.yes"))
NO = Option("no", say("nav.no"))


def choose(text: Text, options: Sequence[tuple[V, Text]]) -> Talk[V]:
    """Let the person choose; gives back the chosen value itself."""
    menu = Menu(text, tuple(Option(str(value), label) for value, label in options))
    chosen = yield menu
    return next(value for value, _ in options if str(value) == chosen)


def pick(menu: Menu) -> Talk[str]:
    """Let the person choose from a menu made beforehand; gives back the option's value."""
    chosen: str = yield menu
    return chosen


def ask(text: Text, read: Callable[[str], V], *, whole: bool = False, again: bool = False) -> Talk[V]:
    """Let the person type; gives back what `read` made of it."""
    answer: V = yield Ask(text, read, whole, again)
    return answer


def ask_secret(text: Text, read: Callable[[str], str]) -> Talk[str]:
    """Let the person type what must not be kept: it is read once, and empty in every replay."""
    answer: str = yield Ask(text, read, again=True, secret=True)
    return answer


def said(text: Text, read: Callable[[str], V], *, whole: bool = False) -> Talk[V | None]:
    """What the line already says beyond its command, or None; only a slip in it is asked about."""
    answer: V | None = yield Ask(text, read, whole, optional=True)
    return answer


def confirm(text: Text, *, undoable: bool = False) -> Talk[bool]:
    """Ask for a yes."""
    answer: str = yield Confirm(text, undoable)
    return answer == YES.value


def look(name: str, query: Callable[[Reader], V], shape: type[V] | Any, *, fresh: bool = False) -> Talk[V]:
    """Read from the database; `name` and the answers before it tell one look from another."""
    found: V = yield Look(name, query, shape, fresh)
    return found


def seek(
    term: str,
    search: Callable[[str], Talk[V | None]],
    unknown: Callable[[str], Text],
    read: Callable[[str], str],
) -> Talk[V]:
    """Look for what somebody typed until it is there; `unknown` says that it is not, and asks again."""
    while True:
        found = yield from search(term)
        if found is not None:
            return found
        term = yield Ask(unknown(term), read, again=True, sought=True)


def do(name: str, act: Callable[[Doing], str]) -> Talk[str]:
    """Change something now and go on; happens once, however often the talk is replayed."""
    result: str = yield Do(name, act)
    return result


def options_of(prompt: Prompt) -> tuple[Option, ...]:
    """What can be picked by number."""
    match prompt:
        case Menu(_, options):
            return options
        case Confirm():
            return (YES, NO)
        case Ask():
            return ()


def fingerprint(prompt: Prompt) -> int:
    """A question's identity: its words, the figures in them and its choices.

    An answer holds only while this is unchanged: a yes to the old amount is no yes to the new one.
    """
    return prompt.mark if isinstance(prompt, Menu) else _mark(type(prompt).__name__, prompt.text, ())


def _mark(kind: str, text: Text, options: tuple[Option, ...]) -> int:
    values = ",".join([f"{option.value}={option.label.key}{option.label.params}" for option in options])
    return crc32(f"{kind}|{text.key}|{text.params}|{values}".encode())
