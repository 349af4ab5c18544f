"""Every command, once: the USSD menus, the SMS words, the help and docs/commands.md come from here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

from conversations import (
    blocking,
    broadcasts,
    cash,
    change,
    closing,
    consent,
    coupons,
    customer,
    deposits,
    fees,
    field,
    joining,
    light,
    mended,
    meters,
    notes,
    online,
    pins,
    promising,
    reporting,
    schemes,
    selfread,
    staff,
    stranger,
    stuck,
    supply,
    switching,
    totals,
    water,
    watermeter,
    whereabouts,
    work,
)
from conversations.prompts import Conversation, Menu, Option, pick
from core.people import Caller
from core.text import Text, say


class Audience(StrEnum):
    """Whom a command is for."""

    CUSTOMER = "customer"
    STAFF = "staff"
    STRANGER = "stranger"


MAIN = "main"
GROUPS = ("bills", "paying", "meter", "cash", "offers", "work", "people")
"""The rooms behind "more", in the order in which they are shown; an empty one is not."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its words stand in the locales under `commands.<name>`."""

    name: str
    audience: Audience
    talk: Callable[[Caller], Conversation]
    menu: str | None = MAIN
    """The menu that shows it: the main one, which in Hindi is one full screen (70 units), a room behind
    its "more" (`GROUPS`), or none."""
    open: bool = False
    """Whether anybody may text it, whatever the menus show."""
    at_once: bool = False
    """Whether it is heard even where a question stands open, but then only alone: STOP."""
    photos: bool = False
    """Whether a photo that comes in the middle of it belongs to what it leads to."""

    @property
    def for_all(self) -> bool:
        """Whether it belongs to no audience in particular: language, help, menu."""
        return self.open and self.menu is None

    @property
    def label(self) -> Text:
        return say(f"{'menu' if self.menu or self.open else 'help'}.{self.name}")


def words_of_commands() -> set[str]:
    """The keys without which a command can be neither sent nor shown."""
    keys = {f"commands.{one.name}" for one in COMMANDS} | {one.label.key for one in COMMANDS}
    return keys | {f"help.{one.name}" for one in COMMANDS if not one.for_all}


MORE, HELP, OWN = "more", "help", "own"


def main_menu(caller: Caller) -> Conversation:
    """Language once, then the caller's menu; each choice is that command's own talk."""
    if caller.language is None:
        yield from customer.pick_language()
    if _hears_why(caller):
        return say("block.you")
    return (yield from _menu(caller, audience_of(caller)))


def _menu(caller: Caller, audience: Audience) -> Conversation:
    own = audience is Audience.STAFF and bool(caller.lines)
    name = yield from pick(_menu_of(audience, own))
    if name == MORE:
        name = yield from pick(_rooms_of(audience))
        if name in GROUPS:
            name = yield from pick(_room(audience, name))
    if name == OWN:
        return (yield from _menu(caller, Audience.CUSTOMER))
    return (yield from BY_NAME[name].talk(caller))


def _shown(audience: Audience, menu: str) -> list[Option]:
    return [Option(one.name, one.label) for one in COMMANDS if one.menu == menu and one.audience is audience]


@lru_cache(maxsize=8)
def _menu_of(audience: Audience, own: bool) -> Menu:
    """An audience's menu; `own`: staff who are customers as well find their own connection in it."""
    options = _shown(audience, MAIN)
    if own:
        options.append(Option(OWN, say("menu.own")))
    last = MORE if any(_shown(audience, group) for group in GROUPS) else HELP
    options += [Option("language", say("menu.language")), Option(last, say(f"menu.{last}"))]
    return Menu(say(f"menu.head_{audience}"), tuple(options))


@lru_cache(maxsize=8)
def _rooms_of(audience: Audience) -> Menu:
    """What is behind "more": the rooms that have something for this audience, and the help."""
    rooms = [Option(group, say(f"menu.group_{group}")) for group in GROUPS if _shown(audience, group)]
    return Menu(say("menu.more"), (*rooms, Option(HELP, say("menu.help"))))


@lru_cache(maxsize=32)
def _room(audience: Audience, group: str) -> Menu:
    return Menu(say(f"menu.group_{group}"), tuple(_shown(audience, group)))


def resume(caller: Caller) -> Conversation:
    """START: everything again for who has stopped it, the menu for everybody else."""
    now = yield from consent.wish(caller)
    return (yield from consent.start(caller) if now.stopped else main_menu(caller))


def help_text(caller: Caller) -> Conversation:
    """What can be sent and what it does, one line a command."""
    yield from ()
    if _hears_why(caller):
        return say("block.you")
    usable = [one for one in COMMANDS if not one.for_all and may_use(caller, one)]
    lines = [say(f"help.{command.name}") for command in usable]
    call = say("help.call", helpline=say("brand.helpline"))
    return say("nav.lines", lines=(say("help.head"), *lines, say("help.line"), call))


def audience_of(caller: Caller) -> Audience:
    """Staff before customer: whoever is both finds the own connection one step further."""
    if caller.staff:
        return Audience.STAFF
    return Audience.CUSTOMER if caller.lines else Audience.STRANGER


def may_use(caller: Caller, command: Command) -> bool:
    """Whether this caller may start a command."""
    if command.open:
        return True
    match command.audience:
        case Audience.STAFF:
            return caller.staff is not None or _hears_why(caller)
        case Audience.CUSTOMER:
            return bool(caller.lines)
        case Audience.STRANGER:
            return not caller.known


def _hears_why(caller: Caller) -> bool:
    """Whether a phone of staff that was blocked is told so; where it is a customer's, too, that goes on."""
    return caller.blocked and not caller.lines


def _staffs_only(command: Command) -> Command:
    """A command of staff that says to a blocked phone why it does nothing."""

    def talk(caller: Caller) -> Conversation:
        if caller.staff is None:
            yield from ()
            return say("block.you")
        return (yield from command.talk(caller))

    return replace(command, talk=talk) if command.audience is Audience.STAFF else command


COMMANDS: tuple[Command, ...] = (
    Command("owed", Audience.CUSTOMER, customer.owed),
    Command("bill", Audience.CUSTOMER, customer.last_bill, menu="bills"),
    Command("payments", Audience.CUSTOMER, customer.last_payments),
    Command("fault", Audience.CUSTOMER, customer.report_fault, photos=True),
    Command("status", Audience.CUSTOMER, customer.fault_status),
    Command("package", Audience.CUSTOMER, customer.my_package),
    Command("receipt", Audience.CUSTOMER, customer.receipt_again),
    Command("year", Audience.CUSTOMER, customer.year, menu="bills"),
    Command("statement", Audience.CUSTOMER, customer.statement, menu="bills"),
    Command("deposit", Audience.CUSTOMER, customer.deposit, menu="bills"),
    Command("later", Audience.CUSTOMER, promising.later, menu="paying"),
    Command("deny", Audience.CUSTOMER, mended.deny, menu="bills"),
    Command("paisa", Audience.CUSTOMER, whereabouts.my_money, menu="paying"),
    Command("fixed", Audience.CUSTOMER, mended.fixed, menu="work"),
    Command("still", Audience.CUSTOMER, mended.still, menu="work"),
    Command("reopen", Audience.CUSTOMER, mended.reopen, menu="work"),
    Command("change", Audience.CUSTOMER, change.change, menu="work"),
    Command("redeem", Audience.CUSTOMER, coupons.redeem, menu="paying"),
    Command("my_coupons", Audience.CUSTOMER, coupons.my_coupons, menu="paying"),
    Command("theft", Audience.CUSTOMER, field.theft, menu="work"),
    Command("paylink", Audience.CUSTOMER, online.pay_online, menu="paying"),
    Command("write", Audience.CUSTOMER, notes.write, menu="work"),
    Command("thanks", Audience.CUSTOMER, notes.thanks, menu=None, open=True),
    Command("my_schemes", Audience.CUSTOMER, schemes.my_schemes, menu="paying"),
    Command("payoff", Audience.CUSTOMER, schemes.pay_off, menu="paying"),
    Command("pay", Audience.STAFF, staff.pay),
    Command("undo", Audience.STAFF, staff.undo),
    Command("find", Audience.STAFF, staff.find),
    Command("dues", Audience.STAFF, staff.dues),
    Command("cash", Audience.STAFF, staff.cash),
    Command("totals", Audience.STAFF, totals.totals, menu="cash"),
    Command("receivable", Audience.STAFF, totals.receivable, menu="bills"),
    Command("receipt_of", Audience.STAFF, staff.receipt, menu="bills"),
    Command("statement_of", Audience.STAFF, deposits.statement_of, menu="bills"),
    Command("year_of", Audience.STAFF, deposits.year_of, menu="bills"),
    Command("deposit_of", Audience.STAFF, deposits.deposit, menu="bills"),
    Command("take_deposit", Audience.STAFF, deposits.take, menu="paying"),
    Command("setoff", Audience.STAFF, deposits.set_off, menu="paying"),
    Command("refund", Audience.STAFF, deposits.refund, menu="paying"),
    Command("batch", Audience.STAFF, cash.batch, menu=None),
    Command("hand", Audience.STAFF, cash.hand, menu="cash"),
    Command("got", Audience.STAFF, cash.got, menu="cash"),
    Command("close", Audience.STAFF, cash.close, menu="cash"),
    Command("settle", Audience.STAFF, cash.settle, menu="cash"),
    Command("readings", Audience.CUSTOMER, meters.my_readings, menu="meter"),
    Command("self_read", Audience.CUSTOMER, selfread.read, menu="meter", photos=True),
    Command("read", Audience.STAFF, meters.read, menu="meter"),
    Command("readlist", Audience.STAFF, meters.read_list, menu=None),
    Command("unread", Audience.STAFF, meters.unread, menu="meter"),
    Command("meter", Audience.STAFF, meters.change, menu="meter"),
    Command("readings_of", Audience.STAFF, meters.readings_of, menu="meter"),
    Command("toread", Audience.STAFF, meters.to_read, menu="meter"),
    Command("meters", Audience.STAFF, supply.meters, menu="meter"),
    Command("flags", Audience.STAFF, supply.flagged, menu="meter"),
    Command("excuse", Audience.STAFF, supply.excuse, menu="meter"),
    Command("check", Audience.STAFF, selfread.check, menu="meter"),
    Command("supply_off", Audience.STAFF, switching.off, menu="meter"),
    Command("supply_on", Audience.STAFF, switching.on, menu="meter"),
    Command("where", Audience.STAFF, whereabouts.where, menu="cash"),
    Command("stuck", Audience.STAFF, stuck.waits, menu="cash"),
    Command("tasks", Audience.STAFF, work.tasks, menu="work"),
    Command("review", Audience.STAFF, work.review, menu="work"),
    Command("report", Audience.STAFF, reporting.report, menu="work"),
    Command("hist", Audience.STAFF, work.hist, menu="work"),
    Command("coupon", Audience.STAFF, coupons.coupon, menu="offers"),
    Command("redeem_for", Audience.STAFF, coupons.redeem, menu="offers"),
    Command("unredeem", Audience.STAFF, coupons.unredeem, menu="offers"),
    Command("coupons_for", Audience.STAFF, coupons.coupons_for, menu="offers"),
    Command("expiring", Audience.STAFF, coupons.expiring, menu="offers"),
    Command("coupons", Audience.STAFF, coupons.results, menu="offers"),
    Command("scheme", Audience.STAFF, schemes.scheme, menu="offers"),
    Command("schemes", Audience.STAFF, schemes.who_pays, menu="offers"),
    Command("payoff_for", Audience.STAFF, schemes.pay_off_for, menu="offers"),
    Command("unscheme", Audience.STAFF, schemes.cancel, menu="offers"),
    Command("cust", Audience.STAFF, field.cust, menu="work"),
    Command("outage", Audience.STAFF, field.outage, menu="work"),
    Command("change_for", Audience.STAFF, change.change_for, menu="work"),
    Command("theft_for", Audience.STAFF, field.theft_for, menu="work"),
    Command("off_for_good", Audience.STAFF, field.off_for_good, menu="work"),
    Command("on_again", Audience.STAFF, field.on_again, menu="work"),
    Command("leave", Audience.STAFF, field.leave, menu="people"),
    Command("back", Audience.STAFF, field.back, menu="people"),
    Command("pin", Audience.STAFF, pins.pin, menu="people"),
    Command("unlock", Audience.STAFF, pins.unlock, menu="people"),
    *(Command(str(step), Audience.STAFF, work.step_talk(step), menu=None) for step in work.BY_TEXT),
    Command("card", Audience.STAFF, online.slip("card"), menu="paying"),
    Command("wallet", Audience.STAFF, online.slip("wallet"), menu="paying"),
    Command("unmatched", Audience.STAFF, online.waiting, menu="paying"),
    Command("match", Audience.STAFF, online.match, menu="paying"),
    Command("new_for", Audience.STAFF, joining.new_for, menu="work"),
    Command("progress", Audience.STAFF, joining.progress, menu="work"),
    Command("toplant", Audience.STAFF, joining.place, menu=None),
    Command("inbox", Audience.STAFF, notes.inbox, menu="people"),
    Command("answer", Audience.STAFF, notes.answer, menu=None),
    Command("broadcast", Audience.STAFF, broadcasts.broadcast, menu="people"),
    Command("broadcasts", Audience.STAFF, broadcasts.latest, menu="people"),
    Command("stopsend", Audience.STAFF, broadcasts.stop, menu=None),
    Command("withdraw", Audience.CUSTOMER, mended.withdraw, menu="work", open=True),
    Command("sendlink", Audience.STAFF, online.send_link, menu="paying"),
    Command("waive", Audience.STAFF, fees.waive, menu="paying"),
    Command("fault_for", Audience.STAFF, field.fault_for, menu="work", photos=True),
    Command("water", Audience.STAFF, water.sell, menu="cash"),
    Command("watermeter", Audience.STAFF, watermeter.counted, menu="meter"),
    Command("waters", Audience.STAFF, water.months, menu="cash"),
    Command("by_code", Audience.STAFF, closing.by_code, menu="work"),
    Command("block", Audience.STAFF, blocking.block, menu="people"),
    Command("unblock", Audience.STAFF, blocking.unblock, menu="people"),
    Command("link", Audience.STRANGER, stranger.link, open=True),
    Command("new", Audience.STRANGER, joining.new_connection),
    Command("verify", Audience.STRANGER, stranger.verify, open=True),
    Command("language", Audience.CUSTOMER, customer.language, menu=None, open=True),
    Command("help", Audience.CUSTOMER, help_text, menu=None, open=True),
    Command("menu", Audience.CUSTOMER, main_menu, menu=None, open=True),
    Command("light", Audience.CUSTOMER, light.when, menu=None),
    Command("rate", Audience.CUSTOMER, mended.rate, menu=None),
    Command("place", Audience.CUSTOMER, mended.place, menu=None),
    Command("whatsapp", Audience.CUSTOMER, consent.whatsapp, menu=None),
    Command("stop", Audience.CUSTOMER, consent.stop, menu=None, open=True, at_once=True),
    Command("resume", Audience.CUSTOMER, resume, menu=None, open=True),
)

BY_NAME = {command.name: _staffs_only(command) for command in COMMANDS}
