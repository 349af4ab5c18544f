"""The inbox for people: a customer writes in their own words, staff answer by the note's number."""

from __future__ import annotations

from functools import partial

from conversations import reading
from conversations.prompts import Act, Conversation, Talk, ask, choose, look, seek
from core.doing import Doing
from core.fold import keyword
from core.inbox import answering, view, writing
from core.inbox.view import Open
from core.inbox.writing import shown
from core.people import Caller
from core.text import Text, say, words_in_all

NOTES_SHOWN = 20


def write(_caller: Caller) -> Conversation:
    """A customer tells or asks something that a person reads."""
    words = yield from ask(say("note.ask"), reading.free, whole=True)

    def pass_on(doing: Doing) -> Text:
        written = writing.write(doing, words)
        how = "had" if written.known else "passed" if written.new else "added"
        said = say(f"note.{how}", note=written.number)
        sooner = None if written.known else hint(words)
        return say("nav.lines", lines=(sooner, said)) if sooner else said

    return pass_on


def hint(words: str) -> Text | None:
    """What reaches the technicians sooner than a note: a wire, sparks or smoke, then no light; else None."""
    named = {keyword(word) for word in words.split()}
    for what in ("danger", "no_power"):
        if named & {keyword(word) for word in words_in_all(f"fault.kind.{what}_words")}:
            return say(f"note.{what}")
    return None


def thanks(_caller: Caller) -> Conversation:
    """A customer is content with the answer: the talk is over."""
    yield from ()

    def end(doing: Doing) -> Text:
        number = writing.thank(doing)
        return say("note.thanked", note=number) if number else say("note.welcome")

    return end


def inbox(caller: Caller) -> Conversation:
    """The open notes, those that wait longest first; choosing one leads to its words and the answer."""
    query = partial(view.open_notes, staff_id=caller.member.id, limit=NOTES_SHOWN)
    found: list[Open] = yield from look("notes", query, list[Open])
    if not found:
        return say("note.none")
    number = yield from choose(say("note.list", total=len(found)), [(one.number, _row(one)) for one in found])
    note = next(one for one in found if one.number == number)
    what = yield from choose(
        _card(note), [("answer", say("note.step_answer")), ("end", say("note.step_end"))]
    )
    return (yield from _answer(note)) if what == "answer" else _end(note)


def answer(caller: Caller) -> Conversation:
    """Answer a note by its number, `#109 your words`; the word END alone closes it."""
    number = yield from ask(say("note.which"), reading.note_number)

    def search(number: str) -> Talk[Open | None]:
        query = partial(view.one, staff_id=caller.member.id, number=number)
        return look(f"note-{number}", query, Open | None)

    def unknown(number: str) -> Text:
        return say("note.unknown", note=number)

    note = yield from seek(number, search, unknown, reading.note_number)
    return (yield from _answer(note))


def _answer(note: Open) -> Conversation:
    words = yield from ask(say("note.words", name=note.label, last=_last(note)), reading.letter, whole=True)
    if keyword(words) in {keyword(word) for word in words_in_all("note.end_words")}:
        return _end(note)

    def send(doing: Doing) -> Text:
        answering.answer(doing, note.number, words)
        return say("note.sent", note=note.number, name=note.label)

    return send


def _end(note: Open) -> Act:
    def end(doing: Doing) -> Text:
        answering.end(doing, note.number)
        return say("note.ended", note=note.number)

    return end


def _last(note: Open) -> str:
    """What the customer wrote last."""
    theirs = [line for line, ours in zip(note.lines, note.by_staff, strict=True) if not ours]
    return shown(theirs[-1]) if theirs else "-"


def _row(note: Open) -> Text:
    key = "note.row" if note.waits_since else "note.row_answered"
    return say(key, note=note.number, name=note.label, number=note.connection)


def _card(note: Open) -> Text:
    who = say("note.card", note=note.number, name=note.label, number=note.connection)
    said = [
        say("note.ours" if ours else "note.theirs", words=line)
        for line, ours in zip(note.lines, note.by_staff, strict=True)
    ]
    return say("nav.lines", lines=(who, say("card.phone", phone=note.phone), *said))
