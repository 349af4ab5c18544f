"""DLT: our words make templates a portal takes, and what differs from its template does not go."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from core import dlt
from core.db import Database
from core.delivery import Outgoing, claim
from core.dlt import VARIABLE, Wanted
from core.loading import LoadReport, load
from core.money import Money
from core.outbox import KINDS, post
from core.settings import LANGUAGES, Settings
from core.text import Text, render, say
from ops.dlt import check, write_list
from tests.talks.longest import HELPLINE, LONGEST, PHOTOS, SERVICE, SITE

WANTED = dlt.wanted(SERVICE, HELPLINE, SITE, PHOTOS)
COMPARED = [text for kind, texts in LONGEST.items() if kind not in dlt.GENERIC for text in texts]
PHONE = "+919800000001"
PAID = say(
    "receipt.due",
    amount=Money(300_00),
    number="120457",
    balance=Money(150_50),
    receipt="1012600007",
    code="48213",
    service=SERVICE,
)


@pytest.mark.parametrize("one", WANTED, ids=lambda one: f"{one.key}-{one.language}")
def test_every_template_is_one_a_portal_takes(one: Wanted) -> None:
    assert dlt.faults(one.body, one.reason) == []
    assert SERVICE in one.body
    assert "%{" not in one.body
    assert len(one.body) <= 2000


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_longest_real_message_is_as_registered(language: str) -> None:
    for said in COMPARED:
        bodies = [one.body for one in WANTED if (one.key, one.language) == (said.key, language)]
        assert any(dlt.matches(body, render(said, language)) for body in bodies), said.key


def test_everything_that_leaves_by_itself_has_a_template() -> None:
    assert {said.key for said in COMPARED} == set(dlt.outbound())
    assert set(dlt.GENERIC) < set(KINDS)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("pay <now>", "has < or >"),
        ("two  blanks", "has two blanks in a row"),
        (f"{VARIABLE} {VARIABLE} Bijli", "has two variables side by side"),
        (f"{VARIABLE}: {VARIABLE} Bijli", "has two variables side by side"),
        ("due {#VAR#} Bijli", f"has a variable that is not {VARIABLE}"),
        (f"{VARIABLE} a {VARIABLE} b {VARIABLE}", "has more than two variables and no reason"),
    ],
)
def test_what_a_portal_refuses(body: str, fault: str) -> None:
    assert dlt.faults(body, reason="") == [fault]


@pytest.mark.parametrize(
    ("body", "good"),
    [
        ("Rs 5 for 120457. Bijli", True),
        (f"Rs {'5' * 30} for 1. Bijli", True),
        (f"Rs {'5' * 31} for 1. Bijli", False),
        ("Rs  for 120457. Bijli", False),
        ("Rs 5 for 120457. bijli", False),
        ("Rs 5 for 120457. Bijli!", False),
        ("Rs 5\nfor 120457. Bijli", False),
    ],
)
def test_a_message_is_its_template_to_the_letter(body: str, good: bool) -> None:
    assert dlt.matches(f"Rs {VARIABLE} for {VARIABLE}. Bijli", body) is good


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """A database with a state in-charge to be told."""
    made = Database(settings.database_url)
    with made.begin() as session:
        session.execute(
            text(
                "INSERT INTO staff (code, name, phone, role) "
                "VALUES ('S1', 'Meena', '+919800000900', 'state_in_charge')"
            )
        )
    yield made
    made.close()


def sheet(settings: Settings) -> list[dict[str, str]]:
    """What `bijli dlt list` writes, with ids and headers as an operator fills them in."""
    out = io.StringIO()
    write_list(settings, out)
    rows = list(csv.DictReader(io.StringIO(out.getvalue())))
    for place, row in enumerate(rows):
        row.update(template_id=f"{1107160000000000000 + place}", header="BIJLIN")
    return rows


def put(database: Database, folder: Path, rows: list[dict[str, str]]) -> LoadReport:
    columns = ["key", "language", "template_id", "header", "body", "reason"]
    with (folder / "dlt.csv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return load(database, folder)


def test_the_list_filled_in_is_loaded_and_checks(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    said: list[str] = []
    rows = sheet(settings)
    assert not check(settings, said.append)
    assert len([line for line in said if "is not registered" in line]) == len(rows)
    report = put(database, tmp_path, rows)
    assert report.good, report.lines()
    assert report.files["dlt.csv"].new == len(rows)
    said.clear()
    assert check(settings, said.append), said
    assert said[-1] == f"All {len(rows)} templates are as our words are."
    assert not put(database, tmp_path, rows).wrote


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("key", "receipt.nothing", "is none of our texts"),
        ("language", "fr", "is not a language"),
        ("template_id", "1.10716E+18", "is not 19 digits"),
        ("header", "B!", "is not a header"),
        ("body", f"{VARIABLE} {VARIABLE}", "has two variables side by side"),
        ("reason", "", "has more than two variables: say why"),
    ],
)
def test_a_wrong_row_is_named(
    database: Database, settings: Settings, tmp_path: Path, column: str, value: str, reason: str
) -> None:
    row = next(row for row in sheet(settings) if row["key"] == "receipt.due")
    [problem] = put(database, tmp_path, [{**row, column: value}]).problems
    assert (problem.file, problem.line, problem.column) == ("dlt.csv", 2, column)
    assert reason in problem.reason


def send(database: Database, said: Text | str, kind: str, source: str = "one") -> list[Outgoing]:
    """Write a message and claim it as a sender does that has DLT on."""
    with database.begin() as session:
        post(
            session,
            source=source,
            recipient=PHONE,
            kind=kind,
            text=said,
            language="en",
            default_language="en",
        )
    with database.begin() as session:
        return dlt.approve(session, claim(session, 10, timedelta(minutes=1)), default_language="en")


def test_a_message_as_registered_goes_with_its_template(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    rows = sheet(replace(settings, service_name=SERVICE))
    put(database, tmp_path, rows)
    [message] = send(database, PAID, "receipt")
    wanted = next(row for row in rows if (row["key"], row["language"]) == ("receipt.due", "en"))
    assert (message.template, message.dlt) == ("receipt.due", wanted["template_id"])


def test_what_differs_does_not_go_and_is_told_once(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    put(database, tmp_path, sheet(replace(settings, service_name="Roshni")))
    assert send(database, PAID, "receipt", "one") == []
    # The alert of the first stands among the next batch: it is free, so that it can be heard.
    [alert] = send(database, PAID, "receipt", "two")
    assert alert.kind == "staff_alert"
    assert "receipt.due (en)" in alert.body
    assert send(database, PAID, "receipt", "three") == []
    with database.begin() as session:
        states = session.execute(text("SELECT state, error FROM outbox WHERE kind = 'receipt'")).all()
    assert [tuple(row) for row in states] == [("failed", "not as registered (DLT): receipt.due in en")] * 3


def test_a_reply_goes_with_the_generic_template_or_without_one(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    [message] = send(database, "Amount?", "reply")
    assert message.dlt is None
    generic = {"key": "reply", "language": "en", "template_id": "1" * 19, "header": "BIJLIN",
               "body": f"Your answer: {VARIABLE} Bijli"}  # fmt: skip
    assert put(database, tmp_path, [generic]).good
    [message] = send(database, "Amount?", "reply", "two")
    assert message.dlt == "1" * 19
