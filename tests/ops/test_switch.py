"""`bijli switch`: a wish for a smart meter, and one line that says what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.db import Database
from core.errors import NoMeter
from core.settings import Settings
from ops import switch
from ops.trouble import plain_line
from tests.conftest import Servers, demo_settings, fresh_database


@pytest.fixture
def world(servers: Servers, world_template: str) -> Iterator[Settings]:
    with fresh_database(servers, world_template) as url:
        yield demo_settings(servers, url)


def wishes(settings: Settings) -> list[tuple[object, ...]]:
    database = Database(settings.database_url)
    found = database.reader.rows(
        "SELECT number, action, state FROM meter_command JOIN connection ON connection.id = connection_id "
        "ORDER BY meter_command.id",
        {},
    )
    database.close()
    return found


def test_a_smart_meter_is_told(world: Settings) -> None:
    assert switch.run(world, "120457", on=True) == "The meter of 120457 is told to switch on."
    assert "off" in switch.run(world, "120457", on=False)
    assert wishes(world) == [("120457", "switch_on", "queued"), ("120457", "switch_off", "queued")]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("120465", "120465 has no smart meter"),
        ("300011", "there is no connection 300011"),
        ("120475", "there is no connection 120475"),
    ],
)
def test_whom_it_can_not_tell(world: Settings, number: str, words: str) -> None:
    with pytest.raises(NoMeter) as trouble:
        switch.run(world, number, on=True)
    assert plain_line(trouble.value) == words
    assert wishes(world) == []
