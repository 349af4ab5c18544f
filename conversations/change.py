"""Another package: what the plant offers, what it would cost, and the wish for it."""

from __future__ import annotations

from functools import partial

from conversations.customer import which_line
from conversations.field import mine_of
from conversations.prompts import Conversation, Talk, choose, confirm, look
from core import deposits
from core.deposits import Deposit
from core.doing import Doing
from core.money import Money
from core.people import Caller
from core.text import Text, say
from core.work import packages
from core.work.packages import Offer, When

OFFERS_SHOWN = 20


def change(caller: Caller) -> Conversation:
    """A customer asks for another package."""
    line = yield from which_line(caller)
    return (yield from _change(line.id, line.number))


def change_for(caller: Caller) -> Conversation:
    """Staff write a customer's wish for another package down (3.6.2: the CSA registers)."""
    payee = yield from mine_of(caller)
    return (yield from _change(payee.connection_id, payee.number))


def _change(connection_id: int, number: str) -> Conversation:
    query = partial(packages.offers, connection_id=connection_id, limit=OFFERS_SHOWN)
    found: list[Offer] = yield from look("offers", query, list[Offer])
    now = next((one for one in found if one.current), None)
    others = [one for one in found if not one.current]
    if now is None or not others:
        return say("change.none", number=number)
    chosen = yield from _which(now, others)
    when: When = (yield from _when()) if not now.prepaid else "now"
    query_deposit = partial(deposits.deposit_of, connection_id=connection_id, package_id=chosen.id)
    deposit: Deposit = yield from look("deposit", query_deposit, Deposit)
    if not (yield from confirm(_difference(now, chosen, deposit))):
        return say("change.kept", name=now.label)

    def wish(doing: Doing) -> Text:
        return say("change.noted", request=packages.ask_for(doing, connection_id, chosen.code, when))

    return wish


def _which(now: Offer, others: list[Offer]) -> Talk[Offer]:
    options = [
        (one.code, say("change.option", name=one.label, watts=one.load_watts, amount=Money(one.month_paise)))
        for one in others
    ]
    code = yield from choose(say("change.which", name=now.label), options)
    return next(one for one in others if one.code == code)


def _when() -> Talk[When]:
    """Who is billed after use may end the month on the old package; who pays before changes at once."""
    options = [("now", say("change.now")), ("next", say("change.next"))]
    chosen = yield from choose(say("change.when"), options)
    return "next" if chosen == "next" else "now"


def _difference(now: Offer, wanted: Offer, deposit: Deposit) -> Text:
    """What the change means in money: a month like the last three, and what is held against the deposit."""
    lines = [
        say(
            "change.would" if now.used_wh else "change.costs",
            name=wanted.label,
            now=Money(now.month_paise),
            then=Money(wanted.month_paise),
        )
    ]
    missing = deposit.needed_paise - deposit.held_paise
    if missing > 0:
        lines.append(say("change.deposit_more", amount=Money(missing)))
    elif missing < 0:
        lines.append(say("change.deposit_less", amount=Money(-missing)))
    return say("nav.lines", lines=(*lines, say("change.sure")))
