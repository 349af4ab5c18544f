"""One line of text: its first word names a conversation, the rest are answers given in advance."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import dropwhile

from rapidfuzz.distance import OSA

from conversations.catalogue import BY_NAME, COMMANDS, Command, may_use
from conversations.listing import is_list
from core.fold import fold, keyword
from core.people import Caller
from core.settings import LANGUAGES
from core.text import words, words_in_all

LONGEST = 600
"""Characters of a line that are read; what people type by hand is far shorter."""

_RUNNING = re.compile(r"\s*(#\s*\d{1,9})(?:[\s:.-]+|$)")
"""A collector's running number before a list of payments or readings, or the number of a note."""

_CONNECTION = re.compile(r"[0-9]{5}")

_LISTS = {"pay": "batch", "batch": "batch", "read": "readlist", "readlist": "readlist"}
"""Which command takes the list that follows another one's word."""

_CURRENCY = frozenset({"rs", "inr", "rupee", "rupees", "rupaye", "रु", "रुपये"})
"""Words beside an amount that add nothing to it."""

LONGEST_QUESTION = 9
"""Words in which somebody asks when light comes; what is longer says more, and is for a person."""

_OPENING = frozenset({"menu", "thanks"})
"""Commands whose words are a greeting or a thanks: with a sentence after them, that is what is meant."""

_ASKING = frozenset({"where", "kahan"})
"""Words that begin many sentences: they name a command alone or with a number, not in other company."""

_SAID_TOO = frozenset({"water", "paani", "पानी"})
"""Words of our staff's that begin a customer's sentences: `paani bhar gaya hai` is for a person."""


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
    if numbered and not _is_list(line, raw[numbered.end() :]):
        return _to_a_note(raw, numbered, caller)
    if line is None or line.command.name not in _LISTS or not line.exact:
        return line
    rest = re.split(r"\s+", raw[numbered.end() if numbered else 0 :], maxsplit=1)[-1]
    if not line.allowed or not (numbered or is_list(rest)):
        return line
    # The list stays one word: its new lines and commas tell its lines apart.
    return replace(
        line,
        command=BY_NAME[_LISTS[line.command.name]],
        words=(f"{numbered[1]} {rest}" if numbered else rest,),
    )


def _is_list(line: Line | None, rest: str) -> bool:
    """Whether a list follows a running number; "#109 Read it again" has no connection in it."""
    return bool(line and line.exact and line.command.name in _LISTS and _CONNECTION.search(fold(rest)))


def _to_a_note(raw: str, numbered: re.Match[str], caller: Caller) -> Line | None:
    """`#109 words`: a member of staff answers a note; a customer's words go to a person by themselves."""
    if caller.staff is None:
        return None
    words = (fold(numbered[1]).lstrip("# "), *fold(raw[numbered.end() :]).split())
    return Line(BY_NAME["answer"], words, True, True, None)


def language_of(raw: str, caller: Caller, line: Line | None, default: str) -> str:
    """The caller's own language, else that of what they typed, else the service's."""
    if caller.language:
        return caller.language
    if any("\u0900" <= char <= "\u097f" for char in raw):
        return "hi"
    return "hi-Latn" if line is not None and line.exact and line.language == "hi-Latn" else default


def _parse(raw: str, caller: Caller) -> Line | None:
    tokens = _without_preface(fold(raw[:LONGEST]).split())
    if not tokens:
        return None
    word = keyword(tokens[0]) or tokens[0]
    if caller.lines and _asks_for_light(tokens) and not _begins_another(word, caller):
        return Line(BY_NAME["light"], (), True, True, None)
    asking = word in _ASKING or (word in _SAID_TOO and caller.staff is None)
    if asking and tokens[1:] and not _has_digit(tokens[1:]):
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
    if command.name == "fault" and _asks_for(tokens, "other"):
        return None  # `bijli ka bill kab aayega` is no fault: a person reads it
    given = _given(command, tokens[1:])
    return None if given is None else Line(command, tuple(given), exact, bool(usable), language)


def _without_preface(tokens: list[str]) -> list[str]:
    """`sms band karo` asks for what `band karo` does: what is heard at once may stand behind a word."""
    rest = list(dropwhile(lambda token: keyword(token) in _prefaces(), tokens))
    if not rest or len(rest) == len(tokens):
        return tokens
    heard = [command for command, _ in _exact(keyword(rest[0])) if command.at_once]
    return rest if heard and _given(heard[0], rest[1:]) is not None else tokens


@lru_cache(maxsize=1)
def _prefaces() -> frozenset[str]:
    return frozenset(map(keyword, words_in_all("stop.before_words")))


def _given(command: Command, given: list[str]) -> list[str] | None:
    """What a line says beyond its command; None: with these words it means something else."""
    if command.name in _OPENING and sum(letters(each) > 1 for each in given) > 1:
        return None
    if command.at_once:
        # `band karo` says no more than `band`; `band hai bijli` says something else.
        beside = [keyword(each) for each in words_in_all("stop.beside_words")]
        return [] if all(keyword(each) in beside for each in given) else None
    if command.name == "light":
        return None if given else []
    if command.audience == "staff":
        # `PAY 120457 Rs 300`, and ₹300, which folds to the same.
        return [each for each in given if keyword(each) not in _CURRENCY]
    if command.name == "paisa":
        # `paisa kahan hai` and `paisa kahan 112600001` say no more than their number.
        return [each for each in given if _has_digit([each])]
    return given


def _asks_for_light(tokens: list[str]) -> bool:
    """`bijli kab aayegi`: when or why, about light, and about nothing else that may come."""
    short = len(tokens) <= LONGEST_QUESTION and not _has_digit(tokens)
    return short and _asks_for(tokens, "about") and not _asks_for(tokens, "other")


def _begins_another(word: str, caller: Caller) -> bool:
    """Whether a line begins with a command of this caller that has nothing to do with light: WRITE, NOTE."""
    usable = {command.name for command, _ in _exact(word) if may_use(caller, command)}
    return bool(usable - {"fault", "light"})


def _asks_for(tokens: list[str], which: str) -> bool:
    """Whether somebody asks when or why, about light or about something else (`other`)."""
    said = {keyword(token) for token in tokens}
    return bool(said & _words_of_light("when")) and bool(said & _words_of_light(which))


@lru_cache(maxsize=3)
def _words_of_light(which: str) -> frozenset[str]:
    return frozenset(map(keyword, words_in_all(f"light.{which}_words")))


def letters(word: str) -> int:
    """Letters of either script; a vowel sign of Devanagari counts as one."""
    return sum(char.isalpha() or "\u0900" <= char <= "\u0963" for char in word)


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
