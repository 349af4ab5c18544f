"""Replay: a talk is run from its start with the answers so far, and stops at the next question.

Nothing of a running generator is kept between hops: only the answers (see
docs/decisions/0001-replay.md). Everything here is pure but for the two effects it is handed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias
from zlib import crc32

import msgspec

from conversations.answers import read_answer, value_of
from conversations.prompts import (
    YES,
    Act,
    Ask,
    Confirm,
    Conversation,
    Do,
    Look,
    Prompt,
    Unclear,
    fingerprint,
    options_of,
)
from core.text import Text, say


class Answer(msgspec.Struct, array_like=True):
    """An answer as meaning (an option's value, or the text typed), with its question's fingerprint."""

    mark: int
    value: str


class Memory(msgspec.Struct, array_like=True):
    """What a talk remembers between hops.

    `queue` holds words given in advance on the command line and not asked for yet; `sure` says that
    the whole talk so far came from one line whose command was spelt exactly.
    """

    answers: list[Answer] = []
    looks: dict[str, Any] = {}
    queue: list[str] = []
    sure: bool = False
    shown: int = 0
    """The mark of the question last shown; 0 when none was, and then the first one is meant."""


@dataclass(frozen=True, slots=True)
class Show:
    """Ask this; `note` goes before it: the answer was unclear, or the question has changed."""

    prompt: Prompt
    note: Text | None = None
    unclear: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """The talk is over, with these words."""

    text: Text


@dataclass(frozen=True, slots=True)
class Acting:
    """The talk is over once this act is done; `step` numbers it within the talk."""

    act: Act
    step: int


Outcome: TypeAlias = Show | Said | Acting


@dataclass(frozen=True, slots=True)
class Effects:
    """The two ways out of purity: a read, and a change that happens once per step."""

    look: Callable[[Look], Any]
    do: Callable[[Do, int], str]


class Replay:
    """One run of a talk over its memory; `given` is this hop's input, None when there is none.

    `rebuilt`: the memory was made from the request because the store was lost, so the figures a yes
    was given to are not known any more; it is then asked for again. A no holds whatever it was given to.
    """

    def __init__(
        self,
        memory: Memory,
        effects: Effects,
        labels: Callable[[Prompt, str], str | None],
        given: str | None,
        rebuilt: bool = False,
    ) -> None:
        self.memory = memory
        self.effects = effects
        self.labels = labels
        self.given = given
        self.rebuilt = rebuilt
        self.used = 0
        self.step = 0

    def run(self, talk: Conversation) -> Outcome:
        """Drive the talk to its next question or its end."""
        sending: Any = None
        while True:
            try:
                item = talk.send(sending)
            except StopIteration as end:
                return self._ended(end.value)
            self.step += 1
            if isinstance(item, Look):
                sending = self._look(item)
            elif isinstance(item, Do):
                sending = self._do(item)
            elif self._skips(item):
                sending = None
            else:
                stored = self._stored(item)
                outcome = stored if stored is not None else self._answer(item)
                if isinstance(outcome, Show):
                    talk.close()
                    return outcome
                sending = value_of(item, outcome)

    def _ended(self, result: Text | Act) -> Outcome:
        if isinstance(result, Text):
            return Said(result)
        return Acting(result, self.step + 1)

    def _look(self, item: Look) -> Any:
        key = f"{self.used}:{item.name}"
        if not item.fresh and key in self.memory.looks:
            return msgspec.convert(self.memory.looks[key], item.shape)
        found = self.effects.look(item)
        if not item.fresh:
            self.memory.looks[key] = msgspec.to_builtins(found)
        return found

    def _do(self, item: Do) -> str:
        mark = _mark_of(item.name)
        answers = self.memory.answers
        if self.used < len(answers) and answers[self.used].mark == mark:
            self.used += 1
            return answers[self.used - 1].value
        result = self.effects.do(item, self.step)
        self._keep(Answer(mark, result))
        return result

    def _skips(self, prompt: Prompt) -> bool:
        """Whether this is asked only of a line that says more, and the line does not."""
        if not isinstance(prompt, Ask) or not prompt.optional or self.memory.queue:
            return False
        mark, answers = fingerprint(prompt), self.memory.answers
        answered = self.used < len(answers) and answers[self.used].mark == mark
        return not answered and self.memory.shown != mark

    def _stored(self, prompt: Prompt) -> str | None:
        """The kept answer, if this is still the question it was given to."""
        answers = self.memory.answers
        if self.used >= len(answers):
            return None
        answer = answers[self.used]
        if answer.mark != fingerprint(prompt):
            return None
        self.used += 1
        return answer.value

    def _keep(self, answer: Answer) -> None:
        """Put an answer behind those used so far; what stood there belonged to another question."""
        del self.memory.answers[self.used :]
        self.memory.answers.append(answer)
        self.used += 1

    def _answer(self, prompt: Prompt) -> str | Show:
        """Take the next input for this question, or show it."""
        mark = fingerprint(prompt)
        asked_before = self.used < len(self.memory.answers)
        raw = self._next_input(prompt, mark)
        if raw is None:
            changed = self.given is not None and self.memory.shown not in (0, mark)
            return self._show(prompt, mark, say("nav.changed") if changed or asked_before else None)
        try:
            value = read_answer(prompt, raw, lambda words: self.labels(prompt, words))
        except Unclear as unclear:
            self.memory.sure = False
            return self._show(prompt, mark, unclear.text, unclear=True)
        secret = isinstance(prompt, Ask) and prompt.secret
        self._keep(Answer(mark, "" if secret else value))
        return value

    def _next_input(self, prompt: Prompt, mark: int) -> str | None:
        """This hop's input if it was given to this question, else the next word given in advance."""
        if self.given is not None and self.memory.shown in (0, mark):
            raw, self.given, self.memory.shown = self.given, None, 0
            return None if self.rebuilt and self._means_yes(prompt, raw) else raw
        if self.given is None and self.memory.queue:
            raw_line = self._from_line(prompt)
            if raw_line is not None:
                return raw_line
        if isinstance(prompt, Confirm) and prompt.undoable and self._complete():
            return YES.value
        return None

    def _complete(self) -> bool:
        """Whether all came from one sure line that says no more than was asked: `PAY 120457 3 00` does."""
        return self.memory.sure and self.given is None and not self.memory.queue

    def _means_yes(self, prompt: Prompt, raw: str) -> bool:
        if not isinstance(prompt, Confirm):
            return False
        try:
            return read_answer(prompt, raw, lambda words: self.labels(prompt, words)) == YES.value
        except Unclear:
            return False

    def _from_line(self, prompt: Prompt) -> str | None:
        """What the command line holds for this question: a word, its rest, or the name of a choice."""
        queue = self.memory.queue
        if isinstance(prompt, Ask):
            if prompt.again:
                return None
            count = len(queue) if prompt.whole else 1
        else:
            count = self._words_of_choice(prompt)
        raw = " ".join(queue[:count])
        del queue[:count]
        return raw or None

    def _words_of_choice(self, prompt: Prompt) -> int:
        """How many words of the line name one of the choices; 0 leaves them for a later question."""
        queue = self.memory.queue
        for count in range(len(queue), 0, -1):
            raw = " ".join(queue[:count])
            if self.labels(prompt, raw) is not None:
                return count
        if isinstance(prompt, Confirm):
            return 0  # a figure too many in a line is no yes
        picked = queue[0].isdecimal() and len(queue[0]) == 1 and 1 <= int(queue[0]) <= len(options_of(prompt))
        return 1 if picked else 0

    def _show(self, prompt: Prompt, mark: int, note: Text | None, *, unclear: bool = False) -> Show:
        del self.memory.answers[self.used :]
        self.memory.shown = mark
        return Show(prompt, note, unclear)


def done(memory: Memory, name: str) -> str | None:
    """What a change of this talk gave, if it has happened."""
    mark = _mark_of(name)
    return next((answer.value for answer in memory.answers if answer.mark == mark), None)


def _mark_of(name: str) -> int:
    """Changes have negative marks, questions have not."""
    return -1 - crc32(name.encode())


def back(memory: Memory) -> bool:
    """Take the last answer back, with what was looked up after it; False when there was none.

    Changes that happened (negative marks) are not undone by a key press: they stop the way back.
    """
    if not memory.answers or memory.answers[-1].mark < 0:
        return False
    memory.answers.pop()
    depth = len(memory.answers)
    memory.looks = {key: value for key, value in memory.looks.items() if int(key.split(":")[0]) <= depth}
    memory.queue.clear()
    memory.shown = 0
    return True
