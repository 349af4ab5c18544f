"""`make bench`: every server in turn, then the ratios."""

from __future__ import annotations

import signal
import sys
from dataclasses import asdict
from functools import partial
from types import FrameType
from urllib.parse import parse_qs, urlsplit

import click

from bench import contest, loading, outbox, report, service
from bench.contest import Server
from bench.load import LoadError
from bench.loading import Loaded
from bench.peers import data
from bench.rig import NODE_PEER, Rig, RigError, free_port, install_node_peer, rig
from ops import embedded
from ops.embedded import ServerError

OURS = "Bijli Line"
KNOWN = ", known callers"
BARE = "bare Flask"
TUTORIAL = "tutorial handler"
NODE = "ussd-menu-builder, express"
SPARING = ", sparing"
TIME_LIMIT = 175


def _python_peers(here: Rig, database: str) -> list[Server]:
    env = {
        "PEER_DATABASE_URL": "postgresql+psycopg" + database.removeprefix("postgresql"),
        "PEER_REDIS_URL": here.redis_url,
    }
    bare = here.granian("bare", "bench.peers.bare:app")
    tutorial = here.granian("tutorial", "bench.peers.tutorial:app", env)
    return [
        Server(BARE, bare, shows_due=False),
        Server(TUTORIAL, tutorial),
        Server(TUTORIAL + SPARING, tutorial, path="/ussd/sparing"),
    ]


def _node_peer(here: Rig, database: str) -> list[Server]:
    """The node peer, or a line that says why it is left out."""
    missing = install_node_peer()
    if missing is not None:
        print(f"{NODE} is left out: {missing}")
        return []
    address = urlsplit(database)
    env = {
        "NODE_ENV": "production",
        "PGHOST": parse_qs(address.query)["host"][0],
        "PGUSER": embedded.POSTGRES_USER,
        "PGDATABASE": address.path.removeprefix("/"),
        "PEER_REDIS_SOCKET": str(embedded.valkey_socket(here.folder)),
    }
    port = free_port()
    node = here.serve("node", ["node", str(NODE_PEER / "server.js")], port, env | {"PORT": str(port)})
    return [Server(NODE, node), Server(NODE + SPARING, node, path="/ussd/sparing")]


def _our_service(here: Rig, gateway_port: int) -> tuple[list[Server], Loaded]:
    """Our service with its households loaded: for callers it has not seen lately, and for known ones."""
    env = service.settings(here, gateway_port)
    service.bijli(here, env, "migrate")
    loaded = loading.timed(partial(service.load, here, env), here.folder / "sheets")
    at, path = service.serve(here, env), service.ussd_path(env)
    servers = [Server(OURS, at, path=path), Server(OURS + KNOWN, at, path=path, known_callers=True)]
    return servers, loaded


def _bench(only_peers: bool) -> None:
    with rig() as here:
        database = here.database("peers")
        data.fill(database)
        gateway = outbox.start_stub(here)
        ours, loaded = ([], None) if only_peers else _our_service(here, gateway)
        node = _node_peer(here, database)
        rounds = contest.run([*ours, *_python_peers(here, database), *node], here.cores)
        goals = report.peer_goals(rounds, OURS, BARE, TUTORIAL, NODE if node else None) if ours else []
        rates = outbox.gateway_rates(here, gateway)
        print("\n".join([*report.table(rounds, BARE), *report.remarks(rounds, here.cores.shared)]))
        print(
            f"The gateway's stand-in takes {rates.stub / rates.plain:.1f} times what one plain sender sends."
        )
        if loaded is not None:
            print(f"Loaded {loaded.rows:,} rows in {loaded.seconds:.1f} s, {loaded.rate:,.0f} rows a second.")
        print("\n".join(goal.line() for goal in goals))
        more = {"gateway": asdict(rates), "loading": asdict(loaded) if loaded else None}
        report.write(rounds, goals, more)


def _out_of_time(_signal: int, _frame: FrameType | None) -> None:
    raise RigError(f"the bench did not end within {TIME_LIMIT} s")


@click.command()
@click.option("--peers", "only_peers", is_flag=True, help="Measure the peers alone, without our service.")
def main(only_peers: bool) -> None:
    """Measure the service against its peers, on one pinned core."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGALRM, _out_of_time)
    signal.alarm(TIME_LIMIT)
    if sys.platform != "linux":
        sys.exit("make bench pins servers to cores, which needs Linux")
    try:
        _bench(only_peers)
    except (LoadError, RigError, ServerError) as error:
        sys.exit(f"bench: {error}")


if __name__ == "__main__":
    main()
