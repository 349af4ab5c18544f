"""Instalment schemes on a real database: sold, billed once a month, paid off, taken back; nothing is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from core import billing
from core.gsm import parts
from core.loading import load
from core.schemes import plans
from tests.core.schemes.selling import CSA, CUSTOMER, MONTHS, OTHER, TECHNICIAN, Shop, silent


@given(paise=st.integers(60_00, 10_00_000_00), parts=st.integers(1, 60))
def test_instalments_are_whole_rupees_and_sum_to_the_price(paise: int, parts: int) -> None:
    given_ = plans.parts(paise, parts)
    assert (sum(given_), len(given_)) == (paise, parts)
    assert all(one >= 1_00 for one in given_)
    assert len(set(given_[:-1])) <= 1
    assert all(one % 1_00 == 0 for one in given_[:-1])
    assert 0 <= given_[-1] - given_[0] < parts * 1_00 + 1_00


def test_sold_and_billed_month_by_month(shop: Shop) -> None:
    before = shop.account("dues")
    assert shop.sell() == "scheme.begun_down"
    assert (shop.account("dues") - before, shop.account("instalments")) == (200_00, 1800_00)
    shop.bill(MONTHS[0])
    shop.bill(MONTHS[1])
    assert (shop.billed(), shop.account("instalments")) == (300_00, 1500_00)
    bill = shop.number("SELECT amount_paise FROM bill WHERE instalment_paise > 0 LIMIT 1")
    assert shop.account("dues") - before == 200_00 + 2 * bill
    shop.books_are_true()


def test_the_bill_and_its_message_name_it(shop: Shop) -> None:
    shop.sell()
    shop.play.text(CUSTOMER, "LANGUAGE 1")
    shop.bill(MONTHS[0])
    shop.play.text(CUSTOMER, "BILL")
    words = shop.play.services.database.reader.rows("SELECT body FROM outbox ORDER BY id", {})
    assert "Fan 1/12: Rs 150" in str(words[-1][0])
    [told] = [body for (body,) in words if "(with instalments Rs 150; meter not read, estimated)" in body]
    assert parts(told) <= 2


def test_the_last_instalment_ends_it(shop: Shop) -> None:
    shop.sell()
    with shop.play.services.database.begin() as session:
        session.execute(text("UPDATE instalment SET number = number + 60"))
        session.execute(text("DELETE FROM instalment WHERE number > 62"))
        session.execute(text("UPDATE instalment SET number = number - 60"))
    for month in MONTHS:
        shop.bill(month)
    assert (shop.billed(), shop.open()) == (300_00, 0)
    assert shop.sell(at=datetime(2027, 6, 1, tzinfo=UTC)) == "scheme.begun_down"


def test_a_month_asks_for_one_instalment_whatever_is_run(shop: Shop) -> None:
    shop.sell()
    shop.bill(MONTHS[0])
    shop.bill(MONTHS[0])
    assert shop.billed() == 150_00
    dry = billing.dry_run(
        shop.play.services.database, 1, MONTHS[1], silent, MONTHS[1].last + timedelta(days=1)
    )
    assert (dry.bills > 0, shop.billed()) == (True, 150_00)


def test_no_bill_of_a_month_before_the_sale_asks_for_it(shop: Shop) -> None:
    shop.sell(at=datetime(2027, 3, 1, 6, tzinfo=UTC))
    shop.bill(MONTHS[0])
    assert shop.billed() == 0
    shop.bill(MONTHS[1])
    assert shop.billed() == 150_00


def test_a_run_taken_back_gives_the_instalment_back(shop: Shop) -> None:
    shop.sell()
    before = shop.account("dues")
    run = shop.bill(MONTHS[0])
    shop.unbill(run)
    assert (shop.account("dues"), shop.account("instalments"), shop.billed()) == (before, 1800_00, 0)
    shop.books_are_true()
    shop.bill(MONTHS[0])
    assert shop.billed() == 150_00


def test_paid_off_and_the_run_before_taken_back(shop: Shop) -> None:
    shop.sell()
    run = shop.bill(MONTHS[0])
    plan = shop.plan()
    assert shop.act(CUSTOMER, lambda doing: plans.pay_off(doing, plan, 1650_00)) == "scheme.paid_off_due"
    assert shop.open() == 0
    shop.unbill(run)
    assert shop.open() == 150_00
    shop.books_are_true()
    shop.bill(MONTHS[1])
    assert (shop.billed(), shop.open()) == (150_00, 0)


def test_who_may_not(shop: Shop) -> None:
    assert shop.sell(who=TECHNICIAN) == "scheme.not_sold"
    assert shop.sell("TV") == "scheme.begun"
    assert shop.sell("TV") == "scheme.running"
    plan = shop.plan("TV")
    for who in (OTHER, TECHNICIAN):
        assert shop.act(who, lambda doing: plans.pay_off(doing, plan, 9999_00)) == "scheme.not_you"
    assert shop.act(CUSTOMER, lambda doing: plans.cancel(doing, plan)) == "scheme.not_you"
    assert shop.act(CUSTOMER, lambda doing: plans.pay_off(doing, plan, 1)) == "nav.changed"


def test_terms_that_changed_meanwhile_are_not_sold(shop: Shop) -> None:
    shown, connection = shop.offer(), shop.connection()
    with shop.play.services.database.begin() as session:
        session.execute(text("UPDATE scheme SET price_paise = price_paise + 100"))
    assert shop.act(CSA, lambda doing: plans.begin(doing, connection, shown)) == "scheme.not_sold"


def test_taken_back_only_before_the_first_instalment(shop: Shop) -> None:
    before = shop.account("dues")
    shop.sell()
    run = shop.bill(MONTHS[0])
    plan = shop.plan()
    assert shop.act(CSA, lambda doing: plans.cancel(doing, plan)) == "scheme.asked_for"
    shop.unbill(run)
    assert shop.act(CSA, lambda doing: plans.cancel(doing, plan)) == "scheme.cancelled"
    assert shop.act(CSA, lambda doing: plans.cancel(doing, plan)) == "scheme.cancelled_before"
    assert (shop.account("dues"), shop.account("instalments")) == (before, 0)
    shop.books_are_true()
    assert shop.sell() == "scheme.begun_down"


def test_two_who_sell_or_pay_off_at_once(shop: Shop) -> None:
    with ThreadPoolExecutor(2) as pool:
        sold = list(pool.map(lambda _: shop.sell(), range(2)))
    assert sorted(sold) == ["scheme.begun_down", "scheme.running"]
    plan = shop.plan()
    with ThreadPoolExecutor(3) as pool:
        run = pool.submit(shop.bill, MONTHS[0])
        off = list(
            pool.map(
                lambda who: shop.act(who, lambda doing: plans.pay_off(doing, plan, 1800_00)), (CSA, CUSTOMER)
            )
        )
        run.result()
    assert off.count("scheme.paid_off_due") <= 1
    shop.books_are_true()
    assert shop.billed() in (0, 150_00)


def test_the_loader_reads_them_again_and_again(shop: Shop, tmp_path: Path) -> None:
    head = (Path(__file__).parents[2] / "world" / "schemes.csv").read_text("utf-8").splitlines()[0]

    def given_(*rows: str) -> list[str]:
        (tmp_path / "schemes.csv").write_text("\n".join((head, *rows)), "utf-8")
        report = load(shop.play.services.database, tmp_path)
        return [problem.reason for problem in report.problems]

    assert given_("PUMP,HUSK,Pump,,3000,500,10,01/01/2026,31/12/2026,RAMPUR;PALASI") == []
    assert given_("PUMP,HUSK,Pump,,3000,500,10,01/01/2026,31/12/2026,RAMPUR") == []
    assert shop.number("SELECT count(*) FROM scheme_place JOIN scheme ON scheme.id = scheme_id "
                       "WHERE code = 'PUMP'") == 1  # fmt: skip
    assert given_("PUMP,HUSK,Pump,,100,95,10,01/01/2026,31/12/2026,") == [
        "leaves less than a rupee for each instalment after the down payment"
    ]
    assert given_("PUMP,HUSK,Pump,,100,,61,01/01/2026,31/12/2025,NOWHERE")[:2] != []
