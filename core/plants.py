"""A plant as its staff name it."""

from __future__ import annotations

import msgspec

from core.text import Named


class Place(Named, msgspec.Struct, frozen=True, array_like=True):
    """A plant of a member of staff, by its row, code and name in both scripts."""

    id: int
    code: str
    name: str
    name_local: str | None
