"""Who may do which step of which request, and where it leads: the seeds' tables of key users, as data.

Sources: MCOMS manual 3.5.5 (connection progress), 3.5.6 (de- and reactivation), 3.5.7 (service requests),
3.5.8 (temporary disconnection), 3.5.12 (theft), 3.6.2 and 2.2.9 (package change). Where a manual names
who registers, assigns and executes but not who closes, the one who assigns closes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Kind(StrEnum):
    """What passes through hands."""

    FAULT = "fault"
    PACKAGE = "package_change"
    STATUS = "status_change"
    SUPPLY = "supply_off"
    THEFT = "theft"
    NEW = "new_connection"
    REFUND = "refund"
    SETOFF = "setoff"
    WAIVE = "waive"
    SETTLE = "settle"
    UNSCHEME = "unscheme"


class Step(StrEnum):
    """What somebody does with a request."""

    ASSIGN = "assign"
    TAKE = "take"
    START = "start"
    STAGE = "stage"
    DONE = "done"
    OK = "ok"
    CODE = "code"
    SENDBACK = "sendback"
    APPROVE = "approve"
    REJECT = "reject"
    NOTE = "note"
    WITHDRAW = "withdraw"
    REOPEN = "reopen"
    RESTORE = "restore"


OPERATOR, TECHNICIAN, CSA = "operator", "technician", "csa"
CLUSTER, STATE = "cluster_in_charge", "state_in_charge"
RAISER = "raiser"
"""Whoever asked for it: the customer's own phone, or the member of staff who wrote it down."""
FIELD = frozenset({TECHNICIAN, CSA})
CHARGE = frozenset({CLUSTER, STATE})
EVERY_ROLE = frozenset({OPERATOR, TECHNICIAN, CSA, CLUSTER, STATE})

OPEN = ("requested", "in_process", "review")
WORKED = ("requested", "in_process")


@dataclass(frozen=True, slots=True)
class Rule:
    """One step of a kind: from which states, into which (None: it stays), and by whom."""

    before: tuple[str, ...]
    after: str | None
    who: frozenset[str]


_NOTE = Rule(OPEN, None, EVERY_ROLE)
_DONE = Rule(("in_process",), "review", FIELD)
_OK = Rule(("review",), "completed", CHARGE)
_BACK = Rule(("review",), "in_process", CHARGE)
_APPROVED = {
    Step.ASSIGN: Rule(("in_process",), None, frozenset({CLUSTER})),
    Step.TAKE: Rule(("in_process",), None, FIELD),
    Step.DONE: _DONE,
    Step.OK: _OK,
    Step.SENDBACK: _BACK,
    Step.WITHDRAW: Rule(("requested",), "rejected", frozenset({RAISER})),
    Step.NOTE: _NOTE,
}
"""What follows an approval is the same for every kind that needs one."""
_AS_AGREED = {
    Step.SENDBACK: Rule(("review",), "in_process", CHARGE | {RAISER}),
    Step.REOPEN: Rule(("completed",), "in_process", frozenset({RAISER})),
}
"""Whoever asked says where it is not as agreed: it is approved already, so it goes back to the field."""
_MONEY = {
    Step.APPROVE: Rule(("requested",), "completed", CHARGE),
    Step.REJECT: Rule(("requested",), "rejected", CHARGE),
    Step.WITHDRAW: Rule(("requested",), "rejected", frozenset({RAISER})),
    Step.NOTE: _NOTE,
}
"""Above one's limit: who completes the approval has it done."""

RULES: Mapping[Kind, Mapping[Step, Rule]] = {
    # 3.5.7: the CSA calls the customer and closes what is resolved; a technician never closes alone, but
    # who finished it may with the code that its customer was sent (CODE).
    Kind.FAULT: {
        Step.ASSIGN: Rule(WORKED, None, frozenset({CSA, CLUSTER})),
        Step.TAKE: Rule(WORKED, None, FIELD),
        Step.START: Rule(("requested",), "in_process", FIELD),
        Step.DONE: Rule(WORKED, "review", FIELD),
        Step.OK: Rule(("review",), "completed", CHARGE | {CSA, RAISER}),
        Step.CODE: Rule(("review",), "completed", FIELD | CHARGE),
        Step.SENDBACK: Rule(("review",), "in_process", CHARGE | {CSA, RAISER}),
        Step.REJECT: Rule(WORKED, "rejected", CHARGE),
        Step.WITHDRAW: Rule(WORKED, "rejected", frozenset({RAISER})),
        Step.REOPEN: Rule(("completed",), "requested", frozenset({RAISER, CSA})),
        Step.NOTE: Rule(OPEN, None, EVERY_ROLE | {RAISER}),
    },
    # 3.6.2: the CSA registers, the cluster in-charge screens and assigns, the technician implements.
    Kind.PACKAGE: {
        **_APPROVED,
        **_AS_AGREED,
        Step.APPROVE: Rule(("requested",), "in_process", CHARGE),
        Step.REJECT: Rule(("requested",), "rejected", CHARGE),
    },
    # 3.5.6: the cluster in-charge registers and assigns, the state in-charge approves, the field executes.
    Kind.STATUS: {
        **_APPROVED,
        **_AS_AGREED,
        Step.APPROVE: Rule(("requested",), "in_process", frozenset({STATE})),
        Step.REJECT: Rule(("requested",), "rejected", frozenset({STATE})),
    },
    # 3.5.8: it is done when it is raised, and stays open until supply is back. Homes without a smart meter
    # are a technician's to switch.
    Kind.SUPPLY: {
        Step.TAKE: Rule(("in_process",), None, frozenset({TECHNICIAN})),
        Step.RESTORE: Rule(("in_process",), "completed", frozenset({TECHNICIAN, CLUSTER})),
        Step.NOTE: _NOTE,
    },
    # 3.5.12: operator and CSA register, the cluster in-charge reviews and assigns, the field looks.
    Kind.THEFT: {
        Step.ASSIGN: Rule(WORKED, None, frozenset({CLUSTER})),
        Step.START: Rule(("requested",), "in_process", FIELD),
        Step.DONE: Rule(WORKED, "review", FIELD),
        Step.OK: _OK,
        Step.SENDBACK: _BACK,
        Step.REJECT: Rule(WORKED, "rejected", CHARGE),
        Step.REOPEN: Rule(("completed",), "requested", frozenset({RAISER})),
        Step.NOTE: _NOTE,
    },
    # 3.5.5: at pole, house wire, service wire, review.
    Kind.NEW: {
        Step.ASSIGN: Rule(WORKED, None, frozenset({CSA, CLUSTER})),
        Step.TAKE: Rule(WORKED, None, FIELD),
        Step.STAGE: Rule(WORKED, "in_process", FIELD),
        Step.DONE: _DONE,
        Step.OK: Rule(("review",), "completed", CHARGE | {CSA}),
        Step.SENDBACK: Rule(("review",), "in_process", CHARGE | {CSA}),
        Step.REJECT: Rule(WORKED, "rejected", CHARGE),
        Step.WITHDRAW: Rule(WORKED, "rejected", frozenset({RAISER})),
        Step.NOTE: _NOTE,
    },
    # A deposit to give back above one's limit: others approve, who asked pays it out of the own cash.
    Kind.REFUND: {
        Step.APPROVE: Rule(("requested",), "in_process", CHARGE),
        Step.REJECT: Rule(WORKED, "rejected", CHARGE),
        Step.DONE: Rule(("in_process",), "completed", frozenset({RAISER})),
        Step.WITHDRAW: Rule(WORKED, "rejected", frozenset({RAISER})),
        Step.NOTE: _NOTE,
    },
    Kind.SETOFF: _MONEY,
    Kind.WAIVE: _MONEY,
    Kind.SETTLE: _MONEY,
    Kind.UNSCHEME: _MONEY,
}

RAISERS: Mapping[Kind, frozenset[str]] = {
    Kind.FAULT: EVERY_ROLE,
    Kind.PACKAGE: frozenset({OPERATOR, TECHNICIAN, CSA, CLUSTER}),
    Kind.STATUS: frozenset({CLUSTER}),
    Kind.SUPPLY: frozenset({TECHNICIAN, CLUSTER}),
    Kind.THEFT: frozenset({OPERATOR, TECHNICIAN, CSA, CLUSTER}),
    Kind.NEW: frozenset({TECHNICIAN, CSA, CLUSTER, STATE}),
    Kind.REFUND: CHARGE,
    Kind.SETOFF: CHARGE,
    Kind.WAIVE: CHARGE,
    Kind.SETTLE: CHARGE,
    Kind.UNSCHEME: frozenset({CSA, CLUSTER}),
}
"""Which staff may write a request down; customers ask for what their own menus offer."""

INSIDE = frozenset({Kind.REFUND, Kind.SETOFF, Kind.WAIVE, Kind.SETTLE, Kind.UNSCHEME})
"""Kinds that are the staff's own: a customer of the connection neither asks for them nor takes them back."""
AT_PLANT = INSIDE - {Kind.WAIVE, Kind.SETTLE}
"""Of these, kinds that a stand-in decides only where they are of the plant, too: what is decided is then paid
out, set off or taken back by whoever has its cash and its goods.
"""
DOERS = FIELD
"""Whom work can be given to."""
JUDGED = frozenset({Step.APPROVE, Step.OK})
"""Steps that nobody takes on what they raised or did themselves (maker and checker)."""
SWITCHED: Mapping[Kind, str] = {Kind.SUPPLY: "supply_off", Kind.THEFT: "theft", Kind.NEW: "progress"}
"""Kinds that an organisation may switch off in its features, as the seeds' HCLF and TaraUrja do."""

STAGES = ("at_pole", "house_wire", "service_wire")
"""How far a new connection is (3.5.5); after the last comes the review."""
REOPEN_WITHIN = timedelta(days=3)
"""How long whoever asked may say that it is there again or not as agreed, and how they liked it."""
LAST_WORD = frozenset({Kind.FAULT, Kind.PACKAGE, Kind.STATUS, Kind.THEFT})
"""Kinds of which whoever asked may say so; what is wrong with a new connection is a fault of it."""
OFF = "inactive"
"""The topic of a connection that goes off for good: it comes back by a new request only."""
RATED: Mapping[Kind, frozenset[Step]] = {
    Kind.FAULT: frozenset({Step.OK, Step.CODE}),
    Kind.PACKAGE: frozenset({Step.DONE}),
    Kind.STATUS: frozenset({Step.DONE}),
    Kind.THEFT: frozenset({Step.OK}),
    Kind.NEW: frozenset({Step.OK}),
}
"""Kinds whose customer is asked how they liked it, and with which step: the one with which it is there.

Supply that is off for a while is nobody's request but ours; a connection that goes off for good is not asked
about either (docs/decisions/0023-the-last-word.md).
"""

LADDER = (FIELD, frozenset({CLUSTER}), frozenset({STATE}))
"""Rung by rung, whom what waits too long goes up to."""
HANDS = frozenset({Step.START, Step.STAGE, Step.DONE})
"""The work itself: whoever has taken it goes on with it."""
DECIDED = frozenset({Step.ASSIGN, Step.OK, Step.SENDBACK, Step.APPROVE, Step.REJECT})
"""What is decided rather than done: who stands in for somebody away may take these for them."""
_ONWARD = (Step.APPROVE, Step.TAKE, Step.START, Step.STAGE, Step.DONE, Step.OK)

WAITS: Mapping[str, timedelta] = {
    "requested": timedelta(hours=24),
    "in_process": timedelta(hours=48),
    "review": timedelta(hours=24),
}
"""How long a request may stand in a state before it goes a step up."""
DANGER_WAITS = timedelta(minutes=30)


def rung(kind: Kind, state: str) -> int:
    """Whom a request waits for here: the lowest rung that may move it on; in-charges where it is none."""
    movers: frozenset[str] = frozenset().union(
        *(rule.who for step, rule in RULES[kind].items() if step in _ONWARD and state in rule.before)
    )
    return next((place for place, roles in enumerate(LADDER) if movers & roles), 1)


def reached(kind: Kind, state: str, level: int) -> frozenset[str]:
    """The roles above those it waits for that a request has gone up to; supply that is off has reminders."""
    if kind is Kind.SUPPLY:
        return frozenset()
    above = rung(kind, state) + 1
    return frozenset[str]().union(*LADDER[above : above + level])


def who_can(kind: Kind, step: Step, state: str, level: int = 0) -> frozenset[str]:
    """The roles that may take this step from this state; empty where the step leads nowhere.

    What has gone up (`level`) those above may move like those below them, who lose nothing.
    """
    rule = RULES[kind].get(step)
    if rule is None or state not in rule.before:
        return frozenset()
    below = FIELD | {CLUSTER}
    return rule.who | reached(kind, state, level) if rule.who & below else rule.who


def lent(kind: Kind, step: Step, state: str, level: int, to_role: str, of_role: str) -> bool:
    """Whether who stands in for somebody away may take this step for them.

    The one away could, and it is a step that the stand-in's own role may take somewhere: being away lends
    plants and limits, never a power that the stand-in's role does not know. A state in-charge stands in
    for whatever a cluster in-charge decides.
    """
    rule = RULES[kind].get(step)
    if rule is None or step not in DECIDED or of_role not in who_can(kind, step, state, level):
        return False
    return to_role in rule.who or (to_role, of_role) == (STATE, CLUSTER)


def lends(to_role: str, of_role: str) -> str:
    """How much of what a role decides a stand-in of another may: `all`, `some`, `none`; `nothing` to lend."""
    own = [
        (kind, step, state)
        for kind, steps in RULES.items()
        for step, rule in steps.items()
        for state in rule.before
        if step in DECIDED and of_role in rule.who
    ]
    taken = [one for one in own if lent(*one, 0, to_role, of_role)]
    if not own:
        return "nothing"
    return "all" if len(taken) == len(own) else "some" if taken else "none"


def hands_on_approvals(to_role: str, of_role: str) -> bool:
    """Whether standing in brings a right to approve or reject, which a forged number must not hand on."""
    return any(
        lent(kind, step, state, 0, to_role, of_role)
        for kind in RULES
        for step in (Step.APPROVE, Step.REJECT)
        for state in OPEN
    )


def going_up(role: str) -> list[tuple[Kind, str, int]]:
    """What reaches a role by going up: kind, state, and from which level on."""
    return [
        (kind, state, level)
        for kind in RULES
        for state in OPEN
        for level in (1, 2)
        if role in reached(kind, state, level) and role not in reached(kind, state, level - 1)
    ]
