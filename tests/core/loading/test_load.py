"""Loading spreadsheets into a real database: all or nothing, once or again, corrected and changed."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from core import ledger
from core.clock import INDIA, today
from core.db import Database
from core.ids import read_number
from core.loading import FILES as PARTS_FILES
from core.loading import LoadReport, Problem, load

FILES = {
    "plants.csv": """\
organisation,state,state_name,cluster,plant,name,name_hindi,features
TARA,BR,Bihar,MUZ,SKP,Sikandarpur,सिकंदरपुर,coupons=no
TARA,BR,,MUZ,BGP,Bhagwanpur,,
TARA,UP,Uttar Pradesh,HRD,ATW,Atwa,,
""",
    "staff.csv": """\
staff,name,phone,role,scope,language,active
T1,Rakesh,9800000002,technician,SKP,hindi,yes
C1,Sanjay,9800000003,Cluster In-Charge,MUZ,,
S1,Neelam,,state_in_charge,BR;UP,,1
""",
    "packages.csv": """\
package,name,load_watts,hours,energy_price,monthly_price,deposit,prepaid,metered,plants
HOME,Home 100,100,24,0,160,300,postpaid,no,*
MILL,Mill,3 kW,9-17,20.50,500,"5,000",postpaid,yes,SKP; BGP
""",
    "customers.csv": """\
connection,number,customer,name,name_hindi,plant,package,phone,phone_role,phone2,language,village,meter,connected_on
K1,120457,,Sunita Devi,सुनीता देवी,SKP,HOME,09800000001,holder,,,Rampur,,01/04/2021
K2,,RY,Ramesh Yadav,,SKP,HOME,9800000004,,,english,Rampur,,
K3,,RY,Ramesh Yadav,,BGP,MILL,9800000004,,9800000006,,,M77,2022-05-06
K4,,,Phoolmati Devi,,ATW,HOME,,,,,,,
""",
    "balances.csv": """\
connection,as_of,balance,deposit,last_bill_amount,last_bill_from,last_bill_to,last_bill_date,due_date
K1,31/07/2026,"1,60.00",300,160,01/07/2026,31/07/2026,01/08/2026,15/08/2026
K2,31/07/2026,-50,300,,,,,
K3,31/07/2026,0,0,160,01/07/2026,31/07/2026,,15/08/2026
K4,31/07/2026,0,,,,,,
""",
    "readings.csv": """\
connection,date,kwh
K3,30/06/2026,"1,100.5"
K3,31/07/2026,1200
""",
}
FILES["balances.csv"] = FILES["balances.csv"].replace('"1,60.00"', '"1,160.00"')


class Operator:
    """An operator's folder of spreadsheets, and what the database holds after loading it."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database, self.folder = database, folder

    def write(self, files: dict[str, str]) -> None:
        for name, content in files.items():
            (self.folder / name).write_text(content, encoding="utf-8")

    def change(self, file: str, old: str, new: str) -> None:
        content = (self.folder / file).read_text(encoding="utf-8")
        assert content.count(old) == 1
        self.write({file: content.replace(old, new)})

    def load(self) -> LoadReport:
        return load(self.database, self.folder)

    def counts(self) -> dict[str, tuple[int, int, int]]:
        """Load; rows, new and changed of each file, without its ending."""
        report = self.load()
        assert report.problems == []
        return {name[:-4]: (c.rows, c.new, c.changed) for name, c in report.files.items()}

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self.database.begin() as session:
            return [tuple(row) for row in session.execute(text(sql)).all()]

    def balances(self) -> dict[str, tuple[int, int]]:
        """Dues and deposit of each connection, in rupees."""
        return {
            reference: (dues, deposit)
            for reference, dues, deposit in self.rows("""
                SELECT reference, coalesce(dues.balance_paise, 0) / 100, coalesce(held.balance_paise, 0) / 100
                FROM connection
                LEFT JOIN account AS dues ON dues.connection_id = connection.id AND dues.kind = 'dues'
                LEFT JOIN account AS held ON held.connection_id = connection.id AND held.kind = 'deposit'
            """)
        }

    def phones(self) -> list[tuple[Any, ...]]:
        return self.rows("""
            SELECT reference, e164, role, position FROM connection_phone
            JOIN connection ON connection.id = connection_id ORDER BY reference, position
        """)


@pytest.fixture
def operator(database_url: str, tmp_path: Path) -> Iterator[Operator]:
    database = Database(database_url)
    found = Operator(database, tmp_path)
    found.write(FILES)
    yield found
    database.close()


@pytest.fixture
def loaded(operator: Operator) -> Operator:
    assert operator.load().wrote
    return operator


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


def test_files_may_come_one_by_one(operator: Operator) -> None:
    for name in FILES:
        (operator.folder / name).unlink()
    for name, content in FILES.items():
        operator.write({name: content})
        assert operator.load().good
        (operator.folder / name).unlink()
    assert operator.balances()["K1"] == (1160, -300)


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


def test_two_loads_at_once_load_once(operator: Operator) -> None:
    with ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(lambda _: operator.load(), range(2)))
    assert [report.problems for report in reports] == [[], []]
    assert sorted(report.wrote for report in reports) == [False, True]
    assert operator.balances()["K1"] == (1160, -300)


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


def test_progress_is_told_for_each_step(operator: Operator) -> None:
    told: list[tuple[str, int, int]] = []
    load(operator.database, operator.folder, lambda *step: told.append(step))
    labels = list(dict.fromkeys(label for label, _, _ in told))
    assert labels[0] == "reading plants.csv"
    assert labels[-1] == "writing readings.csv"
    assert all(0 <= done <= total for _, done, total in told)


def test_a_day_that_has_not_come_is_refused(operator: Operator) -> None:
    day = today().replace(year=today().year + 2, day=1)
    operator.change("customers.csv", "01/04/2021", f"{day:%d/%m/%Y}")
    operator.change("readings.csv", "31/07/2026", f"{day:%d/%m/%Y}")
    assert [p.reason for p in operator.load().problems] == [
        f"{day} is more than a year away",
        f"{day} is still to come",
    ]


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
        session.execute(text(f"ALTER DATABASE {name} SET statement_timeout = '8s'"))
    operator.database.close()
    assert operator.counts()["balances"] == (20_000, 20_000, 0)
    assert not operator.load().wrote
