"""`make bench`: every server in turn, then the ratios."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from functools import partial
from secrets import token_hex
from types import FrameType
from urllib.parse import parse_qs, urlsplit

import click

from bench import billing, chat, contest, history, loading, outbox, report, service
from bench.contest import Server
from bench.load import LoadError
from bench.peers import data
from bench.report import Findings
from bench.rig import NODE_PEER, Rig, RigError, free_port, install_node_peer, rig
from ops import embedded
from ops.embedded import ServerError

OURS = "Bijli Line"
UNSEEN = ", callers not seen lately"
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


def _our_servers(here: Rig, env: dict[str, str]) -> list[Server]:
    """Our service, for callers that Redis knows and for those who are looked up in PostgreSQL first."""
    at, path = service.serve(here, env), service.ussd_path(env)
    return [Server(OURS, at, path=path, known_callers=True), Server(OURS + UNSEEN, at, path=path)]


def _bench(only_peers: bool) -> None:
    with rig() as here:
        database = here.database("peers")
        data.fill(database)
        peers = [*_python_peers(here, database), *_node_peer(here, database)]
        found = _alone(here, peers) if only_peers else _together(here, peers)
    print("\n".join([*report.table(found.rounds, BARE), *report.remarks(found.rounds, here.cores.shared)]))
    for line in found.lines():
        print(line)
    report.write(found)


def _bench_chat() -> None:
    """Hops on WhatsApp beside hops by USSD, on the servers' core."""
    with rig() as here:
        gateway = outbox.start_stub(here)
        env = service.settings(here, gateway) | chat.settings(token_hex(16))
        service.bijli(here, env, "migrate")
        loading.timed(partial(service.load, here, env), here.folder / "sheets")
        print("\n".join(chat.measure(service.serve(here, env), env).lines()), flush=True)


def _bench_billing(million: bool) -> None:
    sizes = (*billing.SIZES, billing.MILLION) if million else billing.SIZES
    for billed in billing.measure(sizes):
        print(billed.line(), flush=True)


def _alone(here: Rig, peers: Sequence[Server]) -> Findings:
    return Findings(contest.run(peers, here.cores))


def _together(here: Rig, peers: Sequence[Server]) -> Findings:
    """Load, then the contest, then the outbox: each alone on the servers' core."""
    gateway = outbox.start_stub(here)
    env = service.settings(here, gateway)
    service.bijli(here, env, "migrate")
    loaded = loading.timed(partial(service.load, here, env), here.folder / "sheets")
    rounds = contest.run([*_our_servers(here, env), *peers], here.cores)
    node = NODE if any(peer.name == NODE for peer in peers) else None
    goals = report.peer_goals(rounds, OURS, BARE, TUTORIAL, node, SPARING, UNSEEN)
    return Findings(rounds, goals, loaded, outbox.measure(here, env, gateway))


def _out_of_time(_signal: int, _frame: FrameType | None) -> None:
    raise RigError(f"the bench did not end within {TIME_LIMIT} s")


@click.command()
@click.option("--peers", "only_peers", is_flag=True, help="Measure the peers alone, without our service.")
@click.option("--billing", "only_billing", is_flag=True, help="Measure a billing run alone.")
@click.option("--whatsapp", "only_chat", is_flag=True, help="Measure hops on WhatsApp beside USSD alone.")
@click.option(
    "--history", "only_history", is_flag=True, help="Measure staff's lists over a million requests."
)
@click.option("--million", is_flag=True, help="With --billing: a million connections, too.")
def main(only_peers: bool, only_billing: bool, only_chat: bool, only_history: bool, million: bool) -> None:
    """Measure the service against its peers, on one pinned core."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGALRM, _out_of_time)
    signal.alarm(TIME_LIMIT)
    if sys.platform != "linux":
        sys.exit("make bench pins servers to cores, which needs Linux")
    try:
        if only_billing:
            _bench_billing(million)
        elif only_chat:
            _bench_chat()
        elif only_history:
            for asked in history.measure():
                print(asked.line(), flush=True)
        else:
            _bench(only_peers)
    except (LoadError, RigError, ServerError) as error:
        sys.exit(f"bench: {error}")


if __name__ == "__main__":
    main()
