"""Spreadsheets with something wrong: every problem is named with its line, and nothing is loaded."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from core import ledger
from core.clock import INDIA, today
from core.loading import FILES as PARTS_FILES
from core.loading import Problem, load
from tests.core.loading.folder import FILES, Operator

BAD: list[tuple[str, str, str, list[tuple[int, str, str]]]] = [
    ("plants.csv", "TARA,UP,Uttar Pradesh,HRD", "TARA,UP,,MUZ",
        [(4, "state", "UP is not what line 2 says of cluster MUZ: BR")]),
    ("plants.csv", "TARA,UP", "TARA,BR,,MUZ,skp,Again,,\nTARA,UP",
        [(4, "plant", "SKP stands in line 2 already")]),
    ("plants.csv", ",BGP,Bhagwanpur", ",BGP,", [(3, "name", "is empty")]),
    ("staff.csv", ",BR;UP,", ",BR;XX,", [(4, "scope", "there is no plant, cluster or state XX")]),
    ("staff.csv", "9800000003", "98000 00002", [(3, "phone", "+919800000002 stands in line 2 already")]),
    ("staff.csv", "technician", "boss",
        [(2, "role", "'boss' is not a role; known are operator, technician, csa, ")]),
    ("packages.csv", "SKP; BGP", "SKP; XYZ", [(3, "plants", "there is no plant XYZ")]),
    ("packages.csv", "yes,SKP", "no,SKP",
        [(3, "metered", "a package with a price for each kWh needs a meter")]),
    ("packages.csv", '"5,000"', "5,000", [(3, "", "has more cells than the header")]),
    ("customers.csv", "K4,,,Phoolmati Devi", "K4,,,Phoolmati Devi,,ATW,HOME,,,,,,,\nk4,,,Phoolmati Devi",
        [(6, "connection", "K4 stands in line 5 already")]),
    ("customers.csv", "120457", "120458", [(2, "number", "'120458' is not one of our numbers")]),
    ("customers.csv", "K2,,", "K2,120457,", [(3, "number", "120457 stands in line 2 already")]),
    ("customers.csv", "BGP,MILL", "BGX,MILL", [(4, "plant", "there is no plant BGX")]),
    ("customers.csv", "ATW,HOME", "ATW,HOUSE", [(5, "package", "there is no package HOUSE")]),
    ("customers.csv", "ATW,HOME", "ATW,MILL",
        [(5, "package", "package MILL is not offered at plant ATW")]),
    ("customers.csv", "RY,Ramesh Yadav,,BGP", "RY,Ramesh Jadav,,BGP",
        [(4, "name", "Ramesh Jadav is not what line 3 says of customer RY: Ramesh Yadav")]),
    ("customers.csv", "9800000004,,9800000006", "9800000004,,9800000004",
        [(4, "phone2", "+919800000004 is in the column phone already")]),
    ("customers.csv", "09800000001", "9.8E+09",
        [(2, "phone", "'9.8E+09': Excel shortened this number and lost")]),
    ("customers.csv", "01/04/2021", "04/31/2021",
        [(2, "connected_on", "'04/31/2021' is not a day of the calendar")]),
    ("balances.csv", "K4,", "K9,", [(5, "connection", "there is no connection K9")]),
    ("balances.csv", "K4,31/07/2026", "K4,31/07/2099", [(5, "as_of", "2099-07-31 is still to come")]),
    ("balances.csv", "31/07/2026,,15/08", "31/07/2026,,15/07",
        [(4, "due_date", "2026-07-15 is before the bill")]),
    ("balances.csv", "-50,300,,", "-50,300,99,",
        [(3, "last_bill_amount", "a last bill needs also last_bill_from")]),
    ("readings.csv", "30/06/2026", "31/07/2026",
        [(3, "date", "K3 has a reading of this day in line 2 already")]),
    ("readings.csv", "1200", "12oo", [(3, "kwh", "'12oo' is not a reading in kWh")]),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "problems"), BAD)
def test_a_bad_row_is_named_and_nothing_is_loaded(
    operator: Operator, file: str, old: str, new: str, problems: list[tuple[int, str, str]]
) -> None:
    operator.change(file, old, new)
    report = operator.load()
    found = [(problem.line, problem.column) for problem in report.problems]
    assert found == [(line, column) for line, column, _ in problems], report.lines()
    for problem, (_, _, reason) in zip(report.problems, problems, strict=True):
        assert problem.file == file
        assert problem.reason.startswith(reason)
    for table in ("organisation", "staff", "connection", "phone", "entry", "reading", "audit"):
        assert operator.rows(f"SELECT count(*) FROM {table}") == [(0,)]


def test_every_problem_of_every_file_is_named_at_once(operator: Operator) -> None:
    operator.change("staff.csv", "technician", "boss")
    operator.change("customers.csv", "BGP,MILL", "BGX,MILL")
    operator.change("customers.csv", "09800000001", "123")
    operator.change("readings.csv", "1200", "lots")
    report = operator.load()
    assert [(p.file, p.line, p.column) for p in report.problems] == [
        ("staff.csv", 2, "role"),
        ("customers.csv", 2, "phone"),
        ("customers.csv", 4, "plant"),
        ("readings.csv", 3, "kwh"),
    ]
    assert report.lines()[-1] == "4 problems: nothing was loaded"
    assert report.lines(printed=2)[2] == "… and 2 more like these"


def test_a_row_with_a_bad_cell_still_counts_as_known(operator: Operator) -> None:
    """Else one slip in plants.csv would call every customer there wrong."""
    operator.change("plants.csv", ",SKP,Sikandarpur", ",SKP,")
    operator.change("customers.csv", "09800000001", "123")
    assert [str(problem) for problem in operator.load().problems] == [
        "plants.csv, line 2, column name: is empty",
        "customers.csv, line 2, column phone: '123' is not a mobile number of ten digits",
    ]


def test_a_known_number_never_changes_and_another_ones_is_refused(loaded: Operator) -> None:
    loaded.change("customers.csv", "120457", "120465")
    assert loaded.load().problems[0].reason == (
        "the connection K1 has the number 120457; a number that people know never changes"
    )
    loaded.change("customers.csv", "K1,120465", "K7,120457")
    assert loaded.load().problems[0].reason == "120457 is the number of connection K1"


def test_a_connection_never_takes_a_customer_of_the_same_reference_by_chance(loaded: Operator) -> None:
    loaded.write({"customers.csv": "connection,name,plant,package\nRY,Somebody Else,SKP,HOME\n"})
    (problem,) = loaded.load().problems
    assert (problem.line, problem.column) == (2, "customer")
    assert problem.reason == "is empty, and RY is a customer's reference already: name the customer"


def test_a_phone_of_another_staff_member_is_refused(loaded: Operator) -> None:
    loaded.write({"staff.csv": "staff,name,phone,role,scope\nT9,New,9800000002,technician,SKP\n"})
    assert loaded.load().problems[0].reason == (
        "+919800000002 is the phone of staff member T1, who is not given another one in this file"
    )


def test_a_scope_that_could_mean_two_places_asks_which(operator: Operator) -> None:
    operator.change("plants.csv", "MUZ,SKP", "SKP,SKP")
    operator.change("staff.csv", "MUZ", "cluster:SKP")
    problem = operator.load().problems[0]
    assert (problem.line, problem.column) == (2, "scope")
    assert (
        problem.reason
        == "SKP is the code of more than one place (cluster, plant): write which, e.g. cluster:SKP"
    )
    operator.change("staff.csv", "technician,SKP", "technician,plant:SKP")
    assert operator.load().good
    assert operator.rows("""
        SELECT staff.code, plant.code, cluster.code FROM staff JOIN staff_scope ON staff.id = staff_id
        LEFT JOIN plant ON plant.id = plant_id LEFT JOIN cluster ON cluster.id = staff_scope.cluster_id
        WHERE staff.code IN ('T1', 'C1') ORDER BY 1
    """) == [("C1", None, "SKP"), ("T1", "SKP", None)]


def test_a_folder_without_our_files_or_with_two_of_one_says_so(operator: Operator, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "holds none of plants.csv" in load(operator.database, empty).lines()[0]
    assert "is not a folder" in load(operator.database, tmp_path / "nowhere").lines()[0]
    operator.write({"Plants.CSV": FILES["plants.csv"]})
    assert "stands beside" in operator.load().lines()[0]


def test_what_is_not_used_is_noted(operator: Operator) -> None:
    operator.write({"customer.csv": "", "readings.csv": "connection,date,kwh,remark\n"})
    assert operator.load().lines()[:2] == [
        "note: customer.csv is not used; the files are " + ", ".join(PARTS_FILES),
        "note: readings.csv: the column 'remark' is not used",
    ]


def test_a_day_that_has_not_come_is_refused(operator: Operator) -> None:
    day = today().replace(year=today().year + 2, day=1)
    operator.change("customers.csv", "01/04/2021", f"{day:%d/%m/%Y}")
    operator.change("readings.csv", "31/07/2026", f"{day:%d/%m/%Y}")
    assert [p.reason for p in operator.load().problems] == [
        f"{day} is more than a year away",
        f"{day} is still to come",
    ]


def pay(operator: Operator, day: str) -> None:
    """Ten rupees for K1 in the ledger, as the service would post them."""
    with operator.database.begin() as session:
        dues = ledger.account_id(session, "dues", connection_id=1)
        cash = ledger.account_id(session, "cash", staff_id=1)
        at = datetime.fromisoformat(day).replace(tzinfo=INDIA)
        moves = [(cash, 10_00), (dues, -10_00)]
        ledger.post(session, source=f"pay:{day}", kind="payment", plant_id=1, at=at, moves=moves)


def test_a_balance_that_would_count_a_payment_twice_is_refused(loaded: Operator) -> None:
    pay(loaded, "2026-08-05")
    loaded.change("balances.csv", '31/07/2026,"1,160.00"', "31/08/2026,1150")
    assert loaded.load().problems == [
        Problem(
            "balances.csv", 2, "as_of",
            "bills or payments since 2026-08-05 are in the ledger: give the balance from before them",
        )
    ]  # fmt: skip
    loaded.change("balances.csv", "31/08/2026,1150", "31/07/2026,1150")
    assert loaded.counts()["balances"] == (4, 0, 1)
    assert loaded.balances()["K1"] == (1140, -300)
