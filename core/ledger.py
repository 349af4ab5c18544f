"""The ledger: money moves from account to account, entries are only ever added.

The database keeps the books honest (migration 0002): the postings of an entry sum to zero, balances
change only through postings, and nothing posted is ever changed or removed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NoReturn, TypeAlias

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

AccountKind: TypeAlias = Literal[
    "dues",
    "deposit",
    "instalments",
    "cash",
    "difference",
    "income",
    "late_fees",
    "water",
    "discount",
    "opening",
    "clearing",
    "suspense",
]

OWNERS: dict[AccountKind, str] = {
    "dues": "connection_id",  # positive: the customer owes us
    "deposit": "connection_id",  # negative: we owe it to the customer
    "instalments": "connection_id",  # positive: owed for appliances, but not yet asked for
    "cash": "staff_id",  # positive: the collector holds it
    "difference": "staff_id",  # positive: missing when the collector counted; negative: too much
    "income": "plant_id",
    "late_fees": "plant_id",  # earned apart from what is supplied, so that it can be seen apart
    "water": "plant_id",  # earned by the water unit, which has no customers' accounts
    "discount": "plant_id",
    "opening": "plant_id",  # the other side of what was owed before we came
    "clearing": "plant_id",  # positive: paid by card, wallet or online, on its way to the bank
    "suspense": "plant_id",  # negative: received, but nobody knows yet for whom
}
"""Who owns an account of each kind."""


class AlreadyPosted(Exception):
    """This source has moved this money before; `entry_id` is the entry it made. Nothing was added."""

    def __init__(self, source: str, entry_id: int) -> None:
        super().__init__(f"{source} was already posted as entry {entry_id}")
        self.entry_id = entry_id


class AlreadyReversed(Exception):
    """The entry was taken back before, by the entry `reversal_id`. Nothing was added."""

    def __init__(self, entry_id: int, reversal_id: int) -> None:
        super().__init__(f"entry {entry_id} was already reversed by entry {reversal_id}")
        self.reversal_id = reversal_id


class SourceReused(Exception):
    """A source that has moved money comes again with another movement: a fault of the caller."""

    def __init__(self, source: str, entry_id: int) -> None:
        super().__init__(f"{source} stands for entry {entry_id}, which moved something else")
        self.entry_id = entry_id


def _owned_by(column: str) -> str:
    """Match an account by its only owner; spelled out because IS NOT DISTINCT FROM uses no index."""
    others = (other for other in ("connection_id", "staff_id", "plant_id") if other != column)
    return f"kind = :kind AND {column} = :owner AND " + " AND ".join(f"{other} IS NULL" for other in others)


_COLUMNS = sorted(set(OWNERS.values()))
# Only our own column names are put into these statements.
_FIND: dict[str, TextClause] = {
    column: text(f"SELECT id, balance_paise FROM account WHERE {_owned_by(column)}")  # noqa: S608 (our own words)
    for column in _COLUMNS
}
_OPEN: dict[str, TextClause] = {
    column: text(
        f"INSERT INTO account (kind, {column}) VALUES (:kind, :owner) ON CONFLICT DO NOTHING RETURNING id"  # noqa: S608 (our own words)
    )
    for column in _COLUMNS
}
# Entry and postings in one statement: one round trip, and the balance check sees them together.
# A source in use by another open transaction is waited for.
_POST = text("""
    WITH made AS (
        INSERT INTO entry (source, kind, plant_id, at, reverses_id)
        VALUES (:source, :kind, :plant_id, :at, :reverses_id)
        ON CONFLICT (source) DO NOTHING RETURNING id
    ), moved AS (
        INSERT INTO posting (entry_id, account_id, amount_paise)
        SELECT made.id, move.account_id, move.paise
        FROM made, unnest(CAST(:accounts AS bigint[]), CAST(:amounts AS bigint[])) AS move (account_id, paise)
    )
    SELECT id FROM made
""")
_REVERSE = text("""
    WITH made AS (
        INSERT INTO entry (source, kind, plant_id, at, reverses_id)
        SELECT :source, 'reversal', plant_id, :at, id FROM entry WHERE id = :entry_id AND reverses_id IS NULL
        ON CONFLICT DO NOTHING RETURNING id
    ), moved AS (
        INSERT INTO posting (entry_id, account_id, amount_paise)
        SELECT made.id, posting.account_id, -posting.amount_paise
        FROM made, posting WHERE posting.entry_id = :entry_id
    )
    SELECT id FROM made
""")
_BY_SOURCE = text("""
    SELECT entry.id, entry.kind, entry.reverses_id, posting.account_id, posting.amount_paise
    FROM entry LEFT JOIN posting ON posting.entry_id = entry.id WHERE entry.source = :source
""")
# In order, as postings lock them.
_LOCK = text("SELECT id, balance_paise FROM account WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE")
_REVERSAL_OF = text("SELECT id FROM entry WHERE reverses_id = :entry_id")


def account_id(
    session: Session,
    kind: AccountKind,
    *,
    connection_id: int | None = None,
    staff_id: int | None = None,
    plant_id: int | None = None,
) -> int:
    """The account of this kind and owner, opened at first use; one round trip once it exists."""
    column, bind = _owner(kind, connection_id, staff_id, plant_id)
    found = session.execute(_FIND[column], bind).one_or_none()
    if found is not None:
        return int(found.id)
    opened = session.execute(_OPEN[column], bind).scalar_one_or_none()
    if opened is not None:
        return int(opened)
    # Someone else opened it between our two statements.
    return int(session.execute(_FIND[column], bind).one().id)


def balance(
    session: Session,
    kind: AccountKind,
    *,
    connection_id: int | None = None,
    staff_id: int | None = None,
    plant_id: int | None = None,
) -> int:
    """What stands in an account, in paise; 0 where none was ever opened."""
    column, bind = _owner(kind, connection_id, staff_id, plant_id)
    found = session.execute(_FIND[column], bind).one_or_none()
    return 0 if found is None else int(found.balance_paise)


def locked(session: Session, *accounts: int) -> dict[int, int]:
    """What stands in some accounts, in paise; nobody else moves it before this transaction ends."""
    return {row.id: row.balance_paise for row in session.execute(_LOCK, {"ids": list(accounts)})}


def post(
    session: Session,
    *,
    source: str,
    kind: str,
    plant_id: int,
    at: datetime,
    moves: Sequence[tuple[int, int]],
    reverses_id: int | None = None,
) -> int:
    """Move money: one entry with its postings, in one round trip; returns the entry's id.

    `source` names the cause, e.g. `pay:<talk>`, and can move money once; `moves` are account ids and
    paise that sum to zero. Raises AlreadyPosted when the same movement was made before (nothing is
    added and the transaction goes on), SourceReused when the source moved something else.
    """
    if not moves or sum(paise for _, paise in moves) != 0 or any(paise == 0 for _, paise in moves):
        raise ValueError(f"{source}: moves must be some, none of them zero, and sum to zero")
    bind = {
        "source": source,
        "kind": kind,
        "plant_id": plant_id,
        "at": at,
        "reverses_id": reverses_id,
        "accounts": [account for account, _ in moves],
        "amounts": [paise for _, paise in moves],
    }
    made = session.execute(_POST, bind).scalar_one_or_none()
    if made is None:
        _raise_seen(session, source, kind, reverses_id, moves)
    return int(made)


def reverse(session: Session, entry_id: int, source: str, at: datetime) -> int:
    """Take an entry back by posting its opposite; returns the reversal's id.

    Raises AlreadyPosted when this source made the reversal before, AlreadyReversed when another did,
    SourceReused when the source stands for something else, and LookupError when there is no such
    entry or it is a reversal itself.
    """
    made = session.execute(_REVERSE, {"source": source, "entry_id": entry_id, "at": at}).scalar_one_or_none()
    if made is not None:
        return int(made)
    seen = session.execute(_BY_SOURCE, {"source": source}).first()
    if seen is not None:
        error = AlreadyPosted if seen.reverses_id == entry_id else SourceReused
        raise error(source, seen.id)
    other = session.execute(_REVERSAL_OF, {"entry_id": entry_id}).scalar_one_or_none()
    if other is not None:
        raise AlreadyReversed(entry_id, other)
    raise LookupError(f"entry {entry_id} does not exist or is a reversal")


def _owner(
    kind: AccountKind, connection_id: int | None, staff_id: int | None, plant_id: int | None
) -> tuple[str, dict[str, str | int]]:
    """The owner's column and what to bind; ValueError when the owner does not fit the kind."""
    given = {"connection_id": connection_id, "staff_id": staff_id, "plant_id": plant_id}
    owners = {column: owner for column, owner in given.items() if owner is not None}
    column = OWNERS[kind]
    if list(owners) != [column]:
        raise ValueError(f"an account for {kind} needs {column} and nothing else")
    return column, {"kind": kind, "owner": owners[column]}


def _raise_seen(
    session: Session, source: str, kind: str, reverses_id: int | None, moves: Sequence[tuple[int, int]]
) -> NoReturn:
    """Say whether a source that is in use stands for the same movement."""
    rows = session.execute(_BY_SOURCE, {"source": source}).all()
    before = sorted((row.account_id, row.amount_paise) for row in rows if row.account_id is not None)
    same = before == sorted(moves) and (rows[0].kind, rows[0].reverses_id) == (kind, reverses_id)
    raise (AlreadyPosted if same else SourceReused)(source, rows[0].id)
