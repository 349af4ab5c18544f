"""Appliances on instalments: sold by staff with the customer's own code, seen by both, paid off early."""

from __future__ import annotations

from functools import partial

from conversations import limits, reading
from conversations.customer import which_line
from conversations.field import mine_of
from conversations.prompts import Conversation, Talk, ask, choose, confirm, do, look
from conversations.proof import prove, proven
from core import codes
from core.collecting import Payee
from core.doing import Doing
from core.linking import Linkable, linkable
from core.money import Money
from core.people import Caller
from core.schemes import plans, view
from core.schemes.plans import Fresh
from core.schemes.view import Mine, Offer, Participant, Sum
from core.text import Text, say
from core.work import money

SHOWN = 30
PLANS_SHOWN = 9


def scheme(caller: Caller) -> Conversation:
    """Sell an appliance on instalments: customer, scheme, the plan, and the code from her phone."""
    if caller.member.role not in plans.SELLERS:
        return say("scheme.not_you")
    payee = yield from mine_of(caller)
    query = partial(view.offers, connection_id=payee.connection_id, limit=SHOWN)
    found: list[Offer] = yield from look("offers", query, list[Offer])
    if not found:
        return say("scheme.none", number=payee.number)
    code = yield from choose(
        say("scheme.which"),
        [
            (one.code, say("scheme.offer", code=one.code, name=one.label, price=Money(one.price_paise)))
            for one in found
        ],
    )
    offer = next(one for one in found if one.code == code)
    if (yield from _pays(payee.connection_id, code)):
        return say("scheme.running", name=offer.label, number=payee.number)
    question = say(
        "scheme.sure",
        name=offer.label,
        of=payee.label,
        number=payee.number,
        price=Money(offer.price_paise),
        terms=plans.terms(offer),
    )
    if not (yield from confirm(question)):
        return say("scheme.not_sold_now")
    agreed = yield from _agreed(caller, payee, offer)
    if agreed is not None:
        return agreed
    return partial(plans.begin, connection_id=payee.connection_id, offer=offer)


def _pays(connection_id: int, code: str) -> Talk[bool]:
    """Whether a connection pays this scheme already; looked at before anybody is sent a code."""
    query = partial(view.plans_of, connection_ids=[connection_id], limit=PLANS_SHOWN)
    found: list[Mine] = yield from look("plans", query, list[Mine])
    return any(one.code == code and one.left_paise for one in found)


def _agreed(caller: Caller, payee: Payee, offer: Offer) -> Talk[Text | None]:
    """The customer's own yes, by the code on her phone; None, or in words why there is none.

    Where she has no phone the in-charge answers for her, with the code of the own phone.
    """
    reached: Linkable | None = yield from look(
        "phone", partial(linkable, number=payee.number), Linkable | None
    )
    purpose = f"scheme:{payee.number}:{offer.code}:{offer.price_paise}"
    if reached is None or reached.phone is None:
        if caller.member.role != plans.IN_CHARGE:
            return say("scheme.no_phone", number=payee.number)
        act = say("scheme.act", code=offer.code, number=payee.number)
        proof = yield from prove(caller, purpose, act)
        return None if proof == "right" else say(f"prove.{proof}")
    tried = yield from _her_code(reached.phone, purpose, payee, offer)
    return None if tried == "right" else say(f"prove.{tried}")


def _her_code(phone: str, purpose: str, payee: Payee, offer: Offer) -> Talk[str]:
    """Ask for the code that goes to the customer: `right`, or why not (`too_many`, `dead`)."""
    words = say(
        "code.scheme",
        name=offer.label,
        number=payee.number,
        price=Money(offer.price_paise),
        bills=offer.instalments,
    )

    def send(doing: Doing) -> str:
        return "sent" if codes.send_code(doing, phone, purpose, whole=words) else "too_many"

    if (yield from do("send-code", send)) == "too_many":
        return "too_many"
    question = say("scheme.code", last=phone[-4:])
    for _ in range(codes.TRIES):
        typed = yield from ask(question, reading.code, again=True)
        tried = yield from do("try-code", partial(codes.try_code, typed=typed, purpose=purpose))
        if tried != "wrong":
            return tried
        question = say("scheme.wrong_code", last=phone[-4:])
    return "dead"


def my_schemes(caller: Caller) -> Conversation:
    """What I pay in instalments: how many bills have asked for it, and what is left."""
    query = partial(view.plans_of, connection_ids=[line.id for line in caller.lines], limit=PLANS_SHOWN)
    found: list[Mine] = yield from look("plans", query, list[Mine], fresh=True)
    if not found:
        return say("scheme.none_mine")
    rows = [_plan(one) for one in found]
    if any(one.left_paise for one in found):
        rows.append(say("scheme.how_off"))
    return say("nav.lines", lines=tuple(rows))


def _plan(one: Mine) -> Text:
    if one.next_paise is None:
        return say("scheme.row_paid", name=one.label, number=one.number)
    return say(
        "scheme.row",
        name=one.label,
        number=one.number,
        taken=one.taken,
        bills=one.instalments,
        left=Money(one.left_paise),
        next=Money(one.next_paise),
    )


def who_pays(caller: Caller) -> Conversation:
    """The schemes of my plants: how they go; then who pays one, first who is behind."""
    me = caller.member
    if me.role not in plans.VIEWERS:
        return say("scheme.not_you")
    found: list[Sum] = yield from look(
        "sums", partial(view.sums, staff_id=me.id, limit=SHOWN), list[Sum], fresh=True
    )
    if not found:
        return say("scheme.nobody")
    code = yield from choose(say("scheme.whose"), [(one.code, _sum(one)) for one in found])
    query = partial(view.people, staff_id=me.id, scheme=code, limit=SHOWN)
    people: list[Participant] = yield from look("people", query, list[Participant], fresh=True)
    head = next(_sum(one) for one in found if one.code == code)
    return say("nav.lines", lines=(head, *(_participant(one) for one in people)))


def _sum(one: Sum) -> Text:
    return say("scheme.sum", code=one.code, people=one.people, left=Money(one.left_paise), behind=one.behind)


def _participant(one: Participant) -> Text:
    words = say(
        "scheme.participant",
        number=one.number,
        name=one.label,
        taken=one.taken,
        bills=one.instalments,
        left=Money(one.left_paise),
    )
    if not one.behind_paise:
        return words
    return say("scheme.behind", who=words, amount=Money(one.behind_paise))


def pay_off(caller: Caller) -> Conversation:
    """A customer asks for all that is left of an appliance at once."""
    line = yield from which_line(caller)
    return (yield from _pay_off(caller, line.id, line.number))


def pay_off_for(caller: Caller) -> Conversation:
    """Staff do so for a customer."""
    if caller.member.role not in plans.SELLERS:
        return say("scheme.not_you")
    payee = yield from mine_of(caller)
    return (yield from _pay_off(caller, payee.connection_id, payee.number))


def _pay_off(caller: Caller, connection_id: int, number: str) -> Conversation:
    one = yield from _which_plan(connection_id)
    if one is None:
        return say("scheme.none_of", number=number)
    left = Money(one.left_paise)
    if not (yield from confirm(say("scheme.sure_off", name=one.label, number=number, amount=left))):
        return say("scheme.kept")
    act = say("scheme.act_off", code=one.code, number=number)
    pay = partial(plans.pay_off, plan_id=one.plan_id, paise=one.left_paise)
    return (yield from proven(caller, f"payoff:{one.plan_id}:{one.left_paise}", act, pay))


def _which_plan(connection_id: int) -> Talk[Mine | None]:
    """The plan meant, of those that are paid still: the only one, or one of several by choice."""
    query = partial(view.plans_of, connection_ids=[connection_id], limit=PLANS_SHOWN)
    found: list[Mine] = yield from look("plans", query, list[Mine])
    paying = [one for one in found if one.left_paise]
    if len(paying) < 2:
        return paying[0] if paying else None
    chosen = yield from choose(
        say("scheme.which_plan"), [(one.plan_id, say("scheme.plan", name=one.label)) for one in paying]
    )
    return next(one for one in paying if one.plan_id == chosen)


def cancel(caller: Caller) -> Conversation:
    """Take a sale back before its first instalment is asked for: one's own at once, else within limits."""
    if caller.member.role not in plans.SELLERS:
        return say("scheme.not_you")
    payee = yield from mine_of(caller)
    one = yield from _which_plan(payee.connection_id)
    if one is None:
        return say("scheme.none_of", number=payee.number)
    if one.taken:
        return say("scheme.asked_for", number=payee.number, taken=one.taken)
    query = partial(plans.fresh, plan_id=one.plan_id, staff_id=caller.member.id)
    sale: Fresh = yield from look(f"sale-{one.plan_id}", query, Fresh)
    do = partial(plans.cancel, plan_id=one.plan_id)
    if sale.own:
        sure = say("scheme.sure_cancel", name=one.label, number=payee.number)
        return do if (yield from confirm(sure)) else say("scheme.kept")
    act = say("scheme.act_cancel", code=one.code, number=payee.number, amount=Money(sale.price_paise))
    here, price, purpose = payee.connection_id, sale.price_paise, f"unscheme:{one.plan_id}:{sale.price_paise}"
    others = partial(money.ask_to_cancel, plan_id=one.plan_id)
    return (yield from limits.within(caller, here, price, purpose, act, do=do, ask=others))
