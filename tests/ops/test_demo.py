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
import pytest

FIRST_START = 60.0
LATER_START = 10.0
BIJLI = (sys.executable, "-m", "ops.main")
CUSTOMER = "+919800000001"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


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
        return subprocess.run(argv, env=self.env(), capture_output=True, text=True, timeout=60, check=False)

    def demo(self, within: float) -> psutil.Popen:
        """Start the demo and wait until it says that it is ready."""
        with self.told.open("w") as told:
            process = psutil.Popen([*BIJLI, "demo"], env=self.env(), stdout=told, stderr=told)
        until = time.monotonic() + within
        while "is ready" not in self.told.read_text():
            assert process.poll() is None, self.told.read_text()
            assert time.monotonic() < until, self.told.read_text()
            time.sleep(0.05)
        return process


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """One folder for all tests of this module: from the second on, starting must be quick."""
    made = Stage(Path(tempfile.mkdtemp(prefix="bijli-demo-")))
    yield made
    shutil.rmtree(made.folder)


@pytest.fixture
def demo(stage: Stage) -> Iterator[psutil.Popen]:
    first = not (stage.folder / "postgres").exists()
    process = stage.demo(FIRST_START if first else LATER_START)
    family = everyone(process)
    yield process
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        process.wait(15)
    assert gone(family)


def everyone(process: psutil.Popen) -> list[psutil.Process]:
    return [psutil.Process(process.pid), *process.children(recursive=True)]


def gone(family: list[psutil.Process]) -> bool:
    return psutil.wait_procs(family, timeout=15)[1] == []


def test_a_customer_dials_and_check_is_content(stage: Stage, demo: psutil.Popen) -> None:
    dialled = stage.bijli("phone", CUSTOMER, "dial")
    assert (dialled.returncode, dialled.stderr) == (0, "")
    assert "1" in dialled.stdout
    checked = stage.bijli("check")
    assert checked.returncode == 0, checked.stdout
    again = stage.bijli("demo")
    assert again.returncode == 2
    assert again.stderr == (
        f"bijli: it runs here already, as process {demo.pid}: "
        f"end it with Ctrl-C in its window, or with 'kill {demo.pid}'\n"
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_everything_in_good_order(
    stage: Stage, demo: psutil.Popen, number: signal.Signals
) -> None:
    family = everyone(demo)
    assert len(family) > 4
    demo.send_signal(number)
    assert demo.wait(15) == 0
    assert gone(family)
    assert stage.told.read_text().endswith("Everything has ended.\n")


def test_kill_9_of_the_command_leaves_no_process(demo: psutil.Popen) -> None:
    family = everyone(demo)
    demo.kill()
    assert demo.wait(15) == -signal.SIGKILL
    assert gone(family)


def test_after_kill_9_of_all_it_starts_again(stage: Stage, demo: psutil.Popen) -> None:
    for process in everyone(demo):
        process.kill()
    demo.wait(5)
    again = stage.demo(LATER_START)
    family = everyone(again)
    again.send_signal(signal.SIGTERM)
    assert again.wait(15) == 0
    assert gone(family)


def test_a_part_that_dies_ends_all_and_is_named(stage: Stage, demo: psutil.Popen) -> None:
    family = everyone(demo)
    (worker,) = [process for process in family if "work" in process.cmdline()]
    worker.kill()
    assert demo.wait(15) == 2
    assert gone(family)
    assert "bijli: worker ended (killed by SIGKILL), see " in stage.told.read_text()


def test_a_taken_port_is_told_before_anything_starts(stage: Stage) -> None:
    with socket.create_server(("127.0.0.1", stage.port)):
        refused = stage.bijli("demo")
    assert refused.returncode == 2
    assert refused.stderr.startswith(f"bijli: port {stage.port} on 127.0.0.1 can't be used")
    assert refused.stderr.count("\n") == 1
