"""The application as a WSGI server imports it: `channels.wsgi:app`."""

from __future__ import annotations

from channels.app import create_app
from core.log import configure
from core.settings import Settings

configure()
app = create_app(Settings.from_env())
