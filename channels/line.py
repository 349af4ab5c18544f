"""One line of text: its first word names a conversation, the rest are answers given in advance."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from rapidfuzz.distance import OSA

from conversations.catalogue import BY_NAME, COMMANDS, Command, may_use
from conversations.reading import is_list
from core.fold import fold, keyword
from core.people import Caller
from core.settings import LANGUAGES
from core.text import words, words_in_all

LONGEST = 600
"""Characters of a line that are read; what people type by hand is far shorter."""

_RUNNING = re.compile(r"\s*(#\s*\d{1,9})[\s:.-]+")
"""A collector's running number before a list of payments or readings."""

_LISTS = {"pay": "batch", "batch": "batch", "read": "readlist", "readlist": "readlist"}
"""Which command takes the list that follows another one's word."""

_CURRENCY = frozenset({"rs", "inr", "rupee", "rupees", "rupaye", "रु", "रुपये"})
"""Words beside an amount that add nothing to it."""

_ASKING = frozenset({"where", "kahan"})
"""Words that begin many sentences: they name a command alone or with a number, not in other company."""


@dataclass(frozen=True, slots=True)
class Line:
    """What a line asks for. `exact`: spelt as the catalogue has it. `language`: where its word stands."""

    command: Command
    words: tuple[str, ...]
    exact: bool
    allowed: bool
    language: str | None


def parse(raw: str, caller: Caller) -> Line | None:
    """The command a line names, or None.

    Where a word names several, the one this caller may use wins; a word of a command that is not
    for this caller still names it, so that the answer can say whom it is for. A slip of the hand
    is forgiven, but then the line is not `exact`, and nothing that moves money is done unasked.
    """
    raw = raw[:LONGEST].strip()
    numbered = _RUNNING.match(raw)
    line = _parse(raw[numbered.end() :] if numbered else raw, caller)
    if line is None or line.command.name not in _LISTS or not line.exact:
        return _parse(raw, caller) if numbered else line
    rest = re.split(r"\s+", raw[numbered.end() if numbered else 0 :], maxsplit=1)[-1]
    if not line.allowed or not (numbered or is_list(rest)):
        return line
    # The list stays one word: its new lines and commas tell its lines apart.
    return replace(
        line,
        command=BY_NAME[_LISTS[line.command.name]],
        words=(f"{numbered[1]} {rest}" if numbered else rest,),
    )


def _parse(raw: str, caller: Caller) -> Line | None:
    tokens = fold(raw[:LONGEST]).split()
    if not tokens:
        return None
    word = keyword(tokens[0]) or tokens[0]
    if word in _ASKING and tokens[1:] and not _has_digit(tokens[1:]):
        return None
    found, exact = _exact(word), True
    if not found:
        found, exact = _nearest(word, caller), False
    if not found:
        return None
    usable = [entry for entry in found if may_use(caller, entry[0])]
    if not usable and word.isdecimal():
        return None  # 1 and 2 answer a message that asks; to anybody else they say nothing
    # बकाया is a word of staff and of customers: whoever may use neither is no customer yet.
    open_to_more = [entry for entry in found if entry[0].audience != "staff"]
    command, language = (usable or open_to_more or found)[0]
    given = tokens[1:]
    if command.at_once:
        # `band karo` says no more than `band`; `band hai bijli` says something else.
        if any(keyword(each) not in words_in_all("stop.beside_words") for each in given):
            return None
        given = []
    if command.audience == "staff":
        # `PAY 120457 Rs 300`, and ₹300, which folds to the same.
        given = [each for each in given if keyword(each) not in _CURRENCY]
    if command.name == "paisa":
        # `paisa kahan hai` and `paisa kahan 112600001` say no more than their number.
        given = [each for each in given if _has_digit([each])]
    return Line(command, tuple(given), exact, bool(usable), language)


def _has_digit(tokens: list[str]) -> bool:
    return any(char.isdigit() for token in tokens for char in token)


@lru_cache(maxsize=1)
def _index() -> dict[str, list[tuple[Command, str]]]:
    """Every word of every command in every language; staff's commands first, as staff are fewer."""
    index: dict[str, list[tuple[Command, str]]] = {}
    ordered = sorted(COMMANDS, key=lambda command: command.audience != "staff")
    for command in ordered:
        for language in LANGUAGES:
            for word in words(f"commands.{command.name}", language, {}).split():
                entries = index.setdefault(keyword(word) or word, [])
                if all(entry[0] is not command for entry in entries):
                    entries.append((command, language))
    return index


def _exact(word: str) -> list[tuple[Command, str]]:
    return _index().get(word, [])


def _nearest(word: str, caller: Caller) -> list[tuple[Command, str]]:
    """The commands of the single nearest word that this caller may use; none if two are as near."""
    if len(word) < 3 or (not word.isalpha() and not any(ord(c) > 0x900 for c in word)):
        return []
    allowed = 1 if len(word) < 6 else 2
    best: list[tuple[Command, str]] = []
    nearest = allowed + 1
    for known, entries in _index().items():
        usable = [entry for entry in entries if may_use(caller, entry[0])]
        if len(known) < 3 or not usable:
            continue
        distance = OSA.distance(word, known, score_cutoff=allowed)
        if distance < nearest:
            nearest, best = distance, usable
        elif distance == nearest and usable[0][0] not in [entry[0] for entry in best]:
            best = [*best, *usable] if distance <= allowed else best
    return best if len({entry[0].name for entry in best}) == 1 else []
