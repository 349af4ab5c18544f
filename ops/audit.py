"""`bijli audit`: the chain of hashes over the audit, worked out again and compared."""

from __future__ import annotations

from collections.abc import Callable

from core import audit
from core.db import Database
from core.settings import Settings


def run(settings: Settings, say: Callable[[str], None]) -> bool:
    """Seal what is new, prove the whole chain, and say what was found; False when it is broken."""
    database = Database(settings.database_url)
    try:
        audit.seal(database)
        proof = audit.prove(database)
    finally:
        database.close()
    if proof.broken_at is not None:
        say(f"The audit is broken at row {proof.broken_at}: {proof.sealed} rows before it hold.")
        return False
    say(f"{proof.sealed} rows of the audit hold. Newest: {proof.newest.hex()}")
    return True
