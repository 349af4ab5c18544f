"""The demo's invented operator: the same spreadsheets an operator would bring, through the same loader.

Everything is drawn from a fixed seed, so the demo is the same on every machine; only its dates
follow the calendar, so that the last bill is always a recent one.
"""

from __future__ import annotations

import csv
import random
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import text

from core import clock, flags
from core.db import Database
from core.loading import Progress, load
from core.settings import Settings
from ops.demo_bank import payments
from ops.demo_history import History, write_history
from ops.demo_names import BUSINESSES, MEN, MEN_LAST, VILLAGES, WOMEN, WOMEN_LAST
from ops.progress import bar

SEED = 120457
SIZES = {"SKP": 90, "BGP": 60, "ATW": 50}
"""Connections of each plant."""

# fmt: off
PLANTS = (
    ("organisation", "state", "state_name", "cluster", "cluster_name", "plant", "name", "name_hindi",
     "features", "credit_limit", "grace_days", "late_fee", "late_fee_cap", "cluster_limit"),
    ("GRAMJYOTI", "BR", "Bihar", "MUZ", "Muzaffarpur", "SKP", "Sikandarpur", "सिकंदरपुर",
     "auto_switch=yes", "800", "7", "2 %", "50", "2,000"),
    ("GRAMJYOTI", "BR", "Bihar", "MUZ", "Muzaffarpur", "BGP", "Bhagwanpur", "भगवानपुर",
     "", "", "", "", "", ""),
    ("GRAMJYOTI", "UP", "Uttar Pradesh", "HRD", "Hardoi", "ATW", "Atwa", "अटवा", "", "", "", "", "", ""),
)
STAFF = (
    ("staff", "name", "name_hindi", "phone", "role", "scope", "language"),
    ("T01", "Rakesh Kumar", "राकेश कुमार", "9800000002", "technician", "SKP", "hi-Latn"),
    ("T02", "Mukesh Paswan", "मुकेश पासवान", "9800000012", "technician", "BGP", "hi-Latn"),
    ("T03", "Anil Maurya", "अनिल मौर्य", "9800000013", "technician", "ATW", "hi"),
    ("A01", "Priya Kumari", "प्रिया कुमारी", "9800000014", "csa", "SKP;BGP", "hi"),
    ("C01", "Sanjay Singh", "संजय सिंह", "9800000003", "cluster in-charge", "MUZ", "en"),
    ("C02", "Farhan Ali", "फ़रहान अली", "9800000015", "cluster in-charge", "HRD", "en"),
    ("S01", "Neelam Verma", "नीलम वर्मा", "9800000016", "state in-charge", "BR", "en"),
    ("O01", "Deepak Jha", "दीपक झा", "9800000017", "operator", "BR;UP", "en"),
)
PACKAGES = (
    ("package", "name", "name_hindi", "load_watts", "hours",
     "energy_price", "monthly_price", "deposit", "prepaid", "metered", "plants"),
    ("LIGHT", "Light 50", "लाइट 50", "50", "17:00-23:00", "0", "100", "200", "postpaid", "no", "*"),
    ("HOME", "Home 100", "होम 100", "100", "24", "0", "160", "300", "postpaid", "no", "*"),
    ("HOMEPRE", "Home 100 prepaid", "होम 100 प्रीपेड", "100", "24", "0", "150", "0", "prepaid", "no", "*"),
    ("FAN", "Fan and TV", "पंखा और टीवी", "250", "24", "18.00", "120", "500", "postpaid", "yes", "*"),
    ("SHOP", "Shop 500", "दुकान 500", "500", "24", "22.00", "200", "1,000", "postpaid", "yes", "*"),
    ("MILL", "Mill 3000", "मिल", "3 kW", "09:00-17:00", "20", "500", "5000", "postpaid", "yes", "SKP;ATW"),
)
CUSTOMERS_HEAD = (
    "connection", "number", "customer", "name", "name_hindi", "plant", "package", "phone", "phone_role",
    "phone2", "phone2_role", "language", "village", "address", "meter", "connected_on", "status",
    "meter_driver", "meter_id",
)
COUPONS_HEAD = (
    "scheme", "organisation", "name", "name_hindi", "value", "percent", "most",
    "valid_from", "valid_to", "days",
)
SCHEMES_HEAD = (
    "scheme", "organisation", "name", "name_hindi", "price", "down_payment", "instalments",
    "valid_from", "valid_to",
)
BALANCES_HEAD = (
    "connection", "as_of", "balance", "deposit",
    "last_bill_amount", "last_bill_from", "last_bill_to", "last_bill_date", "due_date",
)
# fmt: on
MONTHLY = {"LIGHT": 100, "HOME": 160, "HOMEPRE": 150, "FAN": 120, "SHOP": 200, "MILL": 500}
UNIT_PRICE = {"FAN": 18, "SHOP": 22, "MILL": 20}
DEPOSIT = {"LIGHT": 200, "HOME": 300, "HOMEPRE": 0, "FAN": 500, "SHOP": 1000, "MILL": 5000}
UNITS = {"FAN": (8, 25), "SHOP": (20, 60), "MILL": (80, 220)}
"""kWh that a connection uses in a month, least and most."""


@dataclass(frozen=True)
class House:
    """One row of customers.csv; the fields the demo chooses, the rest follows from them."""

    reference: str
    plant: str
    package: str
    name: tuple[str, str]
    village: str
    number: str = ""
    customer: str = ""
    phone: str = ""
    phone_role: str = ""
    phone2: str = ""
    language: str = ""


def ensure_demo_data(settings: Settings, say: Callable[[str], None]) -> None:
    """Fill the demo's database at its first start."""
    database = Database(settings.database_url)
    try:
        with bar() as progress:
            filled = fill(database, progress)
        if filled:
            say("The demo's customers are in: 3 plants, 200 connections, 3 months of bills and payments.")
    finally:
        database.close()


def fill(database: Database, progress: Progress | None = None) -> bool:
    """Load the demo's spreadsheets and three months of history; False when that was done before."""
    with database.begin() as session:
        if session.execute(text("SELECT 1 FROM audit WHERE object = 'demo:history'")).first():
            return False
    chance = random.Random(SEED)  # noqa: S311 (invented data, the same every time)
    months = last_months(clock.today(), 4)
    houses = make_houses(chance)
    usage = {house.reference: _usage(house, chance, len(months)) for house in houses}
    with tempfile.TemporaryDirectory(prefix="bijli-") as above:
        folder = Path(above) / "demo"
        folder.mkdir()
        write_files(folder, houses, usage, months, chance)
        report = load(database, folder, progress)
    if not report.good:
        raise RuntimeError("\n".join(report.lines()))
    with database.begin() as session:
        write_history(session, History(usage, months[1:], MONTHLY, UNIT_PRICE), chance)
        # As the service did it a week ago: whoever was above the limit then has had his notice.
        flags.sweep(
            session,
            clock.now() - timedelta(days=7),
            holidays=(),
            service="",
            helpline="",
            default_language="hi-Latn",
        )
    return True


def last_months(today: date, count: int) -> list[date]:
    """The first days of the last whole months, oldest first."""
    firsts: list[date] = []
    first = today.replace(day=1)
    for _ in range(count):
        first = (first - timedelta(days=1)).replace(day=1)
        firsts.insert(0, first)
    return firsts


def make_houses(chance: random.Random) -> list[House]:
    """The connections that the README names, then as many others as the plants have."""
    houses = _named_houses()
    for plant, size in SIZES.items():
        while sum(house.plant == plant for house in houses) < size:
            houses.append(_house(plant, len(houses) + 1, chance))
    return houses


def _named_houses() -> list[House]:
    """Each shows one case: dues, prepaid, one phone for two connections, two phones for one, no phone."""

    def house(number: str, package: str, name: tuple[str, str], **more: str) -> House:
        return House(f"SKP/{number}", "SKP", package, name, "Sikandarpur", number=number, **more)

    both = {"customer": "CU-RAMESH", "phone": "9800000004", "language": "en"}
    return [
        house("120457", "HOME", ("Sunita Devi", "सुनीता देवी"), phone="9800000001", phone_role="holder"),
        house("120465", "HOMEPRE", ("Manoj Sah", "मनोज साह"), phone="9800000007", language="hi-Latn"),
        house("120473", "HOME", ("Ramesh Yadav", "रमेश यादव"), **both),
        house("120481", "SHOP", ("Ramesh Yadav", "रमेश यादव"), **both),
        house(
            "120490", "FAN", ("Savitri Devi", "सावित्री देवी"),
            phone="9800000005", phone_role="holder", phone2="9800000006", language="hi",
        ),
        house("120504", "LIGHT", ("Phoolmati Devi", "फूलमती देवी")),
    ]  # fmt: skip


def _house(plant: str, serial: int, chance: random.Random) -> House:
    """Somebody of the village; one in ten has no phone, one in five has chosen no language."""
    if chance.random() < 0.08:
        name, package = chance.choice(BUSINESSES), chance.choice(("SHOP", "SHOP", "MILL"))
        if plant == "BGP":
            package = "SHOP"
    else:
        first, last = (WOMEN, WOMEN_LAST) if chance.random() < 0.4 else (MEN, MEN_LAST)
        one, other = chance.choice(first), chance.choice(last)
        name = (f"{one[0]} {other[0]}", f"{one[1]} {other[1]}")
        package = chance.choice(("LIGHT", "LIGHT", "HOME", "HOME", "HOME", "HOMEPRE", "HOMEPRE", "FAN"))
    phone = "" if chance.random() < 0.1 else f"98010{serial:05d}"
    language = chance.choice(("hi", "hi-Latn", "hi-Latn", "en", "")) if phone else ""
    village = chance.choice(VILLAGES[plant])
    return House(f"{plant}/{serial:04d}", plant, package, name, village, phone=phone, language=language)


def _usage(house: House, chance: random.Random, months: int) -> list[int]:
    """kWh in each month; nothing where there is no meter."""
    if house.package not in UNITS:
        return [0] * months
    least, most = UNITS[house.package]
    return [chance.randint(least, most) for _ in range(months)]


def write_files(
    folder: Path, houses: list[House], usage: dict[str, list[int]], months: list[date], chance: random.Random
) -> None:
    """Write the spreadsheets as Excel in India does: UTF-8 with a byte order mark, DD/MM/YYYY."""
    _write(folder / "plants.csv", PLANTS)
    _write(folder / "staff.csv", STAFF)
    _write(folder / "packages.csv", PACKAGES)
    _write(folder / "coupons.csv", [COUPONS_HEAD, *_coupons(months[-1])])
    _write(folder / "schemes.csv", [SCHEMES_HEAD, *_schemes(months[-1])])
    _write(folder / "payments.csv", payments(clock.today()))
    customers = [_customer_row(house, chance) for house in houses]
    balances = (_balance_row(house, usage, months, chance) for house in houses)
    _write(folder / "balances.csv", [BALANCES_HEAD, *balances])
    shows: dict[str, int] = {}
    readings: list[Sequence[str]] = [("connection", "date", "kwh")]
    for house in houses:
        if house.package in UNITS:
            shown = chance.randint(100, 900)
            for month, used in zip(months, usage[house.reference], strict=True):
                shown += used
                readings.append((house.reference, _day(_month_end(month)), str(shown)))
            shows[house.reference] = shown
    _write(folder / "readings.csv", readings)
    rows = ((*row, *_smart_meter(house, shows)) for house, row in zip(houses, customers, strict=True))
    _write(folder / "customers.csv", [CUSTOMERS_HEAD, *rows])


def _coupons(month: date) -> list[Sequence[str]]:
    """Two offers that run from the last month on for a quarter."""
    first, last = _day(month), _day(month + timedelta(days=90))
    return [
        ("WINTER", "GRAMJYOTI", "Winter offer", "सर्दी की छूट", "25", "", "", first, last, "30"),
        ("TENTH", "GRAMJYOTI", "Ten per cent", "दस प्रतिशत", "", "10", "50", first, last, "30"),
    ]


def _schemes(month: date) -> list[Sequence[str]]:
    """Two appliances on instalments that are sold from the last month on for a year."""
    first, last = _day(month), _day(month + timedelta(days=365))
    return [
        ("FAN", "GRAMJYOTI", "Fan", "पंखा", "2,000", "200", "12", first, last),
        ("TV", "GRAMJYOTI", "Television", "टीवी", "9,999", "999", "24", first, last),
    ]


def _write(path: Path, rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(rows)


def _customer_row(house: House, chance: random.Random) -> Sequence[str]:
    connected = date(2021, 4, 1) + timedelta(days=chance.randrange(1500))
    meter = f"M{chance.randrange(10**6):06d}" if house.package in UNITS else ""
    second_role = "payer" if house.phone2 else ""
    return (
        house.reference, house.number, house.customer, *house.name, house.plant, house.package, house.phone,
        house.phone_role, house.phone2, second_role, house.language, house.village, "", meter,
        _day(connected), "active",
    )  # fmt: skip


def _smart_meter(house: House, shows: dict[str, int]) -> Sequence[str]:
    """In Sikandarpur all meters are smart; the simulated service begins where the last reading ended."""
    if house.plant != "SKP" or house.reference not in shows:
        return ("", "")
    return ("simulated", f"{house.reference.replace('/', '-')}@{shows[house.reference] * 1000}")


def _balance_row(
    house: House, usage: dict[str, list[int]], months: list[date], chance: random.Random
) -> Sequence[str]:
    """What was open when the demo's ledger begins: the bill of the month before, at most."""
    first, last = months[0], _month_end(months[0])
    bill = MONTHLY[house.package] + UNIT_PRICE.get(house.package, 0) * usage[house.reference][0]
    balance = chance.choice((0, 0, 0, bill, -50))
    if house.number == "120457":
        balance = bill
    return (
        house.reference, _day(last), f"{balance}", f"{DEPOSIT[house.package]:,}",
        f"{bill}.00", _day(first), _day(last), _day(last), _day(last + timedelta(days=15)),
    )  # fmt: skip


def _month_end(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"
