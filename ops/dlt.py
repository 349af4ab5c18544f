"""`bijli dlt list` and `bijli dlt check`: the SMS templates of India, to register and as registered."""

from __future__ import annotations

import csv
from collections.abc import Callable
from typing import TextIO

from core import dlt, photo_pages, upi
from core.db import Database
from core.settings import Settings


def write_list(settings: Settings, out: TextIO) -> None:
    """Every template to register, as CSV; with ids and headers filled in it is `dlt.csv`."""
    sheet = csv.writer(out)
    sheet.writerow(
        ["key", "language", "template_id", "header", "body", "reason", "variables", "longest variable"]
    )
    for one in _wanted(settings):
        sheet.writerow([one.key, one.language, "", "", one.body, one.reason, one.variables, dlt.LONGEST])


def check(settings: Settings, say: Callable[[str], None]) -> bool:
    """Compare words and table; False when a message would not go out, or a template is none of ours."""
    database = Database(settings.database_url)
    with database.begin() as session:
        have = dlt.registered(session)
    database.close()
    wrong = dlt.compared(have, _wanted(settings))
    for line in wrong:
        say(line)
    present = {one.key for one in have}
    for kind in dlt.GENERIC:
        if kind not in present:
            say(f"note: no template for {kind}; these messages go out without a template id")
    if not wrong:
        say(f"All {len(have)} templates are as our words are.")
    return not wrong


def _wanted(settings: Settings) -> list[dlt.Wanted]:
    return dlt.wanted(
        settings.service_name, settings.helpline, upi.site(settings), photo_pages.site(settings)
    )
