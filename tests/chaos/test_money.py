"""Many collectors pay and undo on the same few connections at once: the books stay whole."""

from __future__ import annotations

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from tests.chaos.books import check_books
from tests.play import Play

COLLECTORS = ("+919800000002", "+919800000012", "+919800000022", "+919800000062")
CONNECTIONS = ("120457", "120465", "120481")
THREADS = 8
"""Two for each collector, so that his own texts also meet one another."""
TEXTS = 40


def test_collectors_pay_and_undo_the_same_connections_at_once(play: Play) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    with ThreadPoolExecutor(THREADS) as pool:
        paid = list(pool.map(lambda i: _texts(play, i, random.Random(seed + i)), range(THREADS)))
    rows = play.services.database.reader.rows
    check_books(play.settings.database_url)
    assert rows("SELECT count(*) FROM inbound WHERE handled_at IS NULL", {}) == [(0,)]
    assert rows("SELECT count(*) FROM outbox WHERE kind = 'reply'", {}) == [(THREADS * TEXTS,)]
    assert rows("SELECT count(*) FROM payment", {}) == [(sum(paid),)]
    held = (
        "SELECT staff.phone, coalesce(sum(amount_paise) FILTER (WHERE reversal_id IS NULL), 0) "
        "FROM payment JOIN staff ON staff.id = payment.staff_id GROUP BY staff.phone"
    )
    cash = "SELECT staff.phone, balance_paise FROM account JOIN staff ON staff.id = account.staff_id"
    assert Counter(dict(rows(held, {}))) == Counter(dict(rows(cash, {})))
    undone, reversals = (
        "SELECT count(*) FROM payment WHERE reversal_id IS NOT NULL",
        ("SELECT count(*) FROM entry WHERE kind = 'reversal'"),
    )
    assert rows(undone, {}) == rows(reversals, {})
    assert play.scalar(undone) != 0


def _texts(play: Play, thread: int, chance: random.Random) -> int:
    """One phone's texts, one after the other; gives how many PAY lines were among them."""
    client = play.client.application.test_client()
    paid = 0
    for i in range(TEXTS):
        pays = chance.random() < 0.7
        words = f"PAY {chance.choice(CONNECTIONS)} {chance.randint(1, 300)}" if pays else "UNDO"
        paid += pays
        answer = client.post(
            f"/sms/africastalking/{play.secret}",
            data={
                "id": f"m-{thread}-{i}",
                "from": COLLECTORS[thread % len(COLLECTORS)],
                "to": "5",
                "text": words,
            },
        )
        assert answer.status_code == 200
    play.services.wire.close()
    return paid
