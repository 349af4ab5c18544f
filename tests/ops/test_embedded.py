"""The embedded servers: started, kept, and found again after the worst of ends."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from ops import embedded
from ops.child import Child


@contextmanager
def temporary_folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="bijli-embedded-"))
    try:
        yield path
    finally:
        shutil.rmtree(path)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Where the servers of this module keep their data from test to test."""
    with temporary_folder() as path:
        yield path


@pytest.fixture
def fresh_folder() -> Iterator[Path]:
    """Where no server has run yet."""
    with temporary_folder() as path:
        yield path


@contextmanager
def running(folder: Path) -> Iterator[tuple[Child, Child]]:
    """Both servers as the demo runs them: what was committed is on the disk."""
    postgres = embedded.start_postgres(folder)
    try:
        valkey = embedded.start_valkey(folder)
        try:
            yield postgres, valkey
        finally:
            valkey.stop()
    finally:
        postgres.stop()


def query(folder: Path, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(embedded.postgres_url(folder, "postgres"), autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def everything_below(*children: Child) -> list[psutil.Process]:
    found = []
    for child in children:
        process = psutil.Process(child.process.pid)
        found += [process, *process.children(recursive=True)]
    return found


def test_data_is_kept_and_no_process_is(folder: Path) -> None:
    with running(folder) as children:
        query(folder, "CREATE TABLE words (word text)")
        query(folder, "INSERT INTO words VALUES ('bijli')")
        redis.Redis.from_url(embedded.valkey_url(folder)).set("kept", "bijli")
        processes = everything_below(*children)
    assert psutil.wait_procs(processes, timeout=60)[1] == []
    with running(folder):
        assert query(folder, "SELECT word FROM words") == [("bijli",)]
        assert redis.Redis.from_url(embedded.valkey_url(folder)).get("kept") == b"bijli"


def test_sorting_and_clock_do_not_depend_on_the_machine(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    monkeypatch.setenv("PGDATABASE", "elsewhere")
    with running(folder):
        assert query(folder, "SELECT lower('ÄÉ'), current_setting('TimeZone')") == [("äé", "UTC")]


def test_after_kill_9_of_both_servers_the_data_is_there(folder: Path) -> None:
    with running(folder) as children:
        query(folder, "CREATE TABLE kept (word text)")
        for child in children:
            child.process.kill()
            child.process.wait()
        # Not waiting for PostgreSQL's own children: they may still hold its shared memory.
        with running(folder):
            assert query(folder, "SELECT count(*) FROM kept") == [(0,)]


def test_servers_left_over_are_ended_and_replaced(folder: Path) -> None:
    with running(folder) as (postgres, valkey):
        query(folder, "CREATE TABLE left_over (word text)")
        with running(folder):
            assert postgres.process.wait(60) == 0
            assert valkey.process.wait(60) == 0
            assert query(folder, "SELECT count(*) FROM left_over") == [(0,)]


def test_a_lock_with_the_number_of_another_program_is_no_hindrance(folder: Path) -> None:
    with running(folder):
        pass
    lock = folder / "postgres" / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n{folder / 'postgres'}\n1\n5432\n\n\n\n")
    with running(folder):
        assert query(folder, "SELECT 1") == [(1,)]


def test_a_first_start_that_was_broken_off_is_begun_anew(fresh_folder: Path) -> None:
    (fresh_folder / "postgres.new").mkdir()
    (fresh_folder / "postgres.new" / "half").write_text("done")
    (fresh_folder / "postgres").mkdir()
    with running(fresh_folder):
        assert query(fresh_folder, "SELECT 1") == [(1,)]


def test_a_deep_folder_does_not_break_the_sockets(fresh_folder: Path) -> None:
    deep = fresh_folder / ("far" * 30) / ("away" * 25)
    deep.mkdir(parents=True)
    with running(deep):
        assert query(deep, "SELECT 1") == [(1,)]
        assert redis.Redis.from_url(embedded.valkey_url(deep)).ping()
    for path in (
        embedded.valkey_socket(deep).parent,
        Path(embedded.postgres_url(deep).partition("host=")[2]),
    ):
        assert path.parent == Path("/tmp")
        shutil.rmtree(path)


def test_broken_data_ends_in_one_line_that_says_why(folder: Path) -> None:
    with running(folder):
        pass
    version = folder / "postgres" / "PG_VERSION"
    ours = version.read_text()
    version.write_text("12\n")
    with pytest.raises(embedded.ServerError) as caught:
        embedded.start_postgres(folder)
    version.write_text(ours)
    assert str(caught.value).startswith("PostgreSQL ended (exit code 1): ")
    assert "FATAL" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_both_end_when_their_parent_is_killed(folder: Path) -> None:
    """A parent of its own, because the test's process must live on."""
    reading, writing = os.pipe()
    parent = os.fork()
    if parent == 0:
        children = (embedded.start_postgres(folder), embedded.start_valkey(folder))
        os.write(writing, b" ".join(str(child.process.pid).encode() for child in children))
        signal.pause()
    servers = [psutil.Process(int(pid)) for pid in os.read(reading, 100).split()]
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    assert len(servers) == 2
    assert psutil.wait_procs(servers, timeout=60)[1] == []
