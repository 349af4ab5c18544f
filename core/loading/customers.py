"""customers.csv: one row is one connection, with its customer and its phones."""

# ruff: noqa: S608
# Statements are put together from our own names only, never from a cell's text.
from __future__ import annotations

from typing import TYPE_CHECKING

from core.ids import with_check_digit
from core.loading import amounts, cells
from core.loading.part import Check, Column, Part, changes, known, same, unique, updated
from core.standing import CHANGE_LOADED

if TYPE_CHECKING:
    from core.loading.part import Cursors

# A customer with several connections stands in several rows that say the same (checked): the first
# one that gives a field speaks for it.
_PEOPLE = """(
    SELECT min(line) AS line, customer AS reference,
        (array_agg(name ORDER BY line))[1] AS name,
        (array_agg(name_hindi ORDER BY line) FILTER (WHERE name_hindi IS NOT NULL))[1] AS name_hindi,
        (array_agg(village ORDER BY line) FILTER (WHERE village IS NOT NULL))[1] AS village,
        (array_agg(address ORDER BY line) FILTER (WHERE address IS NOT NULL))[1] AS address
    FROM load_customers GROUP BY customer
) AS given"""

# Who the customer of a row is: the one named, else the one the connection has, else a new one
# under the connection's own reference.
_UNNAMED = """
    CREATE TEMP TABLE load_unnamed ON COMMIT DROP AS
    SELECT line, connection FROM in_customers WHERE customer IS NULL
    AND NOT EXISTS (SELECT 1 FROM connection WHERE connection.reference = in_customers.connection)
"""
_NAME_CUSTOMERS = """
    UPDATE in_customers SET customer = coalesce((
        SELECT customer.reference FROM connection JOIN customer ON customer.id = connection.customer_id
        WHERE connection.reference = in_customers.connection
    ), connection) WHERE customer IS NULL
"""
_ROWS = """
    CREATE TEMP TABLE load_customers ON COMMIT DROP AS
    SELECT in_customers.line, in_customers.customer,
        in_customers.connection, in_customers.number, in_customers.name, name_hindi, in_customers.village,
        in_customers.address, plant.id AS plant_id, package.id AS package_id, in_customers.feeder, meter,
        in_customers.meter_driver, in_customers.meter_id,
        in_customers.connected_on, in_customers.status, connection.id AS connection_id
    FROM in_customers JOIN plant ON plant.code = in_customers.plant
    JOIN package ON package.code = in_customers.package
    LEFT JOIN connection ON connection.reference = in_customers.connection
"""

# Places 1 and 2 among a connection's phones belong to the file; phones that people link
# themselves come after them and are never touched.
_PHONES_OF_ROWS = """
    CREATE TEMP TABLE load_phones ON COMMIT DROP AS
    SELECT line, connection.id AS connection_id, listed.e164, listed.role, listed.role_given, listed.language,
        listed.position::smallint AS position
    FROM in_customers JOIN connection ON connection.reference = in_customers.connection
    CROSS JOIN LATERAL (VALUES
        (phone, coalesce(phone_role, 'holder'), phone_role IS NOT NULL, language, 1),
        (phone2, coalesce(phone2_role, 'payer'), phone2_role IS NOT NULL, NULL, 2)
    ) AS listed (e164, role, role_given, language, position)
    WHERE listed.e164 IS NOT NULL
"""


def assign_numbers(cursor: Cursors) -> None:
    """Give a number to every new connection that brings none; numbers in use are passed over."""
    cursor.execute(
        "SELECT line FROM load_customers WHERE connection_id IS NULL AND number IS NULL ORDER BY line"
    )
    lines = [row[0] for row in cursor.fetchall()]
    while lines:
        drawn = cursor.execute(
            "SELECT nextval('connection_number_seq') FROM generate_series(1, %s)", (len(lines),)
        ).fetchall()
        numbers = [with_check_digit(serial) for (serial,) in drawn]
        cursor.execute(
            "SELECT number FROM connection WHERE number = ANY (%(numbers)s) "
            "UNION SELECT number FROM load_customers WHERE number = ANY (%(numbers)s)",
            {"numbers": numbers},
        )
        taken = {row[0] for row in cursor.fetchall()}
        free = [number for number in numbers if number not in taken]
        cursor.execute(
            "UPDATE load_customers SET number = fresh.number "
            "FROM unnest(%s::bigint[], %s::text[]) AS fresh (line, number) "
            "WHERE load_customers.line = fresh.line",
            (lines[: len(free)], free),
        )
        lines = lines[len(free) :]


PART = Part(
    file="customers.csv",
    table="in_customers",
    key="connection",
    columns=(
        Column("connection", cells.code, required=True, also=(
            "connection reference", "connection id", "connection ref", "कनेक्शन",
        )),
        Column("number", cells.connection_number, also=(
            "connection number", "connection no", "consumer number",
        )),
        Column("customer", cells.code, also=(
            "customer reference", "customer id", "customer ref", "consumer id",
        )),
        Column("name", cells.name, required=True, also=("customer name", "consumer name", "नाम")),
        Column("name_hindi", cells.short_text(80), also=("hindi name", "name local", "हिन्दी नाम")),
        Column("plant", cells.code, required=True, also=("plant code", "site", "site code", "प्लांट")),
        Column("package", cells.code, required=True, also=("package code", "plan", "पैकेज")),
        Column("phone", cells.phone, also=(
            "mobile", "phone number", "mobile number", "mobile no", "मोबाइल", "फ़ोन",
        )),
        Column("phone_role", cells.phone_role),
        Column("phone2", cells.phone, also=(
            "mobile2", "second phone", "alternate number", "alternate mobile",
        )),
        Column("phone2_role", cells.phone_role),
        Column("language", cells.language, also=("भाषा",)),
        Column("village", cells.short_text(80), also=("गाँव", "गांव")),
        Column("address", cells.short_text(200), also=("पता",)),
        Column("feeder", cells.short_text(20), also=("feeder name", "line", "फ़ीडर")),
        Column("meter", cells.short_text(40), also=("meter number", "meter no", "मीटर")),
        Column("meter_driver", cells.meter_driver, also=("smart meter", "meter provider")),
        Column("meter_id", cells.meter_id, also=("smart meter id", "meter provider id")),
        Column("connected_on", amounts.day, sql="date", also=("connection date", "date of connection")),
        Column("status", cells.status, also=("स्थिति",)),
    ),
    checks=(
        unique("in_customers", "connection"),
        unique("in_customers", "number"),
        same("in_customers", "customer", "name", "customer"),
        same("in_customers", "customer", "name_hindi", "customer"),
        same("in_customers", "customer", "village", "customer"),
        same("in_customers", "customer", "address", "customer"),
        known("in_customers", "plant", "plant", "plant", "in_plants.plant"),
        known("in_customers", "package", "package", "package", "in_packages.package"),
        Check("phone2", "{0} is in the column phone already",
              "SELECT line, phone FROM in_customers WHERE phone = phone2 AND phone <> ''"),
        Check("number", "the connection {0} has the number {1}; a number that people know never changes", """
            SELECT line, reference, connection.number FROM in_customers
            JOIN connection ON connection.reference = in_customers.connection
            WHERE in_customers.number <> connection.number
        """),
        Check("number", "{0} is the number of connection {1}", """
            SELECT line, in_customers.number, reference FROM in_customers
            JOIN connection ON connection.number = in_customers.number
            WHERE connection.reference <> in_customers.connection
        """),
        Check("meter_id", "meter_driver and meter_id belong together: give both, or neither",
              "SELECT line FROM in_customers WHERE (meter_driver IS NULL) <> (meter_id IS NULL) "
              "OR (meter_driver = '') <> (meter_id = '')"),
        Check("meter_id", "the meter {0} stands in line {1} already", """
            SELECT line, meter_id, first FROM (
                SELECT line, meter_id, min(line) OVER (PARTITION BY meter_driver, meter_id) AS first
                FROM in_customers WHERE meter_id <> ''
            ) AS keyed WHERE line <> first
        """),
        Check("meter_id", "the meter {0} is at connection {1}", """
            SELECT line, in_customers.meter_id, reference FROM in_customers
            JOIN connection USING (meter_driver, meter_id)
            WHERE in_customers.meter_id <> '' AND connection.reference <> in_customers.connection
        """),
        # References of customers and of connections may look alike and mean different people.
        Check("customer", "is empty, and {0} is a customer's reference already: name the customer", """
            SELECT line, connection FROM load_unnamed JOIN customer ON customer.reference = connection
            UNION SELECT unnamed.line, unnamed.connection FROM load_unnamed AS unnamed
            JOIN in_customers AS other
            ON other.customer = unnamed.connection AND other.connection <> unnamed.connection
        """),
        Check("connected_on", "{0} is more than a year away",
              "SELECT line, connected_on FROM in_customers, load_day WHERE connected_on > today + 366"),
    ),
    prepare=(_UNNAMED, _NAME_CUSTOMERS, "ANALYZE in_customers, load_unnamed"),
    late_checks=(
        Check("package", "package {0} is not offered at plant {1}", """
            SELECT line, in_customers.package, in_customers.plant FROM in_customers
            JOIN plant ON plant.code = in_customers.plant JOIN package ON package.code = in_customers.package
            WHERE NOT EXISTS (SELECT 1 FROM package_plant
                WHERE package_plant.package_id = package.id AND package_plant.plant_id = plant.id)
        """),
    ),
    steps=(
        _ROWS,
        "ANALYZE load_customers",
        ("INSERT INTO customer (reference, name, name_local, village, address) "
        "SELECT reference, name, nullif(name_hindi, ''), nullif(village, ''), nullif(address, '') "
        f"FROM {_PEOPLE} "
        "WHERE NOT EXISTS (SELECT 1 FROM customer WHERE customer.reference = given.reference) ORDER BY line"),
        changes(
            "customer",
            {
                "name": "given.name",
                "name_local": updated("customer.name_local", "given.name_hindi"),
                "village": updated("customer.village", "given.village"),
                "address": updated("customer.address", "given.address"),
            },
            _PEOPLE,
            "customer.reference = given.reference",
        ),
        assign_numbers,
        changes(
            "connection",
            {
                "customer_id": "customer.id",
                "plant_id": "given.plant_id",
                "package_id": "given.package_id",
                "feeder": updated("connection.feeder", "given.feeder"),
                "meter_number": updated("connection.meter_number", "given.meter"),
                "meter_driver": updated("connection.meter_driver", "given.meter_driver"),
                "meter_id": updated("connection.meter_id", "given.meter_id"),
                "connected_on": "coalesce(given.connected_on, connection.connected_on)",
            },
            "customer, load_customers AS given",
            "connection.id = given.connection_id AND customer.reference = given.customer",
        ),
        CHANGE_LOADED,
        """
        WITH made AS (
            INSERT INTO connection (reference, number, customer_id, plant_id, package_id, status,
                feeder, meter_number, meter_driver, meter_id, connected_on)
            SELECT given.connection, given.number, customer.id, plant_id, package_id,
                coalesce(given.status, 'active'), nullif(given.feeder, ''), nullif(meter, ''),
                nullif(given.meter_driver, ''), nullif(given.meter_id, ''), connected_on
            FROM load_customers AS given JOIN customer ON customer.reference = given.customer
            WHERE given.connection_id IS NULL ORDER BY line
            RETURNING reference
        )
        INSERT INTO load_new
        SELECT line FROM in_customers JOIN made ON made.reference = in_customers.connection
        """,
        "ANALYZE customer, connection",
        _PHONES_OF_ROWS,
        "ANALYZE load_phones",
        ("INSERT INTO phone (e164, language) SELECT DISTINCT ON (e164) e164, language FROM load_phones "
        "WHERE e164 <> '' AND NOT EXISTS (SELECT 1 FROM phone WHERE phone.e164 = load_phones.e164) "
        "ORDER BY e164, language IS NULL, line ON CONFLICT DO NOTHING"),
        # A language once chosen is its holder's own; the file speaks only where none is known.
        changes(
            "phone",
            {"language": "given.language"},
            "(SELECT DISTINCT ON (e164) e164, language, line FROM load_phones WHERE language IS NOT NULL "
            "ORDER BY e164, line) AS given",
            "phone.e164 = given.e164 AND phone.language IS NULL",
        ),
        # A number that was replaced must not speak for the connection any longer.
        """
        WITH gone AS (
            DELETE FROM connection_phone USING load_phones AS given
            WHERE connection_phone.connection_id = given.connection_id
            AND connection_phone.position = given.position AND connection_phone.e164 <> given.e164
            AND NOT EXISTS (SELECT 1 FROM load_phones AS other
                WHERE other.connection_id = connection_phone.connection_id
                AND other.e164 = connection_phone.e164)
            RETURNING given.line
        )
        INSERT INTO load_changed SELECT line FROM gone
        """,
        changes(
            "connection_phone",
            {
                "position": "given.position",
                "role": "CASE WHEN given.role_given THEN given.role ELSE connection_phone.role END",
            },
            "load_phones AS given",
            "connection_phone.connection_id = given.connection_id AND connection_phone.e164 = given.e164",
        ),
        """
        WITH made AS (
            INSERT INTO connection_phone (connection_id, e164, role, position)
            SELECT connection_id, e164, role, position FROM load_phones
            WHERE e164 <> '' AND NOT EXISTS (SELECT 1 FROM connection_phone
                WHERE connection_phone.connection_id = load_phones.connection_id
                AND connection_phone.e164 = load_phones.e164)
            ON CONFLICT DO NOTHING
            RETURNING connection_id, e164
        )
        INSERT INTO load_changed SELECT line FROM load_phones JOIN made USING (connection_id, e164)
        """,
    ),
)  # fmt: skip
