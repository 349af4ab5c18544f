"""An operator's folder of spreadsheets, small and right, for tests to change and load."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import text

from core.db import Database
from core.loading import LoadReport, load

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
