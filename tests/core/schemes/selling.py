"""The small world, where appliances are sold on instalments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from core import billing
from core.billing import Period
from core.doing import Doing
from core.errors import Refusal
from core.people import Caller, find_caller
from core.schemes import plans, view
from core.schemes.view import Offer
from core.text import Text
from tests.play import Play

CSA, CUSTOMER, OTHER, TECHNICIAN = "+919800000032", "+919800000001", "+919800000004", "+919800000002"

MONTHS = [Period.read(month) for month in ("2027-02", "2027-03", "2027-04")]

SOLD = datetime(2026, 11, 20, 6, tzinfo=UTC)

_keys = count(1)


def silent(label: str, done: int, total: int) -> None:
    """Nobody wants to hear of progress."""


@dataclass
class Shop:
    """The small world, its seller and its customers; a Refusal is given back as its key."""

    play: Play
    callers: dict[str, Caller] = field(init=False)

    def __post_init__(self) -> None:
        reader = self.play.services.database.reader
        self.callers = {phone: find_caller(reader, phone) for phone in (CSA, CUSTOMER, OTHER, TECHNICIAN)}

    def act(self, who: str, do: Callable[[Doing], object], at: datetime = SOLD, key: str = "") -> str:
        try:
            with self.play.services.database.begin() as session:
                key = key or f"t/{next(_keys)}.1"
                result = do(Doing(session, self.callers[who], "sms", key, at, self.play.settings))
        except Refusal as refusal:
            return refusal.text.key
        assert isinstance(result, Text)
        return result.key

    def number(self, sql: str) -> int:
        return int(str(self.play.services.database.reader.rows(sql, {})[0][0]))

    def connection(self, number: str = "120457") -> int:
        return self.number(f"SELECT id FROM connection WHERE number = '{number}'")

    def offer(self, scheme: str = "FAN", number: str = "120457") -> Offer:
        found = view.offers(self.play.services.database.reader, self.connection(number), 9)
        return next(one for one in found if one.code == scheme)

    def sell(self, scheme: str = "FAN", number: str = "120457", who: str = CSA, at: datetime = SOLD) -> str:
        offer, connection = self.offer(scheme, number), self.connection(number)
        return self.act(who, lambda doing: plans.begin(doing, connection, offer), at)

    def plan(self, scheme: str = "FAN") -> int:
        return self.number(
            "SELECT max(plan.id) FROM plan JOIN scheme ON scheme.id = scheme_id "
            f"WHERE scheme.code = '{scheme}'"
        )

    def open(self) -> int:
        """What is left of all plans, in paise."""
        return self.number(
            "SELECT coalesce(sum(paise), 0) FROM instalment WHERE run_id IS NULL AND payoff_id IS NULL"
        )

    def left(self, plan: int) -> int:
        return self.number(
            f"SELECT coalesce(sum(paise), 0) FROM instalment WHERE plan_id = {plan} "
            "AND run_id IS NULL AND payoff_id IS NULL"
        )

    def account(self, kind: str, number: str = "120457") -> int:
        return self.number(
            "SELECT coalesce(sum(balance_paise), 0) FROM account JOIN connection "
            f"ON connection.id = connection_id WHERE kind = '{kind}' AND number = '{number}'"
        )

    def bill(self, month: Period) -> int:
        """Bill Rampur for a month, the day after it; gives the run."""
        database = self.play.services.database
        run, _ = billing.post(
            database, billing.plant_of(database, "RAMPUR"), month, silent,
            default_language="en", service="Bijli Line", issued_on=month.last + timedelta(days=1),
        )  # fmt: skip
        return run.id

    def unbill(self, run: int) -> None:
        billing.reverse(self.play.services.database, run, silent, service="Bijli Line")

    def billed(self, number: str = "120457") -> int:
        """The instalments on all standing bills of a connection, in paise."""
        return self.number(
            "SELECT coalesce(sum(instalment_paise), 0) FROM bill JOIN connection "
            f"ON connection.id = connection_id WHERE number = '{number}' AND reversed_at IS NULL"
        )

    def books_are_true(self) -> None:
        """Everything sums to zero, balances are their postings, and what is open is what is owed later."""
        assert self.number("SELECT coalesce(sum(amount_paise), 0) FROM posting") == 0
        assert not self.number(
            "SELECT count(*) FROM (SELECT FROM account LEFT JOIN posting ON posting.account_id = account.id "
            "GROUP BY account.id HAVING balance_paise <> coalesce(sum(amount_paise), 0)) AS wrong"
        )
        later = "SELECT coalesce(sum(balance_paise), 0) FROM account WHERE kind = 'instalments'"
        assert self.number(later) == self.open()
        assert self.number("SELECT coalesce(sum(paise), 0) FROM instalment WHERE run_id IS NOT NULL") == (
            self.number("SELECT coalesce(sum(instalment_paise), 0) FROM bill WHERE reversed_at IS NULL")
        )
