"""Coupons on a real database: made for whom they are meant, money once, never after their end."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import text

from core import clock, payments
from core.coupons import counting, making, redeeming
from core.doing import Doing
from core.errors import Refusal
from core.ids import with_check_digit
from core.loading import load
from core.people import Caller, find_caller
from core.text import Text
from tests.play import Play

PEOPLE = {
    "customer": "+919800000001",
    "other customer": "+919800000004",
    "technician": "+919800000002",
    "technician elsewhere": "+919800000040",
    "cluster in-charge": "+919800000003",
    "nobody": "+919800000009",
}
_keys = count(1)


@dataclass
class Shop:
    """The small world and acts of its people; a Refusal is given back as its key."""

    play: Play
    callers: dict[str, Caller] = field(init=False)

    def __post_init__(self) -> None:
        reader = self.play.services.database.reader
        self.callers = {who: find_caller(reader, phone) for who, phone in PEOPLE.items()}

    def act(self, who: str, do: Callable[[Doing], object], days: int = 0, minutes: int = 0) -> str:
        at = clock.now() + timedelta(days=days, minutes=minutes)
        try:
            with self.play.services.database.begin() as session:
                doing = Doing(session, self.callers[who], "sms", f"t/{next(_keys)}.1", at, self.play.settings)
                result = do(doing)
        except Refusal as refusal:
            return refusal.text.key
        return result.key if isinstance(result, Text) else str(result)

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        return [tuple(row) for row in self.play.services.database.reader.rows(sql, {})]

    def number(self, sql: str) -> int:
        return int(str(self.rows(sql)[0][0]))

    def make(self, scheme: str = "HOLI", number: str = "120457", who: str = "technician") -> str:
        scheme_id = self.number(f"SELECT id FROM coupon_scheme WHERE code = '{scheme}'")
        connection = self.number(f"SELECT id FROM connection WHERE number = '{number}'")
        return self.act(who, lambda doing: making.make_one(doing, scheme_id, connection))

    def redeem(self, code: str, who: str = "customer", days: int = 0) -> str:
        return self.act(who, lambda doing: redeeming.redeem(doing, code), days)

    def back(self, code: str, who: str = "customer", minutes: int = 0) -> str:
        return self.act(who, lambda doing: redeeming.take_back(doing, code), minutes=minutes)

    def dues(self, number: str = "120457") -> int:
        return self.number(
            "SELECT coalesce(sum(balance_paise), 0) FROM account JOIN connection "
            f"ON connection.id = connection_id WHERE kind = 'dues' AND number = '{number}'"
        )


@pytest.fixture
def shop(play: Play) -> Shop:
    return Shop(play)


def test_a_coupon_is_made_told_redeemed_and_taken_back(shop: Shop) -> None:
    before = shop.dues()
    code = shop.make()
    assert shop.rows("SELECT kind, count(*) FROM outbox GROUP BY 1") == [("coupon", 1)]
    assert shop.redeem(code) == "redeem.done_due"
    assert shop.dues() == before - 5000
    assert shop.redeem(code) == "redeem.used"
    assert shop.back(code) == "redeem.taken_back"
    assert shop.dues() == before
    assert shop.redeem(code) == "redeem.done_due"


def test_per_cent_of_what_is_owed_up_to_the_most(shop: Shop) -> None:
    before = shop.dues()
    assert before == 62050
    assert shop.redeem(shop.make("TENTH")) == "redeem.done_due"
    assert shop.dues() == before - 6205


def test_nothing_to_take_a_share_of(shop: Shop) -> None:
    assert shop.redeem(shop.make("TENTH", "120465"), "other customer") == "redeem.nothing_owed"


@pytest.mark.parametrize(
    ("who", "number", "scheme", "said"),
    [
        ("technician elsewhere", "120457", "HOLI", "coupon.not_you"),
        ("customer", "120457", "HOLI", "coupon.not_you"),
        ("cluster in-charge", "200027", "HOLI", "coupon.not_eligible"),
    ],
)
def test_who_gets_none(shop: Shop, who: str, number: str, scheme: str, said: str) -> None:
    assert shop.make(scheme, number, who) == said


def test_one_a_customer_and_so_many_in_all(shop: Shop) -> None:
    shop.make()
    assert shop.make() == "coupon.not_eligible"
    made = [shop.make("TENTH", number) for number in ("120457", "120457", "120465", "120473")]
    assert [one.isdigit() for one in made] == [True, True, True, False]


def test_only_whoever_owes_nothing(shop: Shop) -> None:
    with shop.play.services.database.begin() as session:
        session.execute(text("UPDATE coupon_scheme SET clear_only = true WHERE code = 'HOLI'"))
    assert shop.make("HOLI", "120457") == "coupon.not_eligible"
    assert shop.make("HOLI", "120465").isdigit()


def test_never_after_its_end(shop: Shop) -> None:
    code = shop.make()
    assert shop.redeem(code, days=31) == "redeem.over"


def test_another_customers_code_is_no_code(shop: Shop) -> None:
    code = shop.make()
    assert shop.redeem(code, "other customer") == "redeem.wrong"
    assert shop.redeem(code, "technician elsewhere") == "redeem.wrong"
    assert shop.redeem(code, "technician") == "redeem.done_due"


def test_guessing_ends_after_ten(shop: Shop) -> None:
    code = shop.make()
    wrong = with_check_digit(123456789)
    assert [shop.redeem(wrong) for _ in range(10)] == ["redeem.wrong"] * 10
    assert shop.redeem(code) == "redeem.too_many"


def test_taken_back_late_only_by_an_in_charge(shop: Shop) -> None:
    code = shop.make()
    shop.redeem(code)
    assert shop.back(code, "technician") == "redeem.too_late"
    assert shop.back(code, "customer", minutes=11) == "redeem.too_late"
    assert shop.back(code, "cluster in-charge", minutes=11) == "redeem.taken_back"


def test_two_who_redeem_at_once(shop: Shop) -> None:
    code, before = shop.make(), shop.dues()
    with ThreadPoolExecutor(2) as pool:
        got = list(pool.map(lambda who: shop.redeem(code, who), ("customer", "technician")))
    assert sorted(got) == ["redeem.done_due", "redeem.used"]
    assert shop.dues() == before - 5000


def test_a_whole_plant_is_ordered_made_and_counted(shop: Shop) -> None:
    scheme = shop.number("SELECT id FROM coupon_scheme WHERE code = 'HOLI'")
    plant = shop.number("SELECT id FROM plant WHERE code = 'RAMPUR'")
    assert shop.act("technician", lambda doing: making.order(doing, scheme, plant)) == "coupon.not_you"
    people = int(shop.act("cluster in-charge", lambda doing: making.order(doing, scheme, plant)))
    database = shop.play.services.database
    assert making.carry_out(database, "Bijli Line", "en") == people
    assert making.carry_out(database, "Bijli Line", "en") == 0
    assert shop.act("cluster in-charge", lambda doing: making.order(doing, scheme, plant)) == "coupon.nobody"
    staff = shop.callers["cluster in-charge"].staff
    assert staff is not None
    found = counting.results(database.reader, staff.id, 9)
    assert [(one.scheme, one.made, one.redeemed, one.share) for one in found] == [("HOLI", people, 0, 100)]


def test_what_ends_soon_is_recalled_once(shop: Shop) -> None:
    shop.make()
    database = shop.play.services.database
    assert counting.chase(database, "Bijli Line", "en") == 0
    with database.begin() as session:
        session.execute(text("UPDATE coupon SET expires_on = current_date + 2"))
    assert counting.chase(database, "Bijli Line", "en") == 1
    assert counting.chase(database, "Bijli Line", "en") == 0
    staff = shop.callers["cluster in-charge"].staff
    assert staff is not None
    assert len(counting.ending(database.reader, staff.id, 9)) == 1


def test_offers_go_out_in_their_hours_only(shop: Shop) -> None:
    shop.make()
    hours = shop.number("SELECT extract(hour FROM next_at AT TIME ZONE 'Asia/Kolkata') FROM outbox")
    assert making.FROM_HOUR <= hours < making.TO_HOUR


def test_loading_says_what_is_wrong_by_row(shop: Shop, tmp_path: Path) -> None:
    head = (Path(__file__).parents[2] / "world" / "coupons.csv").read_text("utf-8").splitlines()[0]
    organisation = shop.rows("SELECT code FROM organisation")[0][0]
    rows = (
        f"A,{organisation},No worth,,,,,2026-01-01,2026-02-01,5,,,,,",
        f"B,{organisation},Too much,,,101,10,2026-01-01,2026-02-01,5,,,,,",
        f"C,{organisation},Backwards,,5,,,2026-02-01,2026-01-01,5,,,,,",
        "D,NOBODY,No such,,5,,,2026-01-01,2026-02-01,5,,,,,",
    )
    (tmp_path / "coupons.csv").write_text("\n".join((head, *rows)), "utf-8")
    report = load(shop.play.services.database, tmp_path)
    assert sorted((one.line, one.column) for one in report.problems) == [
        (2, "value"),
        (3, "percent"),
        (4, "valid_to"),
        (5, "organisation"),
    ]


def test_loading_the_same_again_changes_nothing(shop: Shop) -> None:
    report = load(shop.play.services.database, Path(__file__).parents[2] / "world")
    assert report.files["coupons.csv"].new == report.files["coupons.csv"].changed == 0


class Counter(RuleBasedStateMachine):
    """Coupons, payments and taking back, in any order."""

    shop: Shop

    def __init__(self) -> None:
        super().__init__()
        self.codes: list[str] = []
        self.redeemed: set[str] = set()
        with self.shop.play.services.database.begin() as session:
            session.execute(text("UPDATE coupon_scheme SET per_connection = 1000, total = NULL"))

    @rule(scheme=st.sampled_from(("HOLI", "TENTH")))
    def make(self, scheme: str) -> None:
        self.codes.append(self.shop.make(scheme))
        assert self.codes[-1].isdigit()

    @rule(place=st.integers(0, 30), who=st.sampled_from(("customer", "technician")), late=st.booleans())
    def redeem(self, place: int, who: str, late: bool) -> None:
        if not self.codes:
            return
        code = self.codes[place % len(self.codes)]
        said = self.shop.redeem(code, who, 31 if late else 0)
        if said.startswith("redeem.done"):
            assert not late
            assert code not in self.redeemed
            self.redeemed.add(code)
        elif code in self.redeemed:
            assert said == "redeem.used"

    @rule(place=st.integers(0, 30))
    def take_back(self, place: int) -> None:
        if not self.codes:
            return
        code = self.codes[place % len(self.codes)]
        said = self.shop.back(code, "cluster in-charge")
        assert (said == "redeem.taken_back") == (code in self.redeemed)
        self.redeemed.discard(code)

    @rule(paise=st.integers(100, 90000))
    def pay(self, paise: int) -> None:
        connection = self.shop.number("SELECT id FROM connection WHERE number = '120457'")
        self.shop.act("technician", lambda doing: payments.take_cash(doing, connection, paise))

    @invariant()
    def the_books_are_true(self) -> None:
        shop = self.shop
        assert shop.number("SELECT coalesce(sum(amount_paise), 0) FROM posting") == 0
        assert not shop.rows(
            "SELECT account.id FROM account LEFT JOIN posting ON account_id = account.id "
            "GROUP BY account.id HAVING balance_paise <> coalesce(sum(amount_paise), 0)"
        )
        given = shop.number("SELECT coalesce(sum(balance_paise), 0) FROM account WHERE kind = 'discount'")
        assert given == shop.number("SELECT coalesce(sum(paise), 0) FROM coupon")
        used = {str(code) for (code,) in shop.rows("SELECT code FROM coupon WHERE entry_id IS NOT NULL")}
        assert used & set(self.codes) == self.redeemed


def test_coupons_in_any_order_keep_the_books_true(shop: Shop) -> None:
    class Here(Counter):
        pass

    Here.shop = shop
    run_state_machine_as_test(
        Here, settings=hypothesis_settings(max_examples=8, stateful_step_count=12, deadline=None)
    )
