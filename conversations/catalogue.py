"""Every command, once: the USSD menus, the SMS words, the help and docs/commands.md come from here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from conversations import cash, customer, staff, stranger
from conversations.prompts import Conversation, Menu, Option, pick
from core.people import Caller
from core.text import Text, say


class Audience(StrEnum):
    """Whom a command is for."""

    CUSTOMER = "customer"
    STAFF = "staff"
    STRANGER = "stranger"


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its words stand in the locales under `commands.<name>`."""

    name: str
    audience: Audience
    talk: Callable[[Caller], Conversation]
    menu: bool = True
    """Whether the audience's main menu shows it: in Hindi the menu is full (70 units to a screen)."""
    open: bool = False
    """Whether anybody may text it, whatever the menus show."""
    hint: bool = False
    """Whether the help names it although no menu does: it needs more than one key, or the menu is full."""

    @property
    def for_all(self) -> bool:
        """Whether it belongs to no audience in particular: language, help, menu."""
        return self.open and not self.menu and not self.hint

    @property
    def label(self) -> Text:
        return say(f"{'menu' if self.menu or self.open else 'help'}.{self.name}")


def main_menu(caller: Caller) -> Conversation:
    """Language once, then the caller's menu; each choice is that command's own talk."""
    if caller.language is None:
        yield from customer.pick_language()
    return (yield from _menu(caller, audience_of(caller)))


def _menu(caller: Caller, audience: Audience) -> Conversation:
    name = yield from pick(_menu_of(audience, audience is Audience.STAFF and bool(caller.lines)))
    if name == "own":
        return (yield from _menu(caller, Audience.CUSTOMER))
    return (yield from BY_NAME[name].talk(caller))


@lru_cache(maxsize=8)
def _menu_of(audience: Audience, own: bool) -> Menu:
    """An audience's menu; `own`: staff who are customers as well find their own connection in it."""
    shown = [command for command in COMMANDS if command.menu and command.audience is audience]
    options = [Option(command.name, command.label) for command in shown]
    if own:
        options.append(Option("own", say("menu.own")))
    options += [Option("language", say("menu.language")), Option("help", say("menu.help"))]
    return Menu(say(f"menu.head_{audience}"), tuple(options))


def help_text(caller: Caller) -> Conversation:
    """What can be sent and what it does, one line a command."""
    yield from ()
    usable = [one for one in COMMANDS if (one.menu or one.hint) and may_use(caller, one)]
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
            return caller.staff is not None
        case Audience.CUSTOMER:
            return bool(caller.lines)
        case Audience.STRANGER:
            return not caller.known


COMMANDS: tuple[Command, ...] = (
    Command("owed", Audience.CUSTOMER, customer.owed),
    Command("bill", Audience.CUSTOMER, customer.last_bill, menu=False, hint=True),
    Command("payments", Audience.CUSTOMER, customer.last_payments),
    Command("fault", Audience.CUSTOMER, customer.report_fault),
    Command("status", Audience.CUSTOMER, customer.fault_status),
    Command("package", Audience.CUSTOMER, customer.my_package),
    Command("receipt", Audience.CUSTOMER, customer.receipt_again),
    Command("year", Audience.CUSTOMER, customer.year, menu=False, hint=True),
    Command("deny", Audience.CUSTOMER, cash.deny, menu=False, hint=True),
    Command("pay", Audience.STAFF, staff.pay),
    Command("undo", Audience.STAFF, staff.undo),
    Command("find", Audience.STAFF, staff.find),
    Command("dues", Audience.STAFF, staff.dues),
    Command("cash", Audience.STAFF, staff.cash),
    Command("totals", Audience.STAFF, staff.totals, menu=False, hint=True),
    Command("receipt_of", Audience.STAFF, staff.receipt, menu=False, hint=True),
    Command("verify", Audience.STRANGER, stranger.verify, menu=False, open=True, hint=True),
    Command("batch", Audience.STAFF, cash.batch, menu=False, hint=True),
    Command("hand", Audience.STAFF, cash.hand, menu=False, hint=True),
    Command("got", Audience.STAFF, cash.got, menu=False, hint=True),
    Command("close", Audience.STAFF, cash.close, menu=False, hint=True),
    Command("settle", Audience.STAFF, cash.settle, menu=False, hint=True),
    Command("link", Audience.STRANGER, stranger.link, open=True),
    Command("new", Audience.STRANGER, stranger.new_connection),
    Command("language", Audience.CUSTOMER, customer.language, menu=False, open=True),
    Command("help", Audience.CUSTOMER, help_text, menu=False, open=True),
    Command("menu", Audience.CUSTOMER, main_menu, menu=False, open=True),
)

BY_NAME = {command.name: command for command in COMMANDS}
