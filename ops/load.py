"""`bijli load DIR`: an operator's spreadsheets, with a progress bar and a report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from channels.services import make_services
from core.loading import load
from core.settings import Settings
from ops.progress import bar


def run(settings: Settings, folder: Path, say: Callable[[str], None]) -> bool:
    """Load a folder and tell the report; False when a row was bad and nothing was loaded."""
    services = make_services(settings)
    with bar() as progress:
        report = load(services.database, folder, progress)
    if report.wrote:
        # What Redis keeps of callers (names, phones, languages) may be out of date now.
        services.places.forget_all_callers()
    services.database.close()
    for line in report.lines():
        say(line)
    return report.good
