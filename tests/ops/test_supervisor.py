"""The crew, the lock, the port and the signals."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from ops.child import Child, start
from ops.supervisor import ChildEnded, Crew, Taken, check_port, sole_holder

WAIT = "import time; time.sleep(600)"
STUBBORN = f"""
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen([sys.executable, "-c", {WAIT!r}])
print("deaf, with a child of its own", flush=True)
time.sleep(600)
"""
PARENT = """
import time
from ops.child import start
child = start("sleeper", ["sleep", "600"])
print(child.process.pid, flush=True)
time.sleep(600)
"""
FOREGROUND = """
from ops.child import start
from ops.supervisor import Crew, Ended, end_on_signals
end_on_signals()
try:
    with Crew() as crew:
        print(crew.add(start("sleeper", ["sleep", "600"])).process.pid, flush=True)
        crew.watch()
except Ended as ended:
    print("ended by", ended, flush=True)
"""


def python(name: str, code: str, log: Path | None = None) -> Child:
    return start(name, [sys.executable, "-c", code], log=log)


@pytest.fixture(autouse=True)
def _own_signals() -> object:
    """The crew changes what signals do; a test must not keep that."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def await_words(log: Path) -> None:
    until = time.monotonic() + 60
    while not log.read_text():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_child_that_ends_is_told_with_its_last_complaint(tmp_path: Path) -> None:
    with Crew() as crew:
        other = crew.add(python("other", WAIT))
        crew.add(python("broken", "print('going'); raise ValueError('no light')", tmp_path / "log"))
        with pytest.raises(ChildEnded) as caught:
            crew.watch()
    words = str(caught.value)
    assert words == f"broken ended (exit code 1): ValueError: no light, see {tmp_path / 'log'}"
    assert other.ended()


def test_a_killed_child_is_told_so(tmp_path: Path) -> None:
    with Crew() as crew:
        crew.add(python("worker", WAIT)).process.kill()
        with pytest.raises(ChildEnded, match=r"^worker ended \(killed by SIGKILL\)$"):
            crew.watch()


def test_a_child_deaf_to_the_signal_is_killed_with_all_it_started(tmp_path: Path) -> None:
    log = tmp_path / "log"
    child = python("deaf", STUBBORN, log)
    await_words(log)
    family = [psutil.Process(child.process.pid), *psutil.Process(child.process.pid).children()]
    assert len(family) == 2
    child.stop(patience=0.3)
    assert psutil.wait_procs(family, timeout=60)[1] == []


def test_a_child_does_not_outlive_a_killed_parent() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    child.wait(60)
    assert not child.is_running()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_crew_in_good_order(number: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", FOREGROUND], stdout=subprocess.PIPE) as foreground:
        assert foreground.stdout is not None
        child = psutil.Process(int(foreground.stdout.readline()))
        foreground.send_signal(number)
        assert foreground.stdout.readline() == f"ended by {number.name}\n".encode()
    assert foreground.returncode == 0
    assert not child.is_running()


def test_nohup_stays_nohup() -> None:
    argv = ["nohup", sys.executable, "-c", FOREGROUND]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as foreground:
        assert foreground.stdout is not None
        foreground.stdout.readline()
        foreground.send_signal(signal.SIGHUP)
        foreground.send_signal(signal.SIGTERM)
        assert foreground.stdout.readline() == b"ended by SIGTERM\n"


def test_the_lock_names_its_holder_and_leaves_with_it(tmp_path: Path) -> None:
    with (
        sole_holder(tmp_path),
        pytest.raises(Taken, match=f"as process {os.getpid()}:"),
        sole_holder(tmp_path),
    ):
        pass
    with sole_holder(tmp_path):
        assert (tmp_path / "lock").read_text() == str(os.getpid())


def test_the_lock_of_a_killed_holder_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("4711")
    with sole_holder(tmp_path):
        assert (tmp_path / "lock").read_text() == str(os.getpid())


def test_a_taken_port_is_named_with_a_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(Taken, match=f"^port {port} on 127.0.0.1 can't be used .*BIJLI_PORT={port + 1}$"):
            check_port("127.0.0.1", port)
    check_port("127.0.0.1", port)
