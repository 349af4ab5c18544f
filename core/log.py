"""One line per event, as JSON, on standard error; never a text, a PIN or a full phone number."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

import structlog
from structlog.typing import EventDict

_PHONE = re.compile(r"(?<![0-9a-zA-Z])(?:\+|%2B|00)?(?:[6-9][0-9]{5}|[1-9][0-9]{6,10})([0-9]{4})(?![0-9])")
"""A bare Indian mobile of ten digits, or eleven to fifteen that start like a country code."""


def configure(*, plain: bool = False) -> None:
    """Set up structlog and the standard library's log; `plain` is for people, else JSON lines."""
    renderer: Any = (
        structlog.dev.ConsoleRenderer(colors=False) if plain else structlog.processors.JSONRenderer()
    )
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        hide_numbers,
    ]
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=shared))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def hide_numbers(_logger: object, _method: str, event: EventDict) -> EventDict:
    """The last net: whatever still looks like a phone number keeps only its last four digits."""
    for name, value in event.items():
        if isinstance(value, str) and name != "timestamp":
            event[name] = _PHONE.sub(r"…\1", value)
    return event
