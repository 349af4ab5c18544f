"""All servers in turn on the same core, in short alternating rounds, so that drift does not lie."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import uuid4

from bench import cores
from bench.cores import Cores
from bench.figures import BALANCE, MENU, Reading, percentile
from bench.load import LoadError, Shot, drive, form_post
from bench.population import SIZE, Household, household
from bench.rig import Served

CONNECTIONS = 16
ROUNDS = 5
SECONDS = 1.0
"""How long one hop of one server is measured in one round."""
WARM_UP = 0.5
MOST_PER_SECOND = 10_000
"""Requests made beforehand for a second; a server faster than that is simply done earlier."""
KNOWN_CALLERS = 8_000
"""Households that have called shortly before; the others have not called since they were loaded."""
KNOWN_LIMIT = 10.0
"""Seconds for all of them to have called once, at most."""


@dataclass
class Server:
    """A server under test: where it listens, what it must answer, and who calls it next."""

    name: str
    at: Served
    path: str = "/ussd"
    opening: str = "CON "
    shows_due: bool = True
    known_callers: bool = False
    turn: int = field(default=0, init=False)

    def balance_shows(self, caller: Household) -> str:
        return caller.due if self.shows_due else self.opening

    def talks(self, most: int) -> list[Talk]:
        """New talks of the households whose turn it is, so that no two under way share a phone."""
        low, high = (0, KNOWN_CALLERS) if self.known_callers else (KNOWN_CALLERS, SIZE)
        indexes = (low + (self.turn + step) % (high - low) for step in range(min(most, high - low)))
        return [Talk(f"ATUid_{uuid4().hex}", household(index)) for index in indexes]


@dataclass(frozen=True, slots=True)
class Talk:
    session: str
    caller: Household


def run(servers: Sequence[Server], where: Cores) -> list[Mapping[str, Mapping[str, Reading]]]:
    """Every server once per round, in a changing order."""
    for server in servers:
        _warm_up(server, where)
    rounds: list[Mapping[str, Mapping[str, Reading]]] = []
    for number in range(ROUNDS):
        shift = number % len(servers)
        order = [*servers[shift:], *servers[:shift]]
        measured = {server.name: _measure(server, where) for server in order}
        rounds.append({server.name: measured[server.name] for server in servers})
        print(f"  round {number + 1} of {ROUNDS} done", file=sys.stderr, flush=True)
    return rounds


def _warm_up(server: Server, where: Cores) -> None:
    """Open connections and caches; known callers all call once."""
    _press(server, _dial(server, where, KNOWN_LIMIT if server.known_callers else WARM_UP)[1], where, WARM_UP)


def _measure(server: Server, where: Cores) -> Mapping[str, Reading]:
    """One round of one server: new talks for a while, then the second step of these same talks."""
    menu, opened = _dial(server, where, SECONDS)
    return {MENU: menu, BALANCE: _press(server, opened, where, SECONDS)}


def _dial(server: Server, where: Cores, seconds: float) -> tuple[Reading, list[Talk]]:
    """First requests of new talks; gives these talks too."""
    talks = server.talks(int(MOST_PER_SECOND * seconds))
    shots = [_step(server, talk, "", server.opening) for talk in talks]
    reading = _reading(server, MENU, shots, where, seconds)
    server.turn += reading.answers
    return reading, talks[: reading.answers]


def _press(server: Server, opened: Sequence[Talk], where: Cores, seconds: float) -> Reading:
    """Second requests of talks that are open: 1 is the balance."""
    shots = [_step(server, talk, "1", server.balance_shows(talk.caller)) for talk in opened]
    return _reading(server, BALANCE, shots, where, seconds)


def _step(server: Server, talk: Talk, text: str, expected: str) -> Shot:
    body = (
        f"sessionId={talk.session}&phoneNumber=%2B{talk.caller.phone[1:]}&networkCode=40470"
        f"&serviceCode=%2A384%2A77%23&text={text}"
    )
    return form_post(server.at.port, server.path, body, expected)


def _reading(server: Server, hop: str, shots: Sequence[Shot], where: Cores, seconds: float) -> Reading:
    """Drive it; a fast wrong answer is worth nothing, so that one of them ends the bench."""
    core, own, clock = cores.ticks(where.server), cores.seconds_used(server.at.pid), time.monotonic()
    volley = drive(server.at.port, shots, connections=CONNECTIONS, seconds=seconds)
    used = (cores.seconds_used(server.at.pid) - own) / (time.monotonic() - clock)
    busy = cores.busy_share(core, cores.ticks(where.server))
    if volley.wrong:
        raise LoadError(
            f"{server.name} gave {len(volley.wrong)} wrong answers of {len(volley.latencies)}"
            f" on the {hop} hop, the first one: {volley.wrong[0]!r}"
        )
    return Reading(
        answers=len(volley.latencies),
        rate=volley.rate,
        p50=percentile(volley.latencies, 0.50) / 1e6,
        p99=percentile(volley.latencies, 0.99) / 1e6,
        server_share=used,
        strange_share=max(busy - used, 0.0),
        client_share=volley.client_share,
    )
