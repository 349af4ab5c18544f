"""What jobs work with: made once per process, at the first job."""

from __future__ import annotations

import threading
from functools import lru_cache

from channels.gateways import make_gateways, make_whatsapp_gateways
from channels.sending import Sender, make_sender
from channels.services import Services, make_services
from core.settings import Settings
from core.text import name_service

stopping = threading.Event()
"""Set when the worker was asked to end: a long job then ends at its next batch."""


@lru_cache(maxsize=1)
def services() -> Services:
    """The services of this process, by its environment, whose words name the operator and the helpline."""
    settings = Settings.from_env()
    name_service(settings.service_name, settings.helpline)
    return make_services(settings)


@lru_cache(maxsize=1)
def sender() -> Sender:
    """The road out, with its kept-alive connections to the gateways."""
    made = services()
    return make_sender(
        made.database,
        make_gateways(made.settings),
        made.redis,
        made.settings,
        make_whatsapp_gateways(made.settings, made.database),
    )
