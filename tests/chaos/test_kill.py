"""kill -9 at random moments under a stream of PAY lines: nothing is lost, no money moves twice."""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Event

from tests.channels.sms.provider import Answer, Provider
from tests.chaos import town
from tests.chaos.books import check_books
from tests.chaos.rig import Line, Service, kill_all, kill_inner

CLIENTS = 4
KILLS = 6
"""Of the web server and of the worker, each."""
LINES = 52
"""That each client sends at least."""
LONGEST = 900.0
SETTLED_WITHIN = 300.0
TIME_PASSES = (
    # What a dead web process left behind waits for 20 s, what a dead sender held for its lease.
    "UPDATE inbound SET received_at = received_at - interval '20 seconds' WHERE handled_at IS NULL",
    "UPDATE outbox SET next_at = now() WHERE state = 'sending'",
)

Taken = dict[str, tuple[str, str, int]]
"""Lines that were answered with 200: id → collector, connection, rupees."""


def test_kill_9_under_a_stream_of_payments(service: Service, kannel: Provider) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    kannel.answer = lambda taken: Answer(202, "0: Accepted for delivery", "text/plain", delay=0.02)
    service.start_worker()
    over, began = Event(), time.monotonic()
    # The threads live until all is settled: Linux ends a child with the thread that started it.
    with ThreadPoolExecutor(CLIENTS + 2) as pool:
        streams = [pool.submit(_stream, service, over, random.Random(seed + i), i) for i in range(CLIENTS)]
        murders = [
            pool.submit(_kill_web, service, random.Random(seed + 100)),
            pool.submit(_kill_worker, service, random.Random(seed + 200)),
        ]
        try:
            for one in murders:
                one.result(LONGEST)
        finally:
            over.set()
        taken: Taken = {}
        for stream in streams:
            taken |= stream.result(LONGEST)
        killing = time.monotonic() - began
        _settle(service)
    settled = time.monotonic() - began
    print(f"{len(taken)} lines, {KILLS} kills each in {killing:.1f} s, settled after {settled:.1f} s")
    assert len(taken) >= CLIENTS * LINES
    _check_lines(service, taken)
    check_books(service.database_url)
    _check_messages(service, kannel, len(taken))


def _stream(service: Service, over: Event, chance: random.Random, client: int) -> Taken:
    """Text PAY lines until the killing is over, each until it is taken; some again although it was."""
    taken: Taken = {}
    houses = town.houses()
    with closing(Line(service)) as line:
        while len(taken) < LINES or not over.is_set():
            id_ = f"line-{client}-{len(taken)}"
            collector, house = chance.choice(town.collectors()), chance.choice(houses)
            rupees = chance.randint(1, 500)
            for _ in range(chance.choice((1, 1, 1, 2))):
                line.text_until_taken(id_, collector, f"PAY {house.number} {rupees}")
            taken[id_] = (collector, house.number, rupees)
            time.sleep(chance.uniform(0.0, 0.02))
    return taken


def _kill_web(service: Service, chance: random.Random) -> None:
    """The whole server, or only the process that answers, which the server must then replace."""
    for _ in range(KILLS):
        time.sleep(chance.uniform(0.2, 1.2))
        assert service.web is not None
        if chance.random() < 0.3 and kill_inner(service.web) and service.web_comes_back():
            continue
        kill_all(service.web)
        service.start_web()


def _kill_worker(service: Service, chance: random.Random) -> None:
    for _ in range(KILLS):
        time.sleep(chance.uniform(0.8, 2.5))
        assert service.worker is not None
        kill_all(service.worker)
        service.start_worker()


def _settle(service: Service) -> None:
    """Let the time pass that sweeps wait for, then wait until nothing is left to do."""
    for statement in TIME_PASSES:
        service.sql(statement)
    until = time.monotonic() + SETTLED_WITHIN
    open_ = (
        "SELECT (SELECT count(*) FROM inbound WHERE handled_at IS NULL), "
        "(SELECT count(*) FROM outbox WHERE state <> 'sent')"
    )
    while (left := service.sql(open_)) != [(0, 0)]:
        states = service.sql(
            "SELECT state, kind, attempts, error, next_at - now() FROM outbox WHERE state <> 'sent'"
        )
        assert time.monotonic() < until, (left, states[:10])
        time.sleep(0.1)


def _check_lines(service: Service, taken: Taken) -> None:
    """Each line that was taken moved its money once, for its collector and its connection."""
    rows = service.sql(
        "SELECT entry.source, staff.phone, connection.number, payment.amount_paise / 100 FROM payment "
        "JOIN entry ON entry.id = payment.entry_id JOIN staff ON staff.id = payment.staff_id "
        "JOIN connection ON connection.id = payment.connection_id"
    )
    found = Counter((re.sub(r"^pay:africastalking:|/.*$", "", str(source)), *rest) for source, *rest in rows)
    assert found == Counter((id_, *line) for id_, line in taken.items())
    cash = dict(
        service.sql(
            "SELECT staff.phone, balance_paise / 100 FROM account JOIN staff ON staff.id = account.staff_id"
        )
    )
    brought = Counter[str]()
    for collector, _, rupees in taken.values():
        brought[collector] += rupees
    assert cash == brought


def _check_messages(service: Service, kannel: Provider, lines: int) -> None:
    """Every line was answered once in the outbox, and every receipt left for the customer."""
    kinds = dict(service.sql("SELECT kind, count(*) FROM outbox GROUP BY kind"))
    assert kinds == {"receipt": lines, "reply": lines}
    left = {(taken.fields["to"], taken.fields["text"]) for taken in kannel.taken}
    written = {(to, body) for to, body in service.sql("SELECT recipient, body FROM outbox")}
    assert written <= left, f"{len(written - left)} never left"
    print(f"{len(kannel.taken)} messages left for {2 * lines} written")
