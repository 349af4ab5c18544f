"""What pyproject.toml lists is what there is."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
SHIPPED = ("channels", "conversations", "core", "jobs", "migrations", "ops")


def test_every_package_is_shipped() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    found = {path.parent for name in SHIPPED for path in (ROOT / name).rglob("*.py")}
    assert sorted(listed) == sorted({".".join(path.relative_to(ROOT).parts) for path in found} | {"locales"})
