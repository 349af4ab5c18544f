"""One text to a plant: who may write it, whom it reaches, once, and how it is stopped."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from core import broadcasts
from core.text import Text
from tests.core.work.desk import AT, Desk

WORDS = "meeting on Sunday at 10"
NIGHT = datetime(2026, 11, 21, 17, 0, tzinfo=UTC)
"""Half past ten in the evening in India."""


def send(desk: Desk, who: str = "cluster in-charge") -> str:
    plant = int(str(desk.rows("SELECT id FROM plant WHERE code = 'RAMPUR'")[0][0]))
    return str(desk.act(who, lambda doing: broadcasts.begin(doing, plant, WORDS, 5)))


def write(desk: Desk, at: datetime = AT) -> int:
    """Write all that waits; gives in how many turns."""
    settings = desk.play.settings
    turns = 0
    while broadcasts.write_some(
        desk.play.services.database, settings.default_language, settings.service_name, at
    ):
        turns += 1
    return turns


def reached(desk: Desk) -> list[str]:
    return [str(row[0]) for row in desk.rows(
        "SELECT recipient FROM outbox WHERE kind = 'broadcast' ORDER BY recipient")]  # fmt: skip


@pytest.mark.parametrize(
    ("who", "said"),
    [
        ("CSA", "RAMPUR"),
        ("cluster in-charge", "RAMPUR"),
        ("state in-charge", "RAMPUR"),
        ("technician", "work.not_you"),
        ("operator", "work.not_you"),
        ("technician elsewhere", "work.not_you"),
        ("who asked", "work.not_you"),
    ],
)
def test_who_may_write_to_a_plant(desk: Desk, who: str, said: str) -> None:
    assert send(desk, who) == said


def test_each_phone_gets_it_once_in_its_own_frame(desk: Desk) -> None:
    send(desk)
    assert write(desk) == 1
    assert reached(desk) == [f"+91980000000{n}" for n in (1, 4, 5, 6, 7)]
    rows = desk.rows("SELECT recipient, body FROM outbox WHERE kind = 'broadcast'")
    bodies = {str(phone): body for phone, body in rows}
    assert bodies["+919800000004"] == "Rampur: meeting on Sunday at 10 Bijli Line"
    assert bodies["+919800000005"] == "रामपुर: meeting on Sunday at 10 Bijli Line"
    assert desk.rows("SELECT state, written FROM broadcast") == [("sent", 5)]
    assert write(desk) == 0
    assert len(reached(desk)) == 5


def test_who_has_said_stop_or_is_no_customer_any_more_is_left_out(desk: Desk) -> None:
    with desk.play.services.database.begin() as session:
        run = session.connection().exec_driver_sql
        run("UPDATE phone SET stopped = now() WHERE e164 = '+919800000004'")
        run("UPDATE connection SET status = 'inactive' WHERE number = '120457'")
    send(desk)
    write(desk)
    assert reached(desk) == ["+919800000005", "+919800000006", "+919800000007"]


def test_at_night_it_waits_for_the_morning(desk: Desk) -> None:
    send(desk)
    write(desk, NIGHT)
    assert desk.rows("SELECT DISTINCT next_at FROM outbox WHERE kind = 'broadcast'") == [
        (datetime(2026, 11, 22, 2, 30, tzinfo=UTC),)
    ]


def test_in_batches_by_two_workers_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcasts, "BATCH", 2)
    send(desk)
    with ThreadPoolExecutor(2) as pool:
        turns = sum(pool.map(lambda _: write(desk), range(2)))
    assert turns + write(desk) == 3
    assert len(reached(desk)) == len(set(reached(desk))) == 5


def test_stopped_in_the_middle_what_has_not_left_does_not(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcasts, "BATCH", 2)
    settings = desk.play.settings
    send(desk)
    broadcasts.write_some(desk.play.services.database, settings.default_language, settings.service_name, AT)
    with desk.play.services.database.begin() as session:
        session.connection().exec_driver_sql(
            "UPDATE outbox SET state = 'delivered', finished_at = now() WHERE recipient = '+919800000001'"
        )
    assert desk.act("technician", broadcasts.stop) == "broadcast.none_runs"
    said = desk.act("state in-charge", broadcasts.stop)
    assert isinstance(said, Text)
    assert (said.key, dict(said.params)["held"]) == ("broadcast.stopped", 1)
    assert write(desk) == 0
    assert desk.rows("SELECT state FROM outbox WHERE kind = 'broadcast' ORDER BY recipient") == [
        ("delivered",), ("expired",)]  # fmt: skip
    assert desk.act("state in-charge", broadcasts.stop) == "broadcast.none_runs"


def test_how_far_it_has_come(desk: Desk) -> None:
    send(desk)
    write(desk)
    with desk.play.services.database.begin() as session:
        session.connection().exec_driver_sql(
            "UPDATE outbox SET state = CASE recipient WHEN '+919800000001' THEN 'delivered' "
            "WHEN '+919800000004' THEN 'sent' ELSE 'failed' END, finished_at = now() "
            "WHERE kind = 'broadcast'"
        )
    staff = desk.callers["CSA"].staff
    assert staff is not None
    [one] = broadcasts.latest(desk.play.services.database.reader, staff.id)
    assert (one.code, one.state, one.phones, one.went, one.arrived, one.failed) == (
        "RAMPUR", "sent", 5, 2, 1, 3)  # fmt: skip


def test_yesterdays_is_not_stopped(desk: Desk) -> None:
    send(desk)
    write(desk)
    late = AT + timedelta(days=2)
    assert desk.act("cluster in-charge", broadcasts.stop, late) == "broadcast.none_runs"
