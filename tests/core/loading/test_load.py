"""Loading spreadsheets into a real database: all or nothing, once or again, corrected and changed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from core.clock import today
from core.ids import read_number
from core.loading import load
from tests.core.loading.folder import FILES, Operator


def test_a_first_load_brings_everything(operator: Operator) -> None:
    assert operator.counts() == {
        "plants": (3, 3, 0),
        "staff": (3, 3, 0),
        "packages": (2, 2, 0),
        "customers": (4, 4, 0),
        "balances": (4, 3, 0),
        "readings": (2, 2, 0),
    }
    assert operator.balances() == {"K1": (1160, -300), "K2": (-50, -300), "K3": (0, 0), "K4": (0, 0)}
    assert operator.phones() == [
        ("K1", "+919800000001", "holder", 1),
        ("K2", "+919800000004", "holder", 1),
        ("K3", "+919800000004", "holder", 1),
        ("K3", "+919800000006", "payer", 2),
    ]
    assert operator.rows("SELECT e164, language FROM phone WHERE language IS NOT NULL ORDER BY 1") == [
        ("+919800000002", "hi"),
        ("+919800000004", "en"),
    ]
    assert operator.rows("SELECT code, name FROM state ORDER BY 1") == [
        ("BR", "Bihar"),
        ("UP", "Uttar Pradesh"),
    ]
    assert operator.rows("SELECT features FROM organisation") == [({"coupons": False},)]
    assert operator.rows("SELECT count(*) FROM package_plant") == [(5,)]
    assert operator.rows("SELECT count(*) FROM customer") == [(3,)]
    assert operator.rows("SELECT sum(amount_paise) FROM posting") == [(0,)]
    assert operator.rows("SELECT channel, action FROM audit") == [("file", "load")]


def test_numbers_are_kept_or_assigned_with_their_check_digit(loaded: Operator) -> None:
    numbers = [number for (number,) in loaded.rows("SELECT number FROM connection ORDER BY id")]
    assert numbers[0] == "120457"
    assert all(read_number(number) == number for number in numbers)


def test_an_assigned_number_passes_over_those_in_use(operator: Operator) -> None:
    operator.change("customers.csv", "K1,120457", "K1,200002")
    operator.change("customers.csv", "K3,,", "K3,200019,")
    assert operator.load().good
    assert operator.rows("SELECT number FROM connection ORDER BY reference") == [
        ("200002",), ("200027",), ("200019",), ("200035",),
    ]  # fmt: skip


def test_the_same_files_again_change_nothing(loaded: Operator) -> None:
    before = loaded.rows("SELECT xmin::text FROM connection UNION ALL SELECT xmin::text FROM plant")
    report = loaded.load()
    assert all((count.new, count.changed) == (0, 0) for count in report.files.values())
    assert not report.wrote
    assert loaded.rows("SELECT xmin::text FROM connection UNION ALL SELECT xmin::text FROM plant") == before
    assert loaded.rows("SELECT count(*) FROM audit") == [(1,)]


@pytest.mark.parametrize(
    ("file", "old", "new", "query", "after"),
    [
        ("plants.csv", "Bihar", "Bihar State",
            "SELECT name FROM state WHERE code = 'BR'", "Bihar State"),
        ("plants.csv", "Atwa", "Atwa Kalan", "SELECT name FROM plant WHERE code = 'ATW'", "Atwa Kalan"),
        ("plants.csv", "coupons=no", "coupons", "SELECT features->>'coupons' FROM organisation", "true"),
        ("staff.csv", ",yes", ",no", "SELECT active::text FROM staff WHERE code = 'T1'", "false"),
        ("staff.csv", ",SKP,", ",SKP;BGP,",
            "SELECT count(*)::text FROM staff_scope WHERE staff_id = 1", "2"),
        ("staff.csv", "BR;UP", "UP", "SELECT count(*)::text FROM staff_scope WHERE staff_id = 3", "1"),
        ("packages.csv", "20.50", "21",
            "SELECT energy_paise::text FROM package WHERE code = 'MILL'", "2100"),
        ("packages.csv", "BGP", "BGP;ATW",
            "SELECT count(*)::text FROM package_plant WHERE package_id = 2", "3"),
        ("customers.csv", "Phoolmati", "Phulmati",
            "SELECT name FROM customer WHERE reference = 'K4'", "Phulmati Devi"),
        ("customers.csv", "सुनीता देवी", "-",
            "SELECT coalesce(name_local, 'none') FROM customer WHERE id = 1", "none"),
        ("customers.csv", "M77", "M78",
            "SELECT meter_number FROM connection WHERE reference = 'K3'", "M78"),
        ("customers.csv", ",ATW,", ",SKP,",
            "SELECT plant_id::text FROM connection WHERE reference = 'K4'", "1"),
        ("customers.csv", "09800000001,holder", "9800000001,viewer",
            "SELECT role FROM connection_phone ORDER BY connection_id", "viewer"),
        ("balances.csv", ",,15/08", ",02/08/2026,16/08",
            "SELECT issued_on::text FROM bill ORDER BY 1 DESC", "2026-08-02"),
        ("readings.csv", "1200", "1200.25", "SELECT max(wh)::text FROM reading", "1200250"),
    ],
)  # fmt: skip
def test_a_changed_row_updates(
    loaded: Operator, file: str, old: str, new: str, query: str, after: str
) -> None:
    loaded.change(file, old, new)
    counts = loaded.counts()
    assert {name: (new, changed) for name, (_, new, changed) in counts.items() if new or changed} == {
        file[:-4]: (0, 1)
    }
    assert loaded.rows(query)[0][0] == after
    assert not loaded.load().wrote


def test_an_empty_cell_or_an_absent_column_leaves_what_is_there(loaded: Operator) -> None:
    loaded.write({"customers.csv": "connection,name,plant,package,village\nK1,Sunita Devi,SKP,HOME,\n"})
    assert loaded.counts()["customers"] == (1, 0, 0)
    assert loaded.rows("SELECT village, name_local FROM customer WHERE id = 1") == [("Rampur", "सुनीता देवी")]
    assert loaded.phones()[0] == ("K1", "+919800000001", "holder", 1)


def test_a_status_that_a_sheet_changes_is_kept_with_its_day(loaded: Operator) -> None:
    for status in ("inactive", "inactive", "", "active"):
        loaded.write(
            {"customers.csv": f"connection,name,plant,package,status\nK2,Ramesh Yadav,SKP,HOME,{status}\n"}
        )
        loaded.counts()
    day = "(at AT TIME ZONE 'Asia/Kolkata')::date"
    kept = f"SELECT status, was, reason, {day} FROM connection_status ORDER BY id"
    assert loaded.rows(kept) == [
        ("inactive", "active", "customers.csv", today()),
        ("active", "inactive", "customers.csv", today()),
    ]


def test_a_late_fee_is_a_sum_or_a_share_and_zero_takes_it_away(loaded: Operator) -> None:
    rule = "SELECT late_fee_paise, late_fee_hundredths, late_fee_cap_paise, late_fee_days FROM organisation"
    assert loaded.rows(rule) == [(None, None, None, 10)]
    head, row = (
        "organisation,state,cluster,plant,name,late_fee,late_fee_cap,late_fee_days",
        "TARA,BR,MUZ,SKP,S",
    )
    for cells_, held in (
        ("1.5 %,50,12", (None, 150, 50_00, 12)),
        (",,", (None, 150, 50_00, 12)),
        ("20,0,", (20_00, None, None, 12)),
        ("0,,", (None, None, None, 12)),
    ):
        loaded.write({"plants.csv": f"{head}\n{row},{cells_}\n"})
        assert loaded.load().problems == []
        assert loaded.rows(rule) == [held]


def test_limits_of_approval_by_role(loaded: Operator) -> None:
    """A limit is set, left by an empty cell, and taken away by a zero."""
    head = "organisation,state,cluster,plant,name,cluster_limit,state_limit,second_from\nTARA,BR,MUZ,SKP,S,"
    limits = "SELECT role, limit_paise, second_from_paise FROM approval_limit, organisation ORDER BY role"
    loaded.write({"plants.csv": f"{head}2000,,9000\n"})
    loaded.counts()
    assert loaded.rows(limits) == [("cluster_in_charge", 2000_00, 9000_00)]
    loaded.write({"plants.csv": f"{head},50000,\n"})
    assert loaded.counts()["plants"][2] == 1
    assert loaded.counts()["plants"] == (1, 0, 0)
    loaded.write({"plants.csv": f"{head}0,,0\n"})
    loaded.counts()
    assert loaded.rows(limits) == [("cluster_in_charge", None, None), ("state_in_charge", 50000_00, None)]


def test_a_new_phone_takes_the_place_of_the_old_one(loaded: Operator) -> None:
    loaded.change("customers.csv", "09800000001", "9800000021")
    assert loaded.counts()["customers"] == (4, 0, 1)
    assert loaded.phones()[0] == ("K1", "+919800000021", "holder", 1)
    loaded.change("customers.csv", "9800000021", "-")
    assert loaded.counts()["customers"] == (4, 0, 1)
    assert [row[0] for row in loaded.phones()] == ["K2", "K3", "K3"]


def test_phones_and_languages_that_people_chose_stay(loaded: Operator) -> None:
    with loaded.database.begin() as session:
        session.execute(text("UPDATE phone SET language = 'hi-Latn' WHERE e164 = '+919800000004'"))
        session.execute(text("INSERT INTO phone (e164, language) VALUES ('+919800000031', 'hi')"))
        session.execute(text("INSERT INTO connection_phone VALUES (1, '+919800000031', 'payer', 3)"))
    assert not loaded.load().wrote
    assert loaded.phones()[1] == ("K1", "+919800000031", "payer", 3)
    assert loaded.rows("SELECT language FROM phone WHERE e164 = '+919800000004'") == [("hi-Latn",)]


def test_staff_may_exchange_phones(loaded: Operator) -> None:
    content = FILES["staff.csv"].replace("9800000002", "x").replace("9800000003", "9800000002")
    loaded.write({"staff.csv": content.replace("x", "9800000003")})
    assert loaded.counts()["staff"] == (3, 0, 2)
    assert loaded.rows("SELECT code, phone FROM staff WHERE phone IS NOT NULL ORDER BY 1") == [
        ("C1", "+919800000002"),
        ("T1", "+919800000003"),
    ]


def test_a_corrected_opening_balance_is_reversed_and_posted_anew(loaded: Operator) -> None:
    loaded.change("balances.csv", '"1,160.00",300', "900,")
    assert loaded.counts()["balances"] == (4, 0, 1)
    assert loaded.balances()["K1"] == (900, -300)
    assert loaded.counts()["balances"] == (4, 0, 0)
    loaded.change("balances.csv", "900,", "0,0")
    assert loaded.counts()["balances"] == (4, 0, 1)
    loaded.change("balances.csv", "0,0,160,01/07/2026,31/07/2026,01", "75,0,160,01/07/2026,31/07/2026,01")
    assert loaded.counts()["balances"] == (4, 0, 1)
    assert loaded.balances()["K1"] == (75, 0)
    kinds = loaded.rows("""
        SELECT entry.kind FROM entry WHERE source LIKE 'opening:1:%' ORDER BY entry.id
    """)
    assert [kind for (kind,) in kinds] == ["opening", "reversal", "opening", "reversal", "opening"]
    assert loaded.rows("SELECT sum(amount_paise) FROM posting") == [(0,)]


def test_files_may_come_one_by_one(operator: Operator) -> None:
    for name in FILES:
        (operator.folder / name).unlink()
    for name, content in FILES.items():
        operator.write({name: content})
        assert operator.load().good
        (operator.folder / name).unlink()
    assert operator.balances()["K1"] == (1160, -300)


def test_two_loads_at_once_load_once(operator: Operator) -> None:
    with ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(lambda _: operator.load(), range(2)))
    assert [report.problems for report in reports] == [[], []]
    assert sorted(report.wrote for report in reports) == [False, True]
    assert operator.balances()["K1"] == (1160, -300)


def test_progress_is_told_for_each_step(operator: Operator) -> None:
    told: list[tuple[str, int, int]] = []
    load(operator.database, operator.folder, lambda *step: told.append(step))
    labels = list(dict.fromkeys(label for label, _, _ in told))
    assert labels[0] == "reading plants.csv"
    assert labels[-1] == "writing readings.csv"
    assert all(0 <= done <= total for _, done, total in told)


def test_no_statement_takes_long_with_many_rows(operator: Operator) -> None:
    """Far below the limit while a statement grows with the rows, beyond it with their square."""
    numbers = range(20_000)
    customers = "".join(f"N{n},Somebody,SKP,HOME,9{n:09d}\n" for n in numbers)
    balances = "".join(f"N{n},31/07/2026,{n % 7},1,160,01/07/2026,31/07/2026,15/08/2026\n" for n in numbers)
    head = "connection,as_of,balance,deposit,last_bill_amount,last_bill_from,last_bill_to,due_date\n"
    operator.write(
        {
            "customers.csv": "connection,name,plant,package,phone\n" + customers,
            "balances.csv": head + balances,
            "readings.csv": "connection,date,kwh\n" + "".join(f"N{n},31/07/2026,{n}\n" for n in numbers),
        }
    )
    with operator.database.begin() as session:
        name = session.execute(text("SELECT current_database()")).scalar_one()
        session.execute(text(f"ALTER DATABASE {name} SET statement_timeout = '60s'"))
    operator.database.close()
    assert operator.counts()["balances"] == (20_000, 20_000, 0)
    assert not operator.load().wrote
