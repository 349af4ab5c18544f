"""The figures as people read them, and as bench/last.json."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.figures import BALANCE, HOPS, MENU, Ratio, Rounds, hop_ratio, middle, talk_ratio, work_ratio
from bench.loading import Loaded
from bench.outbox import OutboxFigures

LAST = Path(__file__).with_name("last.json")
FREE = 0.1
"""A server that leaves more than this share of its core free is limited by something else."""
QUIET = 0.1
"""More than this share of the servers' core used by others blurs the latencies."""


@dataclass(frozen=True)
class Goal:
    """What was asked for, and what came out."""

    words: str
    figure: str
    met: bool

    def line(self) -> str:
        return f"  {'met    ' if self.met else 'NOT MET'} {self.words}: {self.figure}"


@dataclass(frozen=True)
class Findings:
    """Everything one run of the bench found; without our service, only the rounds."""

    rounds: Rounds
    goals: Sequence[Goal] = ()
    loaded: Loaded | None = None
    outbox: OutboxFigures | None = None

    def lines(self) -> list[str]:
        lines = [goal.line() for goal in self.goals]
        if self.outbox is not None:
            plain = self.outbox.against(lambda rates: rates.plain)
            stub = self.outbox.against(lambda rates: rates.stub)
            lines.append(
                f"Outbox, from the commit to the gateway: {plain:.2f} times a plain sender,"
                f" {stub:.2f} times what the gateway's stand-in takes."
            )
        if self.loaded is not None:
            one = self.loaded
            lines.append(f"Loaded {one.rows:,} rows in {one.seconds:.1f} s, {one.rate:,.0f} rows a second.")
        return lines


def table(rounds: Rounds, base: str) -> list[str]:
    """One line per server: rates as multiples of `base`, latencies in ms, what it used of its core.

    The last column compares talks per second of processor time (see figures.work_ratio).
    """
    columns = f"{'rate':>7}{'p50 ms':>8}{'p99 ms':>8}{'core':>6}"
    lines = [
        f"{'':38}{'menu hop':^29}{'balance hop':^29}{'both':>8}{'per core':>10}",
        f"{'rates: ' + base + ' = 1':38}{columns}{columns}{'rate':>8}{'rate':>10}",
    ]
    for server in rounds[0]:
        line = f"{server:38}"
        for hop in HOPS:
            found = middle(rounds, server, hop)
            rate = hop_ratio(rounds, server, base, hop).middle
            line += f"{rate:7.2f}{found.p50:8.1f}{found.p99:8.1f}{found.server_share:6.0%}"
        both, work = talk_ratio(rounds, server, base).middle, work_ratio(rounds, server, base).middle
        lines.append(f"{line}{both:8.2f}{work:10.2f}")
    return lines


def spread(ratio: Ratio) -> str:
    """A ratio with the lowest and highest of its rounds."""
    return f"{ratio.middle:.2f} ({ratio.low:.2f} to {ratio.high:.2f})"


def remarks(rounds: Rounds, one_core: bool) -> list[str]:
    """What limits or blurs the figures, as far as the bench itself can see."""
    found = {(server, hop): middle(rounds, server, hop) for server in rounds[0] for hop in HOPS}
    client = max(one.client_share for one in found.values())
    strange = max(one.strange_share for one in found.values())
    lines = [f"The load generator used at most {client:.0%} of the other core."]
    waiting = [f"{server} ({hop})" for (server, hop), one in found.items() if one.free_share > FREE]
    if waiting:
        lines.append(f"Not limited by its own core: {', '.join(waiting)}.")
    if strange > QUIET:
        lines.append(
            f"Other programs used up to {strange:.0%} of the servers' core: measure again in a quiet hour."
        )
    if one_core:
        lines.append("This machine gives us one core: databases and generator shared it with the servers.")
    return lines


def write(found: Findings) -> None:
    """Keep every single reading beside this module, for whoever wants to look closer."""
    LAST.write_text(json.dumps(asdict(found), indent=1) + "\n")


def peer_goals(
    rounds: Rounds, ours: str, bare: str, tutorial: str, node: str | None, sparing: str, unseen: str
) -> list[Goal]:
    """The goals that one contest can answer.

    Our hop counts for a caller whom Redis knows: a menu then needs no database. A peer counts as people
    write it. What comes out with `sparing` after its name, or `unseen` after ours, is said beside it.
    """
    menu, both = hop_ratio(rounds, ours, bare, MENU), talk_ratio(rounds, ours, tutorial)
    first = hop_ratio(rounds, ours + unseen, bare, MENU).middle
    worst = max(middle(rounds, ours, hop).p99 for hop in (MENU, BALANCE))

    def beside(ratio: Ratio, peer: str) -> str:
        return (
            f"{spread(ratio)}{unseen}: {talk_ratio(rounds, ours + unseen, peer).middle:.2f}"
            f"{sparing}: {talk_ratio(rounds, ours, peer + sparing).middle:.2f}"
        )

    goals = [
        Goal(
            "menu hop at least half the rate of bare Flask",
            f"{spread(menu)}{unseen}: {first:.2f}",
            menu.middle >= 0.5,
        ),
        Goal(
            "menu and balance at least twice the tutorial handler", beside(both, tutorial), both.middle >= 2.0
        ),
        Goal("p99 under 15 ms at 16 connections", f"{worst:.1f} ms", worst < 15.0),
    ]
    if node is not None:
        ahead = talk_ratio(rounds, ours, node)
        goals.append(
            Goal("ahead of ussd-menu-builder behind express", beside(ahead, node), ahead.middle > 1.0)
        )
    return goals
