"""The web server: granian around channels.wsgi:app."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from core.settings import Settings
from ops.leash import follow_parent
from ops.supervisor import check_port

APPLICATION = "channels.wsgi:app"
SHUTDOWN_SECONDS = 8


def serve(settings: Settings) -> None:
    """Answer webhooks until a signal ends us."""
    check_port(settings.host, settings.port)
    # Here and not only in the workers, so that a wrong setting is one line and not a worker's traceback.
    _application(APPLICATION)
    Granian(
        APPLICATION,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.workers,
        blocking_threads=settings.threads,
        log_level=LogLevels.warning,
        workers_kill_timeout=SHUTDOWN_SECONDS,
        respawn_failed_workers=not settings.demo,
    ).serve(target_loader=load)


def load(target: str) -> Callable[..., Any]:
    """Runs in each worker: it must not keep the port after the server itself was killed."""
    follow_parent()
    return _application(target)


def _application(target: str) -> Callable[..., Any]:
    module, name = target.split(":")
    application: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return application
