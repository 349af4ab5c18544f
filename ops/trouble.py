"""Which errors are expected troubles of a person at the command line, and their one line of words."""

from __future__ import annotations

import sys
from types import ModuleType

from core.errors import BillingError, NoMeter, ProviderError, SettingError
from ops.embedded import ServerError
from ops.phone import NoService
from ops.supervisor import ChildEnded, Taken

OURS = (SettingError, BillingError, ProviderError, ServerError, NoMeter, NoService, Taken, ChildEnded)


def plain_line(error: Exception) -> str | None:
    """One line for an expected trouble; None for an error of our own making, which keeps its traceback."""
    if isinstance(error, OURS):
        return first_line(error)
    if _is(error, "psycopg", "OperationalError"):
        return f"the database at DATABASE_URL does not answer: {first_line(error)}"
    if _is(error, "sqlalchemy.exc", "OperationalError"):
        inner = getattr(error, "orig", None) or error
        return f"the database at DATABASE_URL does not answer: {first_line(inner)}"
    if _is(error, "redis.exceptions", "ConnectionError", "TimeoutError", "AuthenticationError"):
        return f"Redis at REDIS_URL does not answer: {first_line(error)}"
    return None


def _is(error: Exception, module: str, *names: str) -> bool:
    """Whether it is one of a library's errors; a library that was never imported can't have raised any."""
    library: ModuleType | None = sys.modules.get(module)
    return library is not None and any(isinstance(error, getattr(library, name)) for name in names)


def first_line(error: BaseException) -> str:
    """The first line of an error's words, or its kind when it has none."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
