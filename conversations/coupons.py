"""Coupons: made for a customer or a plant, redeemed, taken back, followed up, counted (3.5.13)."""

from __future__ import annotations

from functools import partial

from conversations import reading
from conversations.field import mine_of
from conversations.prompts import Conversation, Talk, ask, choose, confirm, do, look
from core.coupons import counting, making, redeeming
from core.coupons.counting import Ending, Mine, Result
from core.coupons.making import Scheme
from core.doing import Doing
from core.errors import Refusal
from core.money import Money
from core.people import Caller
from core.plants import Place
from core.text import Text, say

SHOWN = 30
PLANTS_SHOWN = 30


def redeem(_caller: Caller) -> Conversation:
    """A coupon's digits become a discount."""
    code = yield from ask(say("redeem.code"), reading.coupon_code)
    return partial(redeeming.redeem, code=code)


def unredeem(_caller: Caller) -> Conversation:
    """Take a redeemed coupon back."""
    code = yield from ask(say("redeem.code"), reading.coupon_code)
    return partial(redeeming.take_back, code=code)


def my_coupons(caller: Caller) -> Conversation:
    """The coupons I can redeem."""
    query = partial(counting.mine, connection_ids=[line.id for line in caller.lines], limit=SHOWN)
    found: list[Mine] = yield from look("coupons", query, list[Mine])
    if not found:
        return say("coupon.none")
    rows = [say("coupon.mine", code=one.code, name=one.label, day=one.day) for one in found]
    return say("nav.lines", lines=(*rows, say("coupon.how")))


def _scheme(caller: Caller) -> Talk[Scheme | None]:
    query = partial(making.schemes, staff_id=caller.member.id, limit=SHOWN)
    found: list[Scheme] = yield from look("schemes", query, list[Scheme])
    if not found:
        return None
    code = yield from choose(
        say("coupon.which"),
        [(one.code, say("coupon.scheme", code=one.code, name=one.label)) for one in found],
    )
    return next(one for one in found if one.code == code)


def coupon(caller: Caller) -> Conversation:
    """Make a coupon for a customer; she gets it by SMS, and staff can read it out."""
    payee = yield from mine_of(caller)
    scheme = yield from _scheme(caller)
    if scheme is None:
        return say("coupon.no_scheme")

    def make(doing: Doing) -> Text:
        code = making.make_one(doing, scheme.id, payee.connection_id)
        return say("coupon.made", code=code, name=payee.label, number=payee.number)

    return make


def coupons_for(caller: Caller) -> Conversation:
    """Coupons for all of a plant who may have one: how many and what it may cost, then a yes."""
    me = caller.member
    if me.role not in making.ORDERERS:
        return say("coupon.not_you")
    scheme = yield from _scheme(caller)
    if scheme is None:
        return say("coupon.no_scheme")
    query = partial(making.places, staff_id=me.id, limit=PLANTS_SHOWN)
    places: list[Place] = yield from look("places", query, list[Place])
    code = yield from choose(
        say("coupon.where"), [(one.code, say("coupon.place", name=one.label)) for one in places]
    )
    place = next(one for one in places if one.code == code)

    def count(doing: Doing) -> str:
        return str(making.how_many(doing.session, scheme.id, place.id, doing.at))

    people = int((yield from do("count", count)))
    if not people:
        return say("coupon.nobody")
    cost = Money(people * scheme.worth_paise)
    if not (
        yield from confirm(say("coupon.sure", people=people, name=scheme.label, plant=place.label, cost=cost))
    ):
        return say("coupon.not_made")

    def order(doing: Doing) -> Text:
        if making.how_many(doing.session, scheme.id, place.id, doing.at) > people:
            raise Refusal(say("nav.changed"))
        return say("coupon.ordered", people=making.order(doing, scheme.id, place.id))

    return order


def results(caller: Caller) -> Conversation:
    """What became of the coupons, per scheme and plant."""
    query = partial(counting.results, staff_id=caller.member.id, limit=SHOWN)
    found: list[Result] = yield from look("results", query, list[Result])
    if not found:
        return say("coupon.no_results")
    rows = [
        say(
            "coupon.result",
            code=one.scheme,
            plant=one.label,
            made=one.made,
            redeemed=one.redeemed,
            expired=one.expired,
            amount=Money(one.paise),
            share=one.share,
        )
        for one in found
    ]
    return say("nav.lines", lines=tuple(rows))


def expiring(caller: Caller) -> Conversation:
    """Whose coupons end within a week."""
    query = partial(counting.ending, staff_id=caller.member.id, limit=SHOWN)
    found: list[Ending] = yield from look("ending", query, list[Ending])
    if not found:
        return say("coupon.none_ending")
    rows = [say("coupon.ending", number=one.number, name=one.label, day=one.day) for one in found]
    return say("nav.lines", lines=tuple(rows))
