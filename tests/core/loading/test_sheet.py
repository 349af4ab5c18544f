"""Files as spreadsheets save them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.loading.cells import name
from core.loading.part import Column
from core.loading.sheet import BadSheet, open_sheet

COLUMNS = (
    Column("connection", name, required=True, also=("connection id",)),
    Column("name", name, also=("नाम",)),
    Column("village", name),
)
TEXT = "Connection,Name,Village\r\nC1,सुनीता देवी,Rampur\r\n\r\n,,\r\nC2,Ramesh,\r\n"
ROWS = [(2, ["C1", "सुनीता देवी", "Rampur"]), (5, ["C2", "Ramesh", ""])]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sheet.csv"


@pytest.mark.parametrize(
    "raw",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("utf-16"),
        b"\xfe\xff" + TEXT.encode("utf-16-be"),
        TEXT.replace(",", ";").encode(),
        TEXT.replace(",", "\t").encode("utf-16"),
        TEXT.replace("\r\n", "\n").encode(),
        TEXT.replace("\r\n", "\r").encode(),
    ],
    ids=["UTF-8", "BOM", "UTF-16", "UTF-16 BE", "semicolon", "Unicode text", "LF", "CR"],
)
def test_every_usual_form_gives_the_same_rows(path: Path, raw: bytes) -> None:
    path.write_bytes(raw)
    sheet = open_sheet(path, COLUMNS)
    assert sheet.places == [0, 1, 2]
    assert list(sheet.rows) == ROWS


def test_excels_separator_line_keeps_line_numbers_true(path: Path) -> None:
    path.write_text("sep=;\nconnection;name\nC1;Ramesh, the miller\n")
    assert list(open_sheet(path, COLUMNS).rows) == [(3, ["C1", "Ramesh, the miller"])]


def test_headings_are_known_in_any_case_order_and_by_other_names(path: Path) -> None:
    path.write_text("नाम,Remark, CONNECTION_ID\nRamesh,late,C1\n")
    sheet = open_sheet(path, COLUMNS)
    assert sheet.places == [2, 0, None]
    assert sheet.unused == ["Remark"]


def test_a_cell_of_several_lines_keeps_line_numbers_true(path: Path) -> None:
    path.write_text('connection,name\n"C1","Ram\nesh"\nC2,Suresh\n')
    assert [line for line, _ in open_sheet(path, COLUMNS).rows] == [2, 4]


@pytest.mark.parametrize(
    ("raw", "line", "column", "reason"),
    [
        (b"", 0, "", "is empty"),
        (b"name,village\nx,y\n", 1, "connection", "is missing; the header has: name, village"),
        (b"connection,name,Name\n", 1, "name", "twice"),
        (b"connection,connection id\n", 1, "connection", "twice"),
        (b"PK\x03\x04rest", 0, "", "Excel workbook"),
        ("connection,name\nC1,é\n".encode("latin-1"), 2, "", "not written in UTF-8"),
        (b"\xff\xfeabc", 0, "", "not written in UTF-8"),
        (b'connection,name\nC1,x\nC2,"open\n', 3, "", "quotation mark"),
        (b'connection,name\nC1,"a"b\n', 2, "", "quotation mark"),
    ],
)
def test_what_cannot_be_read_is_named(path: Path, raw: bytes, line: int, column: str, reason: str) -> None:
    path.write_bytes(raw)
    with pytest.raises(BadSheet) as refused:
        list(open_sheet(path, COLUMNS).rows)
    assert (refused.value.line, refused.value.column) == (line, column)
    assert reason in refused.value.reason


@given(raw=st.binary() | st.text('connection,name\n\r";\t0').map(str.encode))
def test_any_bytes_are_read_or_refused_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(b"connection,name\n" + raw)
    with suppress(BadSheet):
        lines = [line for line, _ in open_sheet(path, COLUMNS).rows]
        assert lines == sorted(set(lines))
