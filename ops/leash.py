"""Runs a program that must not outlive the process that started it.

Started as a script by ops/child.py: it asks Linux for a signal at the parent's death, gives up
root rights when told to, and turns into the program. A script of its own, because running Python
code between fork and exec is unsafe in a parent with threads.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def follow_parent(signal_number: int = signal.SIGTERM) -> None:
    """Let Linux signal us when our parent dies; elsewhere the next start cleans up (ops/embedded.py)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal_number))


def main(parent: int, signal_number: int, user: str, argv: list[str]) -> None:
    """Become `argv`; `user` is "uid:gid", or "-" to stay who we are."""
    if user != "-":
        uid, gid = map(int, user.split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    follow_parent(signal_number)  # after setuid, which clears it
    if os.getppid() != parent:
        sys.exit("the starting process has ended")
    os.execvp(argv[0], argv)  # noqa: S606 (no shell is the point)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:])
