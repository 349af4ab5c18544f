"""`bijli demo` as a person runs it: one real foreground command, its signals, its worst ends."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg
import pytest

from core.settings import Settings
from tests.service import free_port

PATIENCE = 300.0
"""Seconds until anything must have come about; most of it takes a hundredth of that."""
BIJLI = (sys.executable, "-m", "ops.main")
CUSTOMER = "+919800000001"
REAL_OPERATOR = "INSERT INTO organisation (code, name) VALUES ('REAL', 'Real Power')"


@dataclass
class Stage:
    """A folder for the demo's data and a port; `told` is what the running demo prints."""

    folder: Path
    port: int = field(default_factory=free_port)

    @property
    def told(self) -> Path:
        return self.folder / "told"

    def env(self) -> dict[str, str]:
        return dict(os.environ) | {"BIJLI_HOME": str(self.folder), "BIJLI_PORT": str(self.port)}

    def bijli(self, *words: str) -> subprocess.CompletedProcess[str]:
        argv = [*BIJLI, *words]
        return subprocess.run(
            argv, env=self.env(), capture_output=True, text=True, timeout=PATIENCE, check=False
        )

    def demo(self) -> psutil.Popen:
        """Start the demo and wait until it says that it is ready."""
        with self.told.open("w") as told:
            process = psutil.Popen([*BIJLI, "demo"], env=self.env(), stdout=told, stderr=told)
        until = time.monotonic() + PATIENCE
        while "is ready" not in self.told.read_text():
            assert process.poll() is None, self.told.read_text()
            assert time.monotonic() < until, self.told.read_text()
            time.sleep(0.05)
        return process


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """One folder for all tests of this module: from the second on, starting must be quick."""
    made = Stage(Path(tempfile.mkdtemp(prefix="bijli-demo-")))
    made.folder.chmod(0o755)  # or the first start would say that it let PostgreSQL pass
    yield made
    shutil.rmtree(made.folder)


@pytest.fixture
def demo(stage: Stage) -> Iterator[psutil.Popen]:
    process = stage.demo()
    family = everyone(process)
    yield process
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)
    assert gone(family)


def everyone(process: psutil.Popen) -> list[psutil.Process]:
    return [psutil.Process(process.pid), *process.children(recursive=True)]


def gone(family: list[psutil.Process]) -> bool:
    return psutil.wait_procs(family, timeout=PATIENCE)[1] == []


def test_a_visit_to_the_demo(stage: Stage, demo: psutil.Popen) -> None:
    dialled = stage.bijli("phone", CUSTOMER, "dial")
    assert (dialled.returncode, dialled.stderr) == (0, "")
    assert "1 " in dialled.stdout
    checked = stage.bijli("check")
    assert checked.returncode == 0, checked.stdout
    again = stage.bijli("demo")
    assert again.returncode == 2
    assert again.stderr == (
        f"bijli: it runs here already, as process {demo.pid}: "
        f"end it with Ctrl-C in its window, or with 'kill {demo.pid}'\n"
    )
    family = everyone(demo)
    assert len(family) > 4
    demo.send_signal(signal.SIGINT)
    assert demo.wait(PATIENCE) == 0
    assert gone(family)
    assert stage.told.read_text().endswith("Everything has ended.\n")


def test_kill_9_of_the_command_leaves_no_process(demo: psutil.Popen) -> None:
    family = everyone(demo)
    demo.kill()
    assert demo.wait(PATIENCE) == -signal.SIGKILL
    assert gone(family)


def test_kill_9_of_all_and_then_of_one_part(stage: Stage, demo: psutil.Popen) -> None:
    for process in everyone(demo):
        process.kill()
    demo.wait(PATIENCE)
    again = stage.demo()
    family = everyone(again)
    (worker,) = [process for process in family if "work" in process.cmdline()]
    worker.kill()
    assert again.wait(PATIENCE) == 2
    assert gone(family)
    assert "bijli: worker ended (killed by SIGKILL), see " in stage.told.read_text()


def test_a_taken_port_is_told_before_anything_starts(stage: Stage) -> None:
    with socket.create_server(("127.0.0.1", stage.port)):
        refused = stage.bijli("demo")
    assert refused.returncode == 2
    assert refused.stderr.startswith(f"bijli: port {stage.port} on 127.0.0.1 can't be used")
    assert refused.stderr.count("\n") == 1


def test_invented_customers_never_join_real_ones(
    stage: Stage, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(settings.database_url) as connection:
        connection.execute(REAL_OPERATOR)
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("REDIS_URL", settings.redis_url)
    refused = stage.bijli("demo")
    assert refused.returncode == 2
    assert refused.stderr.startswith("bijli: the database of DATABASE_URL has customers of its own")
    assert refused.stderr.count("\n") == 1
