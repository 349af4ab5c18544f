"""What no command understands: passed to a person, helped with words, or left without an answer.

- One or two words are a slip: words about what could be sent help more than a person hours later.
- A sentence of a customer goes to the people of the plant. While that talk is open all but commands do.
- A machine at the other end is answered a few times and then no more, so that no two of them talk for ever.
"""

from __future__ import annotations

import re
from functools import lru_cache

from channels.line import LONGEST, Line, letters
from channels.message import Inbound
from conversations.catalogue import BY_NAME
from core.db import Reader
from core.fold import fold, keyword
from core.inbox import view
from core.people import Caller
from core.text import Text, say, words_in_all

SAME_AN_HOUR = 3
"""Answers to the same words that mean nothing to us, within an hour."""
LOST_AN_HOUR = 20
"""Answers to any such words of one phone, within an hour."""
SENTENCE, LETTERS = 2, 8
"""From so many words of two letters and more, and letters in all, a text is more than a slip."""
NOT_THEIRS = 4
"""The same where the first word is one of our staff's: FIND ASHA DEVI is none, "meter is on fire now" is."""

STARS = frozenset({"3", "4", "5"})
"""How somebody liked it, said alone; 1 and 2 are commands, and lead there."""
_AUTOMATIC = re.compile(
    r"auto[\s-]?(reply|response|responder)|automat(ic|ed) (reply|response|message)|out of office|do not reply"
    r"|driving (right )?now|i'?m driving|can'?t talk (right )?now|i'?ll call (you )?(right )?back"
    r"|call (you|me) later|in a meeting|delivery (report|status)|message (not )?delivered",
    re.I,
)
_LOOPS = """
SELECT count(*) FILTER (WHERE lower(body) = lower(%(body)s)) >= %(same)s OR count(*) >= %(most)s
    OR EXISTS (SELECT FROM outbox WHERE recipient = %(phone)s AND body = %(body)s
               AND created_at > now() - interval '1 hour')
FROM inbound WHERE sender = %(sender)s AND lost
AND (provider, provider_id) <> (%(provider)s, %(provider_id)s)
AND received_at > now() - interval '1 hour'
"""


class NobodyReads(Exception):
    """A machine wrote this: an answer would only lead to its next text."""


def expect_a_person(raw: str) -> None:
    """Stop where a phone wrote by itself."""
    if automatic(raw):
        raise NobodyReads


def automatic(raw: str) -> bool:
    """Whether a phone wrote this by itself; it says the same again to every answer."""
    return _AUTOMATIC.search(fold(raw)) is not None


def to_a_person(reader: Reader, raw: str, caller: Caller, line: Line | None) -> Line | None:
    """The command that passes a text on, where it is no command of the caller's and somebody could read it.

    A figure of stars is none while a question is open; to none it is how somebody liked what was done.
    Only what nothing understands costs a look for open talks.
    """
    if caller.staff or (line and line.exact and line.allowed):
        return None
    if caller.lines and fold(raw) in STARS:
        return Line(BY_NAME["rate"], (fold(raw),), True, True, None)
    standing = view.standing(reader, caller.phone)
    meant = (standing.talking or standing.at_home) and for_a_person(raw, line, standing.talking)
    return Line(BY_NAME["write"], (raw,), False, True, None) if meant else None


def for_a_person(raw: str, line: Line | None, talking: bool) -> bool:
    """Whether a text is meant for a person; `line` is a slip or another's command, `talking` an open talk."""
    plain = fold(raw)
    if not plain or len(plain) > LONGEST:
        return False
    words = [word for word in plain.split() if letters(word) > 1]
    if talking:
        # "ok" is a word of staff and an answer; PAY 120457 300 is neither.
        alone = line is not None and not line.allowed and " " not in plain
        return line is None or alone or len(words) > 1
    if line is not None and line.allowed:
        return False
    least = SENTENCE if line is None else NOT_THEIRS
    return len(words) >= least and sum(map(letters, words)) >= LETTERS


def expect_a_reader(reader: Reader, inbound: Inbound, phone: str) -> None:
    """Stop where nobody reads our answers: the same words again and again, too many, or our own come back."""
    bind = {
        "provider": inbound.provider,
        "provider_id": inbound.provider_id,
        "sender": inbound.sender,
        "phone": phone,
        "body": inbound.given,
        "same": SAME_AN_HOUR,
        "most": LOST_AN_HOUR,
    }
    if reader.rows(_LOOPS, bind)[0][0]:
        raise NobodyReads


_ANSWERS = frozenset({"fixed", "still", "deny"})
"""Commands that answer what we ask of customers in messages."""


@lru_cache(maxsize=1)
def _more_words() -> frozenset[str]:
    return frozenset(map(keyword, words_in_all("nav.more_words")))


def refused(raw: str, line: Line | None, caller: Caller) -> Text | None:
    """Why no talk begins, in words that say what to send instead; None: one does."""
    plain = fold(raw)
    if not plain:
        return say("nav.empty")
    if line is None or _is_nobodys_answer(line, caller):
        if len(plain) > LONGEST:
            return say("nav.too_long")
        if keyword(plain) in _more_words():
            return say("nav.no_more")
        kind = "not_understood" + ("_staff" if caller.staff else "" if caller.lines else "_stranger")
        return say(f"nav.{kind}", typed=plain if len(plain) <= 16 else plain[:13] + "...")
    if not line.allowed:
        staff = line.command.audience == "staff"
        return say("nav.staff_only", word=plain.split()[0][:12]) if staff else say("nav.customer_only")
    return None


def _is_nobodys_answer(line: Line, caller: Caller) -> bool:
    """A yes or no of staff that nothing asked for: only customers are asked whether light is back."""
    return not line.allowed and caller.staff is not None and line.command.name in _ANSWERS
