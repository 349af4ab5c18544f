"""docs/operating.md names every setting that is read, and no other."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "operating.md"
OF_THE_DEMO = {"SIMULATED_MEDIA_URL", "SIMULATED_METERS_URL"}
"""Set by `bijli demo` for itself."""


def test_every_setting_is_documented() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "core" / "settings").glob("*.py"))
    asked = set(re.findall(r'"([A-Z][A-Z0-9]*_[A-Z0-9_]+)"', sources))
    rows = re.findall(r"^\| (`[A-Z].*?) \|", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
    told = {name for row in rows for name in re.findall(r"`([A-Z][A-Z0-9_]+)`", row)}
    assert asked - told - OF_THE_DEMO == set()
    assert told - asked == set()
