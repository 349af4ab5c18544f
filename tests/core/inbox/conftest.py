"""The desk with the small world behind it."""

from __future__ import annotations

from tests.core.work.conftest import desk as desk
