"""Medians, percentiles and ratios of what was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

MENU = "menu"
BALANCE = "balance"
HOPS = (MENU, BALANCE)


@dataclass(frozen=True)
class Reading:
    """One hop of one server in one round: latencies in ms, shares of a core from 0 to 1."""

    answers: int
    rate: float
    """Answers per second."""
    p50: float
    p99: float
    server_share: float
    """What the server used of its core."""
    strange_share: float
    """What programs that have nothing to do with the bench used of the server's core."""
    client_share: float
    """What the load generator used of the other core."""

    @property
    def free_share(self) -> float:
        """What nobody used of the server's core."""
        return 1.0 - self.server_share - self.strange_share


Rounds = Sequence[Mapping[str, Mapping[str, Reading]]]
"""Per round, per server, per hop."""


@dataclass(frozen=True)
class Ratio:
    """How many times as fast as another: the median of the rounds, and the lowest and highest of them."""

    middle: float
    low: float
    high: float


def percentile(values: Sequence[int], share: float) -> float:
    """The smallest value that at least `share` of all values do not exceed (nearest rank)."""
    if not values:
        raise ValueError("no values to take a percentile of")
    ordered = sorted(values)
    rank = -int(-share * len(ordered) // 1)
    return float(ordered[max(rank, 1) - 1])


def talks_per_second(hops: Mapping[str, Reading]) -> float:
    """Whole talks (one menu hop, then one balance hop) per second."""
    return 1.0 / sum(1.0 / hops[hop].rate for hop in HOPS)


def hop_ratio(rounds: Rounds, server: str, other: str, hop: str) -> Ratio:
    """Rate of `server` over the rate of `other` on one hop, compared within each round: drift cancels out."""
    return _ratio([one[server][hop].rate / one[other][hop].rate for one in rounds])


def talk_ratio(rounds: Rounds, server: str, other: str) -> Ratio:
    """The same for menu and balance together."""
    return _ratio([talks_per_second(one[server]) / talks_per_second(one[other]) for one in rounds])


def work_ratio(rounds: Rounds, server: str, other: str) -> Ratio:
    """Talks per second of its own processor time, over the same of `other`: holds on a busy machine too.

    It flatters a server that waits for something else than its core.
    """
    return _ratio([seconds_per_talk(one[other]) / seconds_per_talk(one[server]) for one in rounds])


def seconds_per_talk(hops: Mapping[str, Reading]) -> float:
    """Processor seconds that the server itself spends on one talk."""
    return sum(hops[hop].server_share / hops[hop].rate for hop in HOPS)


def middle(rounds: Rounds, server: str, hop: str) -> Reading:
    """The median of each figure over all rounds, and all answers together."""
    readings = [one[server][hop] for one in rounds]
    return Reading(
        answers=sum(r.answers for r in readings),
        rate=median(r.rate for r in readings),
        p50=median(r.p50 for r in readings),
        p99=median(r.p99 for r in readings),
        server_share=median(r.server_share for r in readings),
        strange_share=median(r.strange_share for r in readings),
        client_share=median(r.client_share for r in readings),
    )


def _ratio(values: Sequence[float]) -> Ratio:
    return Ratio(median(values), min(values), max(values))
