"""Lines of a bank: each credited once, by our reference; the rest kept, guessed at, told and matched."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import redis
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.clock import today
from core.loading import load
from jobs import bank
from tests.conftest import Servers, demo_settings, fresh_database
from tests.play import Play

ASHA, RAMESH, IN_CHARGE, PAYER = "+919800000001", "+919800000002", "+919800000003", "+919811111111"
OTHER = "+919800000099"
"""The in-charge of another operator."""
REFERENCE = f"BL120457D{today():%y%m%d}"
OTHER_OPERATOR = (
    "organisation,state,cluster,plant,name\nTARA,UP,HRD,ATW,Atwa\n",
    "staff,name,phone,role,scope\nZ1,Zoya Khan,9800000099,cluster in-charge,cluster:HRD\n",
)


@dataclass
class Counter:
    """The small world and a folder for what the bank lists."""

    play: Play
    folder: Path

    def load(self, *lines: str) -> list[str]:
        """Load lines of date-less payments: organisation, amount, reference, note; gives the problems."""
        rows = [f"{today():%d/%m/%Y},{line}" for line in lines]
        head = "date,organisation,amount,reference,note"
        (self.folder / "payments.csv").write_text("\n".join([head, *rows]), encoding="utf-8")
        return [str(problem) for problem in load(self.play.services.database, self.folder).problems]

    def with_other_operator(self) -> None:
        plants, staff = OTHER_OPERATOR
        (self.folder / "plants.csv").write_text(plants, encoding="utf-8")
        (self.folder / "staff.csv").write_text(staff, encoding="utf-8")
        report = load(self.play.services.database, self.folder)
        assert not report.problems, report.problems

    def number(self, sql: str) -> int:
        return int(str(self.play.scalar(sql)))

    def account(self, kind: str) -> int:
        return self.number(f"SELECT coalesce(sum(balance_paise), 0) FROM account WHERE kind = '{kind}'")

    def dues(self) -> int:
        return self.number(
            "SELECT balance_paise FROM account JOIN connection ON connection.id = connection_id "
            "WHERE kind = 'dues' AND number = '120457'"
        )

    def answer(self, phone: str, line: str) -> str:
        self.play.deliver()
        self.play.text(phone, line)
        return next(words for to, words in self.play.deliver() if to == phone)


@pytest.fixture
def counter(
    servers: Servers,
    world_template: str,
    redis_client: object,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Counter]:
    with fresh_database(servers, world_template) as url:
        play = Play(replace(demo_settings(servers, url), sms_rate=10_000))
        monkeypatch.setattr(bank, "services", lambda: play.services)
        yield Counter(play, tmp_path)
        play.close()


def test_our_reference_credits_and_the_same_list_again_changes_nothing(counter: Counter) -> None:
    line = f",300,utr 4433,UPI/9811111111@ybl/{REFERENCE}"
    for lines in ([line], [line], [line, ",5,UTR9999,"]):
        assert counter.load(*lines) == []
        bank.take()
    told = counter.play.deliver()
    assert [phone for phone, words in told if "Rs 300 jama" in words] == [ASHA, PAYER]
    assert counter.dues() == 320_50
    assert (counter.account("clearing"), counter.account("suspense")) == (305_00, -5_00)
    assert counter.play.scalar("SELECT mode FROM payment") == "upi"


def test_two_workers_credit_a_list_once(counter: Counter) -> None:
    assert counter.load(*(f",{rupees},UTR10{rupees},{REFERENCE}" for rupees in range(1, 9))) == []
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: bank.take(), range(2)))
    assert counter.dues() == 620_50 - 36_00
    assert counter.number("SELECT count(*) FROM receipt") == 8


@pytest.mark.parametrize(
    ("line", "guess"),
    [
        (",10,UTR1,bijli 120481 October", "120481"),
        (",10,UTR1,UPI/9800000005@ybl", "120481"),
        (",450,UTR1,Geeta K", "120481"),
        (",620.49,UTR1,nobody", None),
        (",100,UTR1,", "200002"),
    ],
)
def test_what_names_no_connection_is_guessed_at(counter: Counter, line: str, guess: str | None) -> None:
    assert counter.load(line) == []
    bank.take()
    shown = counter.answer(IN_CHARGE, "UNMATCHED")
    assert (f"Perhaps {guess}" in shown) if guess else ("Perhaps" not in shown)


def test_two_who_owe_the_same_are_no_guess(counter: Counter) -> None:
    counter.play.text(RAMESH, "PAY 120457 170.50")
    assert counter.load(",450,UTR1,") == []
    bank.take()
    assert "Perhaps" not in counter.answer(IN_CHARGE, "UNMATCHED")


def test_matched_once_by_reply(counter: Counter) -> None:
    assert counter.load(",300,UTR1,9811111111@ybl thanks") == []
    bank.take()
    counter.answer(IN_CHARGE, "MATCH 1 120457")
    counter.play.text(IN_CHARGE, "yes")
    assert counter.dues() == 320_50
    assert counter.account("suspense") == 0
    assert "does not wait" in counter.answer(IN_CHARGE, "MATCH 1 120457")
    assert counter.load(",300,UTR1,9811111111@ybl thanks") == []
    bank.take()
    assert counter.dues() == 320_50


def test_each_organisation_sees_and_matches_its_own(counter: Counter) -> None:
    counter.with_other_operator()
    assert "must be named" in counter.load(",300,UTR1,")[0]
    # The same reference at two banks is two payments; ours in another's list credits nobody.
    assert counter.load("TARA,300,UTR1,120457", f"TARA,7,UTR2,{REFERENCE}", "HUSK,40,UTR1,") == []
    bank.take()
    assert counter.dues() == 620_50
    ours, theirs = counter.answer(IN_CHARGE, "UNMATCHED"), counter.answer(OTHER, "UNMATCHED")
    assert ("Rs 40" in ours, "Rs 300" in ours) == (True, False)
    assert ("Rs 40" in theirs, "Rs 300" in theirs, "Perhaps" in theirs) == (False, True, False)
    assert "does not wait" in counter.answer(IN_CHARGE, "MATCH 1 120457")


def test_in_charges_hear_of_what_waits_once_a_day(counter: Counter) -> None:
    counter.with_other_operator()
    assert counter.load("HUSK,40,UTR1,", "HUSK,2.50,UTR2,") == []
    bank.take()
    for _ in range(2):
        bank.tell()
    told = [(phone, words) for phone, words in counter.play.deliver() if "wait for their" in words]
    assert sorted(phone for phone, _ in told) == [IN_CHARGE, "+919800000030"]
    assert told[0][1].startswith("2 payments (Rs 42.50)")


BAD = [
    ((",0,UTR1,",), "is zero"),
    ((",10,4.33211E+11,",), "not a bank's reference"),
    ((",10,UTR1,", ",10,utr1,"), "UTR1 stands in line 2 already"),
    (("NOBODY,10,UTR1,",), "there is no organisation NOBODY"),
]


@pytest.mark.parametrize(("lines", "reason"), BAD)
def test_a_bad_line_stops_the_load(counter: Counter, lines: tuple[str, ...], reason: str) -> None:
    assert reason in counter.load(*lines)[0]
    assert counter.play.scalar("SELECT count(*) FROM bank_line") == 0


def test_a_line_that_comes_with_another_amount_is_named(counter: Counter) -> None:
    assert counter.load(",10,UTR1,") == []
    assert "another amount" in counter.load(",11,UTR1,")[0]


LINES = [
    f",{index + 1},UTR70{index},{note}" for index, note in enumerate((REFERENCE, "", "120457", REFERENCE))
]


def test_books_hold_whatever_is_loaded_how_often(
    servers: Servers, world_template: str, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    @given(st.lists(st.sets(st.sampled_from(LINES), min_size=1), min_size=1, max_size=4))
    @hypothesis_settings(max_examples=8, deadline=None)
    def hold(lists: list[set[str]]) -> None:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(TemporaryDirectory()))
            url = stack.enter_context(fresh_database(servers, world_template))
            play = Play(demo_settings(servers, url))
            stack.callback(play.close)
            monkeypatch.setattr(bank, "services", lambda: play.services)
            counter = Counter(play, folder)
            for lines in lists:
                assert counter.load(*sorted(lines)) == []
                bank.take()
            seen = set().union(*lists)
            all_paise = sum(int(line.split(",")[1]) * 100 for line in seen)
            credited = sum(int(line.split(",")[1]) * 100 for line in seen if REFERENCE in line)
            assert counter.account("clearing") == all_paise
            assert counter.dues() == 620_50 - credited
            assert counter.account("suspense") == credited - all_paise
            assert counter.number("SELECT coalesce(sum(amount_paise), 0) FROM posting") == 0

    hold()
