"""New connections (3.5.5): somebody asks for one, staff write one down, see where all stand, place them."""

from __future__ import annotations

from functools import partial

from conversations import reading, work
from conversations.prompts import Conversation, Talk, ask, choose, look
from core.doing import Doing
from core.fold import keyword
from core.people import Caller, StaffMember
from core.text import Text, say
from core.work import progress as wishes
from core.work.lists import Task
from core.work.progress import Denied, Place, PlantProgress, Unplaced

PLACES_SHOWN = 30
SHOWN = 20
NOWHERE = "nowhere"
STANDS = ("requested", "begun", "at_pole", "house_wire", "service_wire", "review", "completed", "rejected")
"""In the order of the work; the last two are of this month."""


def new_connection(_caller: Caller) -> Conversation:
    """Note who wants a new connection, and where; who does not know the plant need not."""
    name = yield from ask(say("new.name"), reading.newcomer, whole=True)
    village = yield from ask(say("new.village"), reading.name, whole=True)
    query = partial(wishes.places, village=village, limit=PLACES_SHOWN)
    found: list[Place] = yield from look("places", query, list[Place])
    options = [(one.code, say("new.place", name=one.label)) for one in found]
    code = yield from choose(say("new.which"), [*options, (NOWHERE, say("new.nowhere"))])

    def note(doing: Doing) -> Text:
        number, new = wishes.ask(doing, name, village, None if code == NOWHERE else code)
        return say("new.noted" if new else "new.known", request=number)

    return note


def new_for(caller: Caller) -> Conversation:
    """Staff write down who came in person: phone, name, and the plant as the last word."""
    phone = yield from ask(say("new.phone"), reading.phone)
    given = yield from ask(say("new.for_name"), reading.name, whole=True)
    query = partial(wishes.mine, staff_id=caller.member.id, limit=PLACES_SHOWN)
    found: list[Place] = yield from look("mine", query, list[Place])
    name, place = _split(given, found)
    code = place.code if place else (yield from _which(found))

    def note(doing: Doing) -> Text:
        number, new = wishes.ask(doing, name, None, code, phone)
        return say("new.written" if new else "new.known_for", request=number, name=name[:24])

    return note


def _split(given: str, found: list[Place]) -> tuple[str, Place | None]:
    """The name, and the plant if the last word is one of mine; who has one plant means that."""
    name, _, last = given.rpartition(" ")
    for one in found:
        if name and keyword(last) in {
            keyword(each) for each in (one.code, one.name, one.name_local or one.name)
        }:
            return name, one
    return given, found[0] if len(found) == 1 else None


def _which(found: list[Place]) -> Talk[str]:
    return (
        yield from choose(
            say("new.which_mine"), [(one.code, say("new.place", name=one.label)) for one in found]
        )
    )


def progress(caller: Caller) -> Conversation:
    """How many new connections stand where, the open ones, the denied ones, those without a plant."""
    what = yield from choose(
        say("progress.which"),
        [(one, say(f"progress.{one}")) for one in ("counts", "open", "denied", "nowhere")],
    )
    me = caller.member
    match what:
        case "counts":
            return (yield from _counts(me))
        case "open":
            query = partial(wishes.open_ones, staff_id=me.id, limit=SHOWN)
            found: list[Task] = yield from look("open", query, list[Task])
            if not found:
                return say("progress.none")
            return (yield from work.pick_and_act(caller, found, say("progress.list", total=len(found))))
        case "denied":
            return (yield from _denied(me))
        case _:
            return (yield from _unplaced(me))


def _counts(me: StaffMember) -> Conversation:
    query = partial(wishes.counts, staff_id=me.id)
    found: list[PlantProgress] = yield from look("counts", query, list[PlantProgress])
    if not found:
        return say("progress.none")
    lines: list[Text] = []
    for plant in found:
        lines.append(say("progress.plant", plant=plant.label))
        lines += [
            say(f"progress.at_{stand}", homes=plant.homes[stand]) for stand in STANDS if stand in plant.homes
        ]
    return say("nav.lines", lines=tuple(lines))


def _denied(me: StaffMember) -> Conversation:
    query = partial(wishes.denied, staff_id=me.id, limit=SHOWN)
    found: list[Denied] = yield from look("denied", query, list[Denied])
    if not found:
        return say("progress.none_denied")
    rows = [
        say("progress.denied_row", request=one.number, name=one.name[:24], day=one.on, why=one.reason)
        for one in found
    ]
    return say("nav.lines", lines=tuple(rows))


def _unplaced(me: StaffMember) -> Conversation:
    query = partial(wishes.unplaced, staff_id=me.id, limit=SHOWN)
    found: list[Unplaced] = yield from look("unplaced", query, list[Unplaced])
    if not found:
        return say("progress.none_unplaced")
    options = [
        (one.number, say("progress.row", request=one.number, name=one.name[:24], village=one.village[:24]))
        for one in found
    ]
    number = yield from choose(say("progress.to_place"), options)
    return (yield from _placed(me, number))


def place(caller: Caller) -> Conversation:
    """Say to which of my plants a wish belongs."""
    number = yield from ask(say("work.which"), reading.request_number)
    return (yield from _placed(caller.member, number))


def _placed(me: StaffMember, number: str) -> Conversation:
    query = partial(wishes.mine, staff_id=me.id, limit=PLACES_SHOWN)
    found: list[Place] = yield from look("mine", query, list[Place])
    code = yield from _which(found)

    def put(doing: Doing) -> Text:
        wishes.place(doing, number, code)
        return say("progress.placed", request=number)

    return put
