"""A tapped button answers the question that it belongs to, and no other."""

from __future__ import annotations

from collections.abc import Callable

from channels.turn import Turn
from channels.whatsapp.widgets import Tap


def take_tap(tap: Tap, standing: Turn | None, menu: Callable[[], Turn]) -> Turn | None:
    """The turn that a tap makes; None when its question is over.

    A menu tapped again later is the same menu: nothing can happen by choosing from it that would
    not be asked about.
    """
    if standing is not None and tap.belongs_to(standing.place.talk, standing.place.memory.shown):
        if tap.page:
            standing.place.page = min(tap.number, len(standing.place.pages) - 1)
        standing.take("98" if tap.page else str(tap.number))
        return standing
    fresh = menu()
    fresh.take(None)
    if fresh.place.memory.shown != tap.mark:
        return None
    fresh.take("98" if tap.page else str(tap.number))
    return fresh
