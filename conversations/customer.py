"""What customers talk about: language, dues, payments, package, receipt, faults."""

from __future__ import annotations

from functools import partial

from conversations import books, reading
from conversations.prompts import Conversation, Talk, ask, choose, do, look, said
from core import accounts, payments, people, receipts, requests
from core.accounts import BillLine, BillView, Owed, PackageView, Paid
from core.doing import Doing
from core.energy import units
from core.money import Money
from core.people import Caller, Line
from core.picture import Picture
from core.requests import FaultKind, Opened, RequestView
from core.settings import LANGUAGES
from core.text import Name, Param, Text, say
from core.work import telling
from core.work.outages import Known

PAYMENTS_SHOWN = 12
FAULTS_SHOWN = 5


def which_line(caller: Caller) -> Talk[Line]:
    """The connection meant: the only one, or one of several by choice."""
    if len(caller.lines) == 1:
        return caller.lines[0]
    options = [(line.number, say("menu.line", number=line.number, name=line.label)) for line in caller.lines]
    number = yield from choose(say("menu.which_line"), options)
    return next(line for line in caller.lines if line.number == number)


def pick_language() -> Talk[str]:
    """Ask for the language in all of them, and keep it at once, so that the talk goes on in it."""
    options = [(language, say(f"language.{language}")) for language in LANGUAGES]
    language = yield from choose(say("language.which"), options)

    def keep(doing: Doing) -> str:
        people.set_language(doing.session, doing.caller.phone, language)
        doing.audit("language.set", f"phone:{doing.caller.phone}", language=language)
        return language

    return (yield from do("language", keep))


def language(_caller: Caller) -> Conversation:
    """Choose the language of everything said to this phone."""
    yield from pick_language()
    return say("language.kept")


def owed(caller: Caller) -> Conversation:
    """What I owe, with the last bill, its due date, and the last payment."""
    line = yield from which_line(caller)
    found: Owed = yield from look(
        "owed", partial(accounts.what_is_owed, connection_id=line.id), Owed, fresh=True
    )
    state, amount = payments.standing(found.balance_paise)
    lines = [say(f"owed.{state}", number=line.number, amount=amount)]
    if found.bill_paise is not None and found.billed_on and found.due_on:
        lines.append(say("owed.bill", amount=Money(found.bill_paise), day=found.billed_on, due=found.due_on))
    if found.paid_paise is not None and found.paid_on:
        lines.append(say("owed.paid", amount=Money(found.paid_paise), day=found.paid_on))
    lines += _late_fee(found)
    return say("nav.lines", lines=tuple(lines))


def last_bill(caller: Caller) -> Conversation:
    """The last bill with its lines: what was charged, from where to where the meter went."""
    line = yield from which_line(caller)
    bill: BillView | None = yield from look(
        "bill", partial(accounts.last_bill, connection_id=line.id), BillView | None
    )
    if bill is None:
        return say("bill.none", number=line.number)
    lines = [say("bill.head", number=line.number, first=bill.first, last=bill.last)]
    if bill.opening_wh is not None and bill.closing_wh is not None:
        lines.append(say("bill.meter", opening=units(bill.opening_wh), closing=units(bill.closing_wh)))
    lines += [bill_line(one) for one in bill.lines or ()]
    if bill.estimated:
        lines.append(say("bill.self_read" if bill.self_read else "bill.estimated"))
    lines.append(say("bill.sum", amount=Money(bill.amount_paise), due=bill.due_on))
    if bill.before_paise is not None:
        state, before = payments.standing(bill.before_paise)
        lines.append(say(f"bill.before_{state}", amount=before))
    lines += _late_fee(bill)
    return say("nav.lines", lines=tuple(lines)).beside(Picture("bill", bill.id))


def _late_fee(view: Owed | BillView) -> list[Text]:
    """A late fee since the last bill, or the day until which there is none."""
    if view.fee_paise is None or view.fee_on is None:
        return []
    key = "owed.fee" if view.fee_charged else "owed.fee_after"
    return [say(key, amount=Money(view.fee_paise), day=view.fee_on)]


def bill_line(line: BillLine) -> Text:
    """One line of a bill, in words."""
    if line.kind == "fixed":
        return say("bill.fixed", days=line.days, amount=Money(line.paise))
    if line.kind == "instalment":
        return say(
            "bill.instalment", name=line.label, place=line.number, bills=line.of, amount=Money(line.paise)
        )
    if line.kind == "unserved" and line.month:
        return say(
            "bill.unserved" if line.days else "bill.unserved_rest",
            days=line.days,
            month=f"{line.month:%m/%Y}",
            amount=Money(-line.paise),
            left=say("bill.unserved_left", amount=Money(line.left)) if line.left else "",
        )
    return say(
        "bill.energy",
        units=units(line.wh),
        band=f" ({line.band})" if line.band else "",
        rate=Money(line.rate),
        amount=Money(line.paise),
    )


def last_payments(caller: Caller) -> Conversation:
    """The last payments, newest first."""
    line = yield from which_line(caller)
    paid: list[Paid] = yield from look(
        "payments",
        partial(accounts.last_payments, connection_id=line.id, limit=PAYMENTS_SHOWN),
        list[Paid],
    )
    if not paid:
        return say("paid.none", number=line.number)
    rows = tuple(
        say("paid.row", day=one.paid_on, amount=Money(one.amount_paise), receipt=one.receipt) for one in paid
    )
    return say("nav.lines", lines=(say("paid.head", number=line.number), *rows))


def my_package(caller: Caller) -> Conversation:
    """The package a connection is on: load, hours, price."""
    line = yield from which_line(caller)
    view: PackageView = yield from look(
        "package", partial(accounts.package_of, connection_id=line.id), PackageView
    )
    lines = [
        say("package.head", name=Name(view.name, view.name_local)),
        say("package.load", watts=view.load_watts),
        say("package.hours", hours=view.hours) if view.hours != "24" else say("package.all_day"),
    ]
    if view.energy_paise:
        lines.append(say("package.energy", price=Money(view.energy_paise)))
    if view.monthly_paise:
        lines.append(say("package.monthly", price=Money(view.monthly_paise)))
    lines.append(say("package.prepaid" if view.prepaid else "package.postpaid"))
    return say("nav.lines", lines=tuple(lines))


def receipt_again(caller: Caller) -> Conversation:
    """The last receipt once more, to the phone that asks; or the one whose number is named.

    A chat shows it at once; elsewhere it comes by SMS, to be kept.
    """
    number = yield from said(say("proof.which"), reading.receipt_number)
    if number is not None:
        return partial(receipts.show, number=number)
    line = yield from which_line(caller)

    def send(doing: Doing) -> Text:
        if doing.channel == "whatsapp":
            last = receipts.last_number(doing.session, line.id)
            return receipts.show(doing, last) if last else say("receipt.none", number=line.number)
        sent = receipts.send_last(doing, line.id)
        if sent is None:
            return say("receipt.none", number=line.number)
        links = receipts.link_lines(doing, receipts.id_of(doing.session, sent))
        return say("nav.lines", lines=(say("receipt.sent", receipt=sent), *links))

    return send


def year(caller: Caller) -> Conversation:
    """Twelve months: what was billed, what was paid, and what was owed in the end of each."""
    line = yield from which_line(caller)
    return (yield from books.the_year(line.id, line.number))


def statement(caller: Caller) -> Conversation:
    """The newest movements of what I owe, each with what stood after it."""
    line = yield from which_line(caller)
    return (yield from books.the_statement(line.id, line.number))


def deposit(caller: Caller) -> Conversation:
    """What is held as my deposit, and how it came and went."""
    line = yield from which_line(caller)
    return (yield from books.the_deposit(line.id, line.number))


def report_fault(caller: Caller) -> Conversation:
    """Ask what is wrong, then open a service request and give its number."""
    line = yield from which_line(caller)
    kind, note = yield from what_is_wrong()

    def open_request(doing: Doing) -> Text:
        opened = requests.open_fault(doing, line.id, line.number, line.plant_id, kind, note)
        return opened_words(opened, kind)

    return open_request


def what_is_wrong() -> Talk[tuple[FaultKind, str | None]]:
    """Ask for the kind of a fault and a few words; danger waits for no words."""
    kind: FaultKind = yield from choose(
        say("fault.which"), [(kind, say(f"fault.kind.{kind}")) for kind in FaultKind]
    )
    if kind is FaultKind.DANGER:
        return kind, None
    return kind, (yield from ask(say("fault.note"), reading.note, whole=True)) or None


def opened_words(opened: Opened, kind: FaultKind) -> Text:
    """What became of a fault that was told: planned, known, part of an outage, or noted."""
    if opened.planned is not None:
        return say("fault.planned", since=opened.planned.since, until=opened.planned.until)
    if not opened.new:
        return say("fault.known", request=opened.number)
    if opened.outage is not None:
        return _outage_words(opened.number, opened.outage)
    return say("fault.danger" if kind is FaultKind.DANGER else "fault.opened", request=opened.number)


def _outage_words(number: str, outage: Known) -> Text:
    """Known already: since when, how many homes, and who is on it, once somebody is."""
    gaps: dict[str, Param] = {"request": number, "since": outage.since, "homes": outage.homes}
    return say("fault.outage", **gaps, name=outage.doer) if outage.doer else say("fault.outage_told", **gaps)


def fault_status(caller: Caller) -> Conversation:
    """How my faults stand, and what else I have asked for."""
    found: list[RequestView] = yield from look(
        "faults",
        partial(
            requests.newest,
            phone=caller.phone,
            connection_ids=[line.id for line in caller.lines],
            limit=FAULTS_SHOWN,
        ),
        list[RequestView],
        fresh=True,
    )
    if not found:
        return say("fault.none")
    rows = tuple(
        say(
            "fault.row",
            request=one.number,
            kind=telling.what(one.kind, one.topic),
            state=say(f"request.{one.state}"),
            day=one.opened_on,
        )
        for one in found
    )
    return say("nav.lines", lines=rows)
