"""What has waited too long in one's plants."""

from __future__ import annotations

from functools import partial

from conversations.prompts import Conversation, look
from core import stuck
from core.people import Caller
from core.stuck import Stuck


def waits(caller: Caller) -> Conversation:
    """What is stuck, how many of each, and since when."""
    query = partial(stuck.in_plants, staff_id=caller.member.id)
    found: list[Stuck] = yield from look("stuck", query, list[Stuck], fresh=True)
    return stuck.in_words(found)
