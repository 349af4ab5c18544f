"""Child processes that are watched, stopped in order and never left behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

COMPLAINT = re.compile(r"FATAL|PANIC|^bijli: |error: |^[\w.]+(Error|Exception)\b|^# .*(?i:can't|failed)")
"""How our programs, PostgreSQL, initdb, Python and Valkey begin the line that matters."""

LEASH = Path(__file__).with_name("leash.py")


@dataclass(frozen=True)
class Account:
    """A system account a child runs as, when we are root and it refuses to be."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Child:
    """A running program; `log` takes what it prints, or None when it shares our terminal."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path | None
    halt: signal.Signals
    """The signal on which it ends in good order."""

    def ended(self) -> bool:
        return self.process.poll() is not None

    def reason(self) -> str:
        """How it ended, in one line: its exit and the last thing it complained of."""
        code = self.process.returncode
        how = f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        last = last_complaint(self.log)
        return (
            f"{self.name} ended ({how}){': ' + last if last else ''}{f', see {self.log}' if self.log else ''}"
        )

    def stop(self, patience: float = 10.0) -> None:
        """Ask it to end, wait `patience` seconds, then end it and all it started."""
        if not self.ended():
            self.process.send_signal(self.halt)
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.sweep()

    def sweep(self) -> None:
        """Kill what is left of its process group."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            # PermissionError: macOS says so for a group that holds only zombies.
            return


def start(
    name: str,
    argv: Sequence[str],
    *,
    halt: signal.Signals = signal.SIGTERM,
    log: Path | None = None,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    account: Account | None = None,
) -> Child:
    """Start `argv` in a process group of its own (Ctrl-C reaches only us), on a leash to us."""
    user = f"{account.uid}:{account.gid}" if account else "-"
    leashed = [sys.executable, "-I", "-S", str(LEASH), str(os.getpid()), str(int(halt)), user, *argv]
    output = log.open("ab") if log else None
    try:
        process = subprocess.Popen(
            leashed,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            cwd=cwd,
            env=env,
            start_new_session=True,
        )
    finally:
        if output:
            output.close()
    return Child(name, process, log, halt)


def last_complaint(log: Path | None) -> str:
    """The last line of a log file that names an error, cut to 300 characters; empty when there is none."""
    if log is None or not log.exists():
        return ""
    tail = log.read_bytes()[-8000:].decode("utf-8", "replace")
    lines = [line.strip() for line in tail.splitlines() if COMPLAINT.search(line)]
    return lines[-1][:300] if lines else ""
