"""The folder of spreadsheets, not loaded yet and loaded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.db import Database
from tests.core.loading.folder import FILES, Operator


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
