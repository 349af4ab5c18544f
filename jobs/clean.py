"""The nightly job that forgets."""

from __future__ import annotations

import structlog

from core import retention
from jobs.context import services

log = structlog.get_logger()


def clean() -> None:
    """Delete what is kept no longer."""
    log.info("cleaned", **retention.clean(services().database))
