"""Jobs around coupons: what was ordered is made, what ends soon is recalled."""

from __future__ import annotations

from core.coupons import counting, making
from jobs.context import services


def make() -> None:
    """Make and send the coupons that were ordered."""
    made = services()
    making.carry_out(made.database, made.settings.service_name, made.settings.default_language)


def chase() -> None:
    """Recall coupons that end soon."""
    made = services()
    counting.chase(made.database, made.settings.service_name, made.settings.default_language)
