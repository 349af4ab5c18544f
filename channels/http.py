"""Sending over HTTP: a few requests at once, and what a failed one means for its message."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import TypeVar

import requests
import urllib3
from urllib3.exceptions import HTTPError, MaxRetryError, NameResolutionError, NewConnectionError

from channels.message import Later, Never, Outcome, Paused, Unsure

CONNECT_SECONDS = 3.0
READ_SECONDS = 10.0
THREADS = 8
BATCH_SECONDS = 10.0
"""No further request of a batch starts after this; what is left waits for another batch."""
NO_CONNECTION = "no connection"
NO_ANSWER = "no answer"
NOT_TRIED = Later("not tried")
"""Time was up: nothing is known of the gateway, and the message may go at once with the next batch."""

Item = TypeVar("Item")


def judge_status(status: int) -> Outcome:
    """What an HTTP status other than success means, where the provider's words say no more."""
    match status:
        case 429 | 503:
            return Later(f"HTTP {status}", slow=status == 429)
        case 401 | 403:
            return Paused("login")
        case 402:
            return Paused("balance")
        case _ if status >= 500:
            return Unsure(f"HTTP {status}")
        case _:
            return Never(f"HTTP {status}")


def judge_error(error: HTTPError | requests.RequestException) -> Outcome:
    """Tell a request that never left (send it again) from one that may have arrived (don't)."""
    cause: object = error
    if isinstance(cause, requests.RequestException) and cause.args:
        cause = cause.args[0]
    if isinstance(cause, MaxRetryError):
        cause = cause.reason
    never_left = (
        NewConnectionError,
        NameResolutionError,
        urllib3.exceptions.ConnectTimeoutError,
        urllib3.exceptions.SSLError,
        urllib3.exceptions.ProxyError,
    )
    if isinstance(cause, never_left) or isinstance(error, requests.ConnectTimeout):
        return Later(NO_CONNECTION)
    return Unsure(NO_ANSWER)


def send_each(
    pool: Executor, batch: Sequence[Item], send: Callable[[Item], list[Outcome]]
) -> list[list[Outcome]]:
    """Send the items side by side, in order of start; outcomes in the order of `batch`.

    `send` gives the outcomes of one item. When one shows that the gateway is down or refuses us
    altogether, the rest is spared the attempt and shares its fate; when time is up, or we are too fast
    for the gateway, it is NOT_TRIED.
    """
    outcomes: list[list[Outcome]] = [[NOT_TRIED] for _ in batch]
    waiting = deque(enumerate(batch))
    stopped: deque[Outcome] = deque(maxlen=1)
    until = time.monotonic() + BATCH_SECONDS

    def work() -> None:
        while waiting and not stopped and time.monotonic() < until:
            try:
                place, item = waiting.popleft()
            except IndexError:
                return
            outcomes[place] = send(item)
            stopped.extend(outcome for outcome in outcomes[place] if stops(outcome))

    helpers = [pool.submit(work) for _ in range(min(THREADS, len(batch)) - 1)]
    work()
    for helper in helpers:
        helper.result()
    if stopped:
        rest = _of_the_rest(stopped[0])
        for place, _ in waiting:
            outcomes[place] = [rest]
    return outcomes


def _of_the_rest(stopped: Outcome) -> Outcome:
    if isinstance(stopped, Later) and stopped.slow:
        return NOT_TRIED
    return stopped if isinstance(stopped, Paused) else Later(NO_CONNECTION)


def stops(outcome: Outcome) -> bool:
    """Whether this is the gateway's trouble rather than this message's."""
    match outcome:
        case Paused() | Later(slow=True):
            return True
        case Later(reason) | Unsure(reason):
            return reason in (NO_CONNECTION, NO_ANSWER)
        case _:
            return False
