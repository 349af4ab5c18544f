"""Replay: answers hold while their questions do; what was given in advance is used once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from conversations import reading
from conversations.labels import option_named
from conversations.prompts import (
    Confirm,
    Conversation,
    Do,
    Look,
    Menu,
    ask,
    choose,
    confirm,
    do,
    fingerprint,
    look,
    said,
)
from conversations.replay import Acting, Effects, Memory, Outcome, Replay, Said, Show, back, done
from core.doing import Doing
from core.money import Money
from core.text import Text, say


@dataclass
class Books:
    """What is true outside the talk, and what was asked and done there."""

    owed: int = 300_00
    looked: int = 0
    done: list[str] = field(default_factory=list)


@dataclass
class Table:
    """A talk on the table: its memory, and one hop after the other."""

    talk: Callable[[Books], Conversation]
    books: Books = field(default_factory=Books)
    memory: Memory = field(default_factory=Memory)

    def hop(self, given: str | None = None, *, rebuilt: bool = False) -> Outcome:
        effects = Effects(self._look, self._do)
        return Replay(self.memory, effects, option_named, given, rebuilt).run(self.talk(self.books))

    def _look(self, item: Look) -> Any:
        self.books.looked += 1
        return self.books.owed

    def _do(self, item: Do, step: int) -> str:
        self.books.done.append(item.name)
        return f"{item.name}-{len(self.books.done)}"


def paying(fresh: bool) -> Callable[[Books], Conversation]:
    """Number, amount due, amount, yes: the pay conversation in small."""

    def talk(books: Books) -> Conversation:
        number = yield from ask(say("pay.number"), reading.connection_number)
        owed: int = yield from look("owed", lambda reader: books.owed, int, fresh=fresh)
        paise = yield from ask(
            say("pay.amount_due", name="A", number=number, dues=Money(owed)), reading.amount
        )
        if not (yield from confirm(say("owed.due", number=number, amount=Money(paise)), undoable=True)):
            return say("pay.not_taken")
        return act

    def act(doing: Doing) -> Text:
        raise AssertionError("acts are not run here")

    return talk


def shown(outcome: Outcome) -> str:
    assert isinstance(outcome, Show)
    return outcome.prompt.text.key


def note(outcome: Outcome) -> str | None:
    assert isinstance(outcome, Show)
    return outcome.note.key if outcome.note else None


def test_one_question_after_the_other() -> None:
    table = Table(paying(fresh=True))
    assert shown(table.hop()) == "pay.number"
    assert shown(table.hop("120457")) == "pay.amount_due"
    assert shown(table.hop("300")) == "owed.due"
    assert isinstance(table.hop("1"), Acting)


def test_no_ends_without_an_act() -> None:
    table = Table(paying(fresh=True))
    for given in (None, "120457", "300"):
        table.hop(given)
    assert table.hop("2") == Said(say("pay.not_taken"))


def test_an_answer_does_not_count_when_its_question_has_changed() -> None:
    """The amount due changed between two steps: what was typed belongs to the old question."""
    table = Table(paying(fresh=True))
    table.hop()
    table.hop("120457")
    table.books.owed = 500_00
    after = table.hop("300")
    assert shown(after) == "pay.amount_due"
    assert note(after) == "nav.changed"
    assert shown(table.hop("300")) == "owed.due"


def test_a_yes_to_another_question_does_not_count() -> None:
    table = Table(paying(fresh=True))
    for given in (None, "120457", "300"):
        table.hop(given)
    table.books.owed = 500_00
    after = table.hop("1")
    assert shown(after) == "pay.amount_due"
    assert note(after) == "nav.changed"
    assert [answer.value for answer in table.memory.answers] == ["120457"]


def test_a_kept_look_is_asked_once_and_holds_for_the_talk() -> None:
    table = Table(paying(fresh=False))
    table.hop()
    table.hop("120457")
    table.books.owed = 500_00
    assert shown(table.hop("300")) == "owed.due"
    assert table.books.looked == 1


def test_an_unclear_answer_is_asked_again_with_what_to_send_instead() -> None:
    table = Table(paying(fresh=True))
    table.hop()
    table.hop("120457")
    for typed, why in [("abc", "amount_unclear"), ("0", "amount_zero"), ("1.234", "amount_decimals")]:
        after = table.hop(typed)
        assert (shown(after), note(after)) == ("pay.amount_due", f"unclear.{why}")
    assert shown(table.hop("300")) == "owed.due"


@pytest.mark.parametrize("typed", ["1", "१", " 1 ", "yes", "haan", "हाँ", "हां", "Y", "ji"])
def test_yes_in_many_ways(typed: str) -> None:
    table = Table(paying(fresh=True))
    for given in (None, "120457", "300"):
        table.hop(given)
    assert isinstance(table.hop(typed), Acting)


@pytest.mark.parametrize("typed", ["3", "11", "-1", "1e0", "", "maybe", "98", "9" * 5000])
def test_neither_yes_nor_no(typed: str) -> None:
    table = Table(paying(fresh=True))
    for given in (None, "120457", "300"):
        table.hop(given)
    assert note(table.hop(typed)) == "unclear.choice"


def line(words: str, *, sure: bool = True) -> Table:
    return Table(paying(fresh=True), memory=Memory(queue=words.split(), sure=sure))


def test_a_complete_sure_line_counts_as_yes() -> None:
    assert isinstance(line("120457 300").hop(), Acting)


def test_a_line_with_a_slip_in_its_command_is_asked() -> None:
    assert shown(line("120457 300", sure=False).hop()) == "owed.due"


@pytest.mark.parametrize("words", ["120457 3 00", "120457 1 500", "120457 300 1", "120457 300 asha"])
def test_a_line_that_says_more_than_was_asked_is_asked(words: str) -> None:
    """`1 500` is no Rs 1: nothing moves on what was read of it."""
    assert shown(line(words).hop()) == "owed.due"


def test_a_yes_in_the_line_is_a_yes() -> None:
    assert isinstance(line("120457 300 yes", sure=False).hop(), Acting)


def test_what_is_missing_is_asked_and_the_line_goes_on() -> None:
    table = line("120457")
    assert shown(table.hop()) == "pay.amount_due"
    assert isinstance(table.hop("300"), Acting)


def test_a_broken_number_keeps_the_amount() -> None:
    table = line("120475 300")
    after = table.hop()
    assert (shown(after), note(after)) == ("pay.number", "unclear.number")
    # The corrected number alone is enough; but no longer is all from one sure line.
    assert shown(table.hop("120457")) == "owed.due"
    assert isinstance(table.hop("1"), Acting)


def naming(books: Books) -> Conversation:
    number = yield from said(say("pay.number"), reading.connection_number)
    if number is None:
        number = yield from choose(say("menu.which_line"), [("120465", say("menu.own"))])
    if not (yield from confirm(say("pay.unknown", number=number))):
        return say("pay.not_taken")
    return say("pay.elsewhere", number=number, plant="Rampur")


def test_what_a_line_may_say_is_not_asked_when_it_does_not() -> None:
    table = Table(naming)
    assert shown(table.hop()) == "menu.which_line"
    assert shown(table.hop("1")) == "pay.unknown"
    assert table.hop("1") == Said(say("pay.elsewhere", number="120465", plant="Rampur"))


def test_what_a_line_says_beyond_its_command_is_taken() -> None:
    table = Table(naming, memory=Memory(queue=["120457"], sure=True))
    assert shown(table.hop()) == "pay.unknown"
    assert table.hop("1") == Said(say("pay.elsewhere", number="120457", plant="Rampur"))


def test_a_slip_in_what_a_line_says_is_asked_about() -> None:
    table = Table(naming, memory=Memory(queue=["120475"]))
    first = table.hop()
    assert (shown(first), note(first)) == ("pay.number", "unclear.number")
    assert shown(table.hop("120457")) == "pay.unknown"


def test_a_rebuilt_talk_asks_its_yes_again() -> None:
    table = Table(paying(fresh=True))
    for given in (None, "120457", "300"):
        table.hop(given)
    assert shown(table.hop("1", rebuilt=True)) == "owed.due"
    assert isinstance(table.hop("1"), Acting)


def test_back_takes_the_last_answer_and_what_was_looked_up_after_it() -> None:
    table = Table(paying(fresh=False))
    for given in (None, "120457", "300"):
        table.hop(given)
    assert back(table.memory)
    assert shown(table.hop()) == "pay.amount_due"
    assert back(table.memory)
    assert table.memory.looks == {}
    assert shown(table.hop()) == "pay.number"
    assert not back(table.memory)


def choosing(books: Books) -> Conversation:
    kind = yield from choose(say("fault.which"), [(k, say(f"fault.kind.{k}")) for k in ("no_power", "meter")])
    result = yield from do("first", lambda doing: "never")
    word = yield from ask(say("fault.note"), reading.note, whole=True)
    return say("nav.lines", lines=f"{kind} {result} {word}")


def test_a_change_in_mid_talk_happens_once_and_stops_the_way_back() -> None:
    table = Table(choosing)
    table.hop()
    assert shown(table.hop("2")) == "fault.note"
    assert done(table.memory, "first") == "first-1"
    assert not back(table.memory)
    assert table.hop("sparks at night") == Said(say("nav.lines", lines="meter first-1 sparks at night"))
    assert table.books.done == ["first"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("2 it buzzes", "meter first-1 it buzzes"),
        ("meter it buzzes", "meter first-1 it buzzes"),
        ("no light since morning", "no_power first-1 since morning"),
        ("बिजली नहीं सुबह से", "no_power first-1 सुबह से"),
        ("bijli nahin", None),
        ("it buzzes", None),
    ],
)
def test_a_choice_by_its_name_in_any_language(words: str, said: str | None) -> None:
    outcome = Table(choosing, memory=Memory(queue=words.split())).hop()
    if said is None:
        assert isinstance(outcome, Show)
    else:
        assert outcome == Said(say("nav.lines", lines=said))


def test_fingerprints_tell_questions_apart() -> None:
    one = Confirm(say("owed.due", number="1", amount=Money(1)))
    marks = {
        fingerprint(prompt)
        for prompt in (
            one,
            Confirm(say("owed.due", number="1", amount=Money(2))),
            Confirm(say("owed.ahead", number="1", amount=Money(1))),
            Menu(one.text, ()),
        )
    }
    assert len(marks) == 4
    assert fingerprint(one) == fingerprint(Confirm(say("owed.due", number="1", amount=Money(1))))
    assert min(marks) >= 0
