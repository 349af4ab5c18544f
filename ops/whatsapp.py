"""`bijli whatsapp sync`: the templates at Twilio in step with our words, and how their approval stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from channels.twilio import make_client
from channels.whatsapp.syncing import sync
from core import templates
from core.db import Database
from core.errors import SettingError
from core.settings import Settings

WRONG = frozenset({"rejected", "paused", "disabled"})


def run(settings: Settings, say: Callable[[str], None]) -> bool:
    """Compare, make, ask for approval, keep the states; False when a template will never be sent as it is."""
    account = settings.twilio
    if account is None or account.whatsapp_sender is None:
        raise SettingError("TWILIO_WHATSAPP_SENDER is not set")
    if "twilio" not in settings.whatsapp_gateways:
        raise SettingError("BIJLI_WHATSAPP_GATEWAYS does not name twilio, and only Twilio has templates")
    wanted = templates.wanted(settings.service_name, settings.helpline)
    synced = sync(make_client(account), wanted)
    database = Database(settings.database_url)
    with database.begin() as session:
        templates.keep(session, account.account_sid, synced.standing)
    database.close()
    for line in synced.done:
        say(line)
    for template, standing in synced.standing:
        if standing.state in WRONG:
            say(f"{template.name} is {standing.state}: {standing.reason or 'no reason given'}")
    for name in synced.unused:
        say(f"{name} is not needed any more: it may be deleted at Twilio")
    states = Counter(standing.state for _, standing in synced.standing)
    say(
        f"{len(wanted)} templates: "
        + ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    )
    return len(synced.standing) == len(wanted) and not WRONG & states.keys()
