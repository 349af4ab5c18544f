"""docs/operating.md names every column of every file, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.loading import PARTS
from core.loading.part import Part

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "operating.md"


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.file)
def test_columns_are_documented(part: Part) -> None:
    section = GUIDE.read_text(encoding="utf-8").split(f"### {part.file}\n", 1)[1].split("\n### ", 1)[0]
    cells = [row.split("|")[1] for row in section.splitlines() if row.startswith("| ") and "---" not in row][
        1:
    ]
    named = [name.strip() for cell in cells for name in cell.split(",")]
    bold = {name.strip("*") for name in named if re.fullmatch(r"\*\*\w+\*\*", name)}
    assert {name.strip("*") for name in named} == {column.name for column in part.columns}
    assert bold == {column.name for column in part.columns if column.required}
