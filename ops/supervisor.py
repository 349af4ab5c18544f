"""One foreground command that runs several programs and ends them all, whatever happens."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, TracebackType

from ops.child import Child

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LOOK_EVERY = 0.2


class Taken(Exception):
    """A port or the folder is in use. Its message is one line that says what to do."""


class ChildEnded(Exception):
    """A program ended by itself. Its message is one line with the reason."""


class Ended(KeyboardInterrupt):
    """Someone asked us to end: Ctrl-C, SIGTERM, or the terminal was closed."""


class Crew:
    """The running children, stopped in reverse order at the end of the block."""

    def __init__(self) -> None:
        self.children: list[Child] = []

    def __enter__(self) -> Crew:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _ignore_signals()
        for child in reversed(self.children):
            child.stop()

    def add(self, child: Child) -> Child:
        self.children.append(child)
        return child

    def check(self) -> None:
        """ChildEnded when one of them has ended by itself."""
        for child in self.children:
            if child.ended():
                raise ChildEnded(child.reason())

    def watch(self) -> None:
        """Wait until one of them ends, which is always a ChildEnded."""
        while True:
            self.check()
            time.sleep(LOOK_EVERY)


def end_on_signals() -> None:
    """From now on Ctrl-C, SIGTERM and a closed terminal raise Ended; nohup stays nohup."""

    def end(number: int, _frame: FrameType | None) -> None:
        raise Ended(signal.Signals(number).name)

    for number in ENDING:
        # An ignored hang-up is a wish (nohup); an ignored Ctrl-C is only how a shell starts things with "&".
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, end)


def _ignore_signals() -> None:
    """A second Ctrl-C must not break off the ending of children, which is bounded in time."""
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def sole_holder(folder: Path) -> Iterator[None]:
    """Hold `folder`/lock for the block. The system itself lets go of it when we are killed."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "lock"
    with path.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            raise Taken(
                f"it runs here already, as process {holder}: "
                f"end it with Ctrl-C in its window, or with 'kill {holder}'"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
        lock.truncate(0)


def check_port(host: str, port: int) -> None:
    """Taken when another program listens on the port, or the address is not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Taken(
                f"port {port} on {host} can't be used ({error.strerror}): "
                f"end what runs there, or choose another with BIJLI_PORT={port + 1}"
            ) from None
